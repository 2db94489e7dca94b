"""Examples in the schema of tools, of classes and functions.

Providers: not bedrock gemini google vertex
Model: call RingOf {"bird": "Ada"}
Model: call ring_of {"bird": "Ada"}
Prints: 41
Prints: True
Prints: 41
Prints: True
"""

from typing import Annotated

from mirascope import BaseTool, llm, prompt_template
from pydantic import ConfigDict, Field


class RingOf(BaseTool):
    """Tells the ring of a bird."""

    bird: str = Field(..., description="The bird's name.", examples=["Zoe"])

    model_config = ConfigDict(json_schema_extra={"examples": [{"bird": "Zoe"}]})

    def call(self) -> str:
        return "41"


def ring_of(bird: Annotated[str, Field(..., description="The bird's name.", examples=["Zoe"])]) -> str:
    """Tell the ring of a bird.

    Example:
        {"bird": "Zoe"}
    """
    return "41"


@prompt_template("Which ring has {bird}?")
def ask(bird: str): ...


for kind in (RingOf, ring_of):
    response = llm.call(provider="openai", model="gpt-4o-mini", tools=[kind])(ask)("Ada")
    if tool := response.tool:
        print(tool.call())
    print("Zoe" in str(response.call_kwargs["tools"]))
