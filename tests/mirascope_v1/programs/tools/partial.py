"""Tools as they grow: pieces of their arguments, and at last the tool.

Providers: not gemini google vertex
Model: call note {"bird": "the great northern diver"}
Prints: the great northern diver
Prints: {"bird": "the great northern diver"}
"""

from mirascope import llm


def note(bird: str) -> str:
    """Note a bird."""
    return bird


@llm.call(provider="openai", model="gpt-4o-mini", tools=[note], stream={"partial_tools": True})
def ask() -> str:
    return "Note the great northern diver"


pieces = ""
for _, tool in ask():
    if tool:
        if tool.delta is not None:
            pieces += tool.delta
        else:
            print(tool.call())
print(pieces)
