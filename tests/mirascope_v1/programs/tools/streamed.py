"""Tools in a stream: each when it is whole.

Model: Let me look. call ring_of {"bird": "Ada"} call ring_of {"bird": "Bea"}
Prints: Let me look.
Prints: 41
Prints: unknown
"""

from mirascope import llm, prompt_template


def ring_of(bird: str) -> str:
    """Tell the ring of a bird."""
    return {"Ada": "41"}.get(bird, "unknown")


@llm.call(provider="openai", model="gpt-4o-mini", tools=[ring_of], stream=True)
@prompt_template("Which rings have {birds}?")
def ask(birds: list[str]): ...


text, outputs = "", []
for chunk, tool in ask(["Ada", "Bea"]):
    if tool:
        outputs.append(tool.call())
    else:
        text += chunk.content
print(text)
print("\n".join(outputs))
