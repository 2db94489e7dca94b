"""An agent that asks a human, in a shorthand prompt.

User: Which ring has Ada?
User: 41
User: exit
Model: call _ask_for_help {"question": "Ada's ring?"}
Model: Ada has ring 41.
Asks: Which ring has Ada?
Asks: 41
Prints: [QUESTION]: Ada's ring?
Prints: (Assistant): Ada has ring 41.
"""

from mirascope import BaseDynamicConfig, BaseMessageParam, Messages, llm
from pydantic import BaseModel


class Warden(BaseModel):
    history: list[BaseMessageParam] = []

    def _ask_for_help(self, question: str) -> str:
        """Ask somebody who knows."""
        print(f"[QUESTION]: {question}")
        return input("[ANSWER]: ")

    @llm.call(provider="openai", model="gpt-4o-mini")
    def _call(self, query: str) -> BaseDynamicConfig:
        messages = [Messages.System("You are a warden"), *self.history, Messages.User(query)]
        return {"messages": messages, "tools": [self._ask_for_help]}

    def _step(self, query: str) -> str:
        response = self._call(query)
        if query:
            self.history.append(Messages.User(query))
        self.history.append(response.message_param)
        if tools := response.tools:
            self.history += response.tool_message_params([(tool, tool.call()) for tool in tools])
            return self._step("")
        return response.content

    def run(self) -> None:
        while (query := input("(User): ")) != "exit":
            print(f"(Assistant): {self._step(query)}")


Warden().run()
