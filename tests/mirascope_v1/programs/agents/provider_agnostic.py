"""An agent whose provider is chosen as it runs.

User: Hello
User: exit
Model: Look at the gannets.
Prints: (Assistant): Look at the gannets.
Prints: BaseMessageParam(role='user', content='Hello')
Prints: BaseMessageParam(role='assistant', content='Look at the gannets.')
"""

from mirascope import BaseMessageParam, llm, prompt_template
from pydantic import BaseModel


class Warden(BaseModel):
    history: list[BaseMessageParam] = []

    @llm.call(provider="openai", model="gpt-4o-mini")
    @prompt_template(
        """
        SYSTEM: You are a warden
        MESSAGES: {self.history}
        USER: {query}
        """
    )
    def _call(self, query: str): ...

    def run(self, provider: llm.Provider, model: str) -> None:
        while (query := input("(User): ")) != "exit":
            response = llm.override(self._call, provider=provider, model=model)(query)
            print(f"(Assistant): {response.content}")
            self.history += [response.user_message_param, response.message_param]


warden = Warden()
warden.run("anthropic", "claude-sonnet-5")
for message in warden.history:
    print(repr(message))
