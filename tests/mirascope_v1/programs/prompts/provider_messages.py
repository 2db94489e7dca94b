"""A history of messages with the type that each provider exports, written and read by the library.

Model: The gannet.
Model: In the sea.
Prints: The gannet.
Prints: In the sea.
Prints: 3
"""

from mirascope.core import BaseMessageParam, openai
from mirascope.core.openai import OpenAIMessageParam

history: list[OpenAIMessageParam | BaseMessageParam] = []


@openai.call("gpt-4o-mini")
def ask(question: str) -> list[OpenAIMessageParam | BaseMessageParam]:
    return [*history, BaseMessageParam(role="user", content=question)]


response = ask("Which bird?")
print(response.content)
history += [BaseMessageParam(role="user", content="Which bird?"), response.message_param]
response = ask("Where?")
print(response.content)
print(len(response.messages))
