"""Arguments that do not fit are pydantic's error.

Model: call RingOf {"bird": "Ada"}
Model: call ring_of {"bird": "Ada"}
Prints: Assertion failed, must be in capitals
Prints: Assertion failed, must be in capitals
"""

from typing import Annotated

from mirascope import BaseTool, llm, prompt_template
from pydantic import AfterValidator, Field, ValidationError


def in_capitals(value: str) -> str:
    assert value.isupper(), "must be in capitals"
    return value


class RingOf(BaseTool):
    """Tells the ring of a bird."""

    bird: Annotated[str, AfterValidator(in_capitals)] = Field(..., description="The bird's name.")

    def call(self) -> str:
        return "41"


def ring_of(bird: Annotated[str, AfterValidator(in_capitals)]) -> str:
    """Tell the ring of a bird."""
    return "41"


@prompt_template("Which ring has {bird}?")
def ask(bird: str): ...


for kind in (RingOf, ring_of):
    response = llm.call(provider="openai", model="gpt-4o-mini", tools=[kind])(ask)("Ada")
    try:
        if tool := response.tool:
            print(tool.call())
        else:
            print(response.content)
    except ValidationError as e:
        print(e.errors()[0]["msg"])
