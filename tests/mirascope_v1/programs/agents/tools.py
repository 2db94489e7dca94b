"""An agent with tools that see its state; it asks again, with an empty question, until no tool is called.

User: Which birds are here?
User: exit
Model: call _birds {}
Model: Gannets and puffins.
Asks: Which birds are here?
Asks: ["gannet", "puffin"]
Prints: (Assistant): [Calling Tool '_birds' with args {}]
Prints: Gannets and puffins.
"""

import json

from mirascope import BaseDynamicConfig, BaseMessageParam, Messages, llm, prompt_template
from pydantic import BaseModel


class Warden(BaseModel):
    history: list[BaseMessageParam] = []
    birds: list[str] = ["gannet", "puffin"]

    def _birds(self) -> str:
        """Tell the birds that are here."""
        return json.dumps(self.birds)

    @llm.call(provider="openai", model="gpt-4o-mini")
    @prompt_template(
        """
        SYSTEM: You are a warden
        MESSAGES: {self.history}
        USER: {query}
        """
    )
    def _call(self, query: str) -> BaseDynamicConfig:
        return {"tools": [self._birds]}

    def _step(self, query: str) -> str:
        response = self._call(query)
        if query:
            self.history.append(Messages.User(query))
        self.history.append(response.message_param)
        tools_and_outputs = []
        if tools := response.tools:
            for tool in tools:
                print(f"[Calling Tool '{tool._name()}' with args {tool.args}]")
                tools_and_outputs.append((tool, tool.call()))
            self.history += response.tool_message_params(tools_and_outputs)
            return self._step("")
        return response.content

    def run(self) -> None:
        while (query := input("(User): ")) != "exit":
            print("(Assistant): ", end="", flush=True)
            print(self._step(query))


Warden().run()
