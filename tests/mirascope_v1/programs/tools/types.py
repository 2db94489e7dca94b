"""Tool types made of a function and of a class, by the class of a provider's tools, and their schema.

Providers: not xai
Model: call ring_of {"bird": "Ada"}
Model: call RingOf {"bird": "Bea"}
Prints: 41
Prints: Bea
Prints: True
Prints: True
"""

from mirascope.core import openai
from pydantic import BaseModel


def ring_of(bird: str) -> str:
    """Tell the ring of a bird."""
    return "41"


class RingOf(BaseModel):
    """Tells the ring of a bird."""

    bird: str


kinds = [openai.OpenAITool.type_from_fn(ring_of), openai.OpenAITool.type_from_base_model_type(RingOf)]


@openai.call("gpt-4o-mini", tools=kinds)
def ask(bird: str) -> str:
    return f"Which ring has {bird}?"


print(ask("Ada").tool.call())
print(ask("Bea").tool.args["bird"])
print(all(issubclass(kind, openai.OpenAITool) for kind in kinds))
print("Tell the ring of a bird." in str(kinds[0].tool_schema()))
