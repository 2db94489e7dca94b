"""A class as a tool, in a provider's own module.

Model: call RingOf {"bird": "Ada"}
Prints: 41
Prints: RingOf Tells the ring of a bird.
"""

from mirascope.core import BaseTool, openai, prompt_template
from pydantic import Field


class RingOf(BaseTool):
    """Tells the ring of a bird."""

    bird: str = Field(..., description="The bird's name.")

    def call(self) -> str:
        return {"Ada": "41"}.get(self.bird, "unknown")


@openai.call("gpt-4o-mini", tools=[RingOf])
@prompt_template("Which ring has {bird}?")
def ask(bird: str): ...


response = ask("Ada")
if tool := response.tool:
    print(tool.call())
    assert isinstance(tool, RingOf)
    assert isinstance(tool, openai.OpenAITool)
    assert response.tool_types is not None
print(RingOf._name(), RingOf._description())
