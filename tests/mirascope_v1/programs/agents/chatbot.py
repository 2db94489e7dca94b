"""A conversation that is remembered.

User: Hello
User: And then?
User: exit
Model: Look at the gannets.
Model: Look at the puffins.
Asks: Hello
Asks: And then?
Prints: (Assistant): Look at the gannets.
Prints: (Assistant): Look at the puffins.
Prints: ['user', 'assistant', 'user', 'assistant']
"""

from mirascope import BaseMessageParam, Messages, llm
from pydantic import BaseModel


class Warden(BaseModel):
    history: list[BaseMessageParam] = []

    @llm.call(provider="openai", model="gpt-4o-mini")
    def _call(self, query: str) -> Messages.Type:
        return [Messages.System("You are a warden"), *self.history, Messages.User(query)]

    def run(self) -> None:
        while True:
            query = input("(User): ")
            if query in ["exit", "quit"]:
                break
            print("(Assistant): ", end="", flush=True)
            response = self._call(query)
            print(response.content)
            self.history += [Messages.User(query), response.message_param]


warden = Warden()
warden.run()
print([message.role for message in warden.history])
