"""An error of a tool's arguments prints pydantic's own text.

Model: call RingOf {"bird": "Ada", "year": "last"}
Prints: 1 validation error for RingOf
Prints: year
Prints:   Input should be a valid integer, unable to parse string as an integer [type=int_p
Prints: ('year',)
"""

from mirascope.core import BaseTool, openai
from pydantic import ValidationError


class RingOf(BaseTool):
    """Tells the ring of a bird in a year."""

    bird: str
    year: int

    def call(self) -> str:
        return "41"


@openai.call("gpt-4o-mini", tools=[RingOf])
def ask(bird: str) -> str:
    return f"Which ring has {bird}?"


response = ask("Ada")
try:
    if tool := response.tool:
        print(tool.call())
except ValidationError as e:
    print("\n".join(line[:83] for line in str(e).splitlines()[:3]))
    print(e.errors()[0]["loc"])
