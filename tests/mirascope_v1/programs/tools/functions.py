"""A function as a tool, several calls of it, and the provider's own object for a call.

Model: call ring_of {"bird": "Ada"}
Model: call ring_of {"bird": "Ada"} call ring_of {"bird": "Bea"}
Model: I do not know.
Asks: Which ring has Ada?
Asks: Which ring has Ada and Bea?
Asks: Which ring has Cid?
Prints: 41
Prints: True {'bird': 'Ada'} ring_of
Prints: 41
Prints: unknown
Prints: I do not know.
"""

from mirascope import llm


def ring_of(bird: str) -> str:
    """Tell the ring of a bird.

    Args:
        bird: The bird's name.
    """
    return {"Ada": "41"}.get(bird, "unknown")


@llm.call(provider="openai", model="gpt-4o-mini", tools=[ring_of])
def ask(birds: str) -> str:
    return f"Which ring has {birds}?"


response = ask("Ada")
if tool := response.tool:
    print(tool.call())
    print(tool.tool_call is not None, tool.args, tool._name())
response = ask("Ada and Bea")
if tools := response.tools:
    for tool in tools:
        print(tool.call())
response = ask("Cid")
if not response.tool:
    print(response.content)
