"""An answer of a type, or a call of a tool first.

Model: call look_up {"name": "gannet"}
Model: answer {"name": "gannet", "span": 1.8}
Prints: gannet: 1.8 m
Prints: name='gannet' span=1.8
"""

from mirascope import llm
from pydantic import BaseModel


class Bird(BaseModel):
    name: str
    span: float


def look_up(name: str) -> str:
    """Look a bird up."""
    return f"{name}: 1.8 m"


@llm.call(provider="openai", model="gpt-4o-mini", response_model=Bird, tools=[look_up])
def describe(name: str) -> str:
    return f"Describe the {name}"


for _ in range(2):
    result = describe("gannet")
    if isinstance(result, Bird):
        print(result)
    else:
        print(result.tool.call())
