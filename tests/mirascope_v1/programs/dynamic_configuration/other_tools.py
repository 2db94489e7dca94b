"""Tools of the decorator, and the tools that a dynamic config has in their place.

Model: call Lookup {"bird": "wren"}
Model: call now {}
Prints: Lookup WREN
Prints: now noon ['now']
"""

from mirascope.core import BaseTool, openai, prompt_template


class Lookup(BaseTool):
    """Look up a bird."""

    bird: str

    def call(self) -> str:
        return self.bird.upper()


def now() -> str:
    """Return the time."""
    return "noon"


@openai.call("gpt-4o-mini", tools=[Lookup])
@prompt_template("{question}")
def ask(question: str, timed: bool = False) -> openai.OpenAIDynamicConfig:
    return {"tools": [now]} if timed else {}


response = ask("Which bird?")
print(response.tool._name(), response.tool.call())
response = ask("When?", timed=True)
print(response.tool._name(), response.tool.call(), [kind._name() for kind in response.tool_types])
