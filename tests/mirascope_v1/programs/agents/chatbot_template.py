"""The same by a template, of a provider that is chosen as it runs, with the history in the provider's own form.

Providers: openai
User: Hello
User: exit
Model: Look at the gannets.
Prints: (Assistant): Look at the gannets.
Prints: ['user', 'assistant']
"""

from mirascope.core import openai, prompt_template
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel


class Warden(BaseModel):
    history: list[ChatCompletionMessageParam] = []

    @openai.call(model="gpt-4o-mini")
    @prompt_template(
        """
        SYSTEM: You are a warden
        MESSAGES: {self.history}
        USER: {query}
        """
    )
    def _call(self, query: str) -> openai.OpenAIDynamicConfig: ...

    def run(self) -> None:
        while (query := input("(User): ")) != "exit":
            response = self._call(query)
            print(f"(Assistant): {response.content}")
            if response.user_message_param:
                self.history.append(response.user_message_param)
            self.history.append(response.message_param)


warden = Warden()
warden.run()
print([message["role"] for message in warden.history])
