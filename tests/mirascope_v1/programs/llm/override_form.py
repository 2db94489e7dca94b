"""What a function returns is replaced: a response model, a parser and a stream of another provider.

Providers: openai
Model: answer {"name": "wren"}
Model: The wren
Model: A gull
Prints: name='wren'
Prints: THE WREN
Prints: A gull
"""

from mirascope import llm
from pydantic import BaseModel


class Bird(BaseModel):
    name: str


@llm.call(provider="openai", model="gpt-4o-mini")
def ask(place: str) -> str:
    return f"Name a bird of the {place}"


def shout(response: llm.CallResponse) -> str:
    return response.content.upper()


claude = {"provider": "anthropic", "model": "claude-sonnet-5"}
print(llm.override(ask, **claude, response_model=Bird)("hedge"))
print(llm.override(ask, **claude, output_parser=shout)("hedge"))
print("".join(chunk.content for chunk, _ in llm.override(ask, **claude, stream=True)("cliff")))
