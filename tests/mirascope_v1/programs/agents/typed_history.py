"""A history of the provider's own messages, with the type that each provider exports.

Model: The gannet.
Model: In the sea.
Prints: The gannet.
Prints: In the sea.
Asks: Which bird?
Asks: Where?
"""

from mirascope.core import BaseMessageParam, openai
from mirascope.core.openai import OpenAIMessageParam


class Keeper:
    def __init__(self):
        self.history: list[OpenAIMessageParam | BaseMessageParam] = []

    @openai.call("gpt-4o-mini")
    def ask(self, question: str) -> list[OpenAIMessageParam | BaseMessageParam]:
        return [*self.history, BaseMessageParam(role="user", content=question)]

    def run(self, question: str) -> str:
        response = self.ask(question)
        self.history += [response.user_message_param, response.message_param]
        return response.content


keeper = Keeper()
print(keeper.run("Which bird?"))
print(keeper.run("Where?"))
