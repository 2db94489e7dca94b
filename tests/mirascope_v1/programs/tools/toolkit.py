"""A toolkit, whose tools are described by what it holds.

Providers: not bedrock gemini google vertex
Model: call rings_ring_of {"bird": "Ada"}
Prints: Ada of Lundy: 41
Prints: True
"""

from mirascope import BaseDynamicConfig, BaseToolKit, Messages, llm
from mirascope.core import toolkit_tool


class Rings(BaseToolKit):
    __namespace__ = "rings"

    island: str

    @toolkit_tool
    def ring_of(self, bird: str) -> str:
        """Tell the ring of a bird of {self.island}."""
        return f"{bird} of {self.island}: 41"


@llm.call(provider="openai", model="gpt-4o-mini")
def ask(bird: str, island: str) -> BaseDynamicConfig:
    toolkit = Rings(island=island)
    return {"tools": toolkit.create_tools(), "messages": [Messages.User(f"Which ring has {bird}?")]}


response = ask("Ada", "Lundy")
if tool := response.tool:
    print(tool.call())
print("Tell the ring of a bird of Lundy." in str(response.call_kwargs["tools"]))
