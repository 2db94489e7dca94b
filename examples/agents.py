"""Agents: a class with a history and tools, first with its own loop, then with a `ToolLoop`. No key, no network."""

from dataclasses import dataclass, field
from typing import Any

from mirascope_like.core import BaseDynamicConfig, Messages, ToolLoop, local

SHELVES = {"Dune": "A1", "Emma": "B2"}


@dataclass
class Librarian:
    """Answers questions. The model is forced to look up the shelves first."""

    history: list[Any] = field(default_factory=list[Any])

    def list_shelves(self) -> str:
        """List the shelves on which the library's books stand."""
        return ", ".join(f"{title}: {shelf}" for title, shelf in SHELVES.items())

    @local.call("smollm2-135m", call_params={"temperature": 0, "max_tokens": 40})
    def _step(self, *, first: bool) -> BaseDynamicConfig:
        tools = [self.list_shelves] if first else []
        return {"messages": self.history, "tools": tools, "call_params": {"tool_choice": "required"} if first else {}}

    def ask(self, question: str) -> str:
        self.history.append(Messages.User(question))
        response = self._step(first=True)
        while tools := response.tools:
            outputs = [(tool, tool.call()) for tool in tools]
            self.history += [response.message_param, *response.tool_message_params(outputs)]
            response = self._step(first=False)
        self.history.append(response.message_param)
        return response.content

    @local.call("smollm2-135m", tool_loop=ToolLoop(max_rounds=2), call_params={"temperature": 0, "max_tokens": 40})
    def run(self, question: str) -> BaseDynamicConfig:
        return {
            "messages": [*self.history, Messages.User(question)],
            "tools": [self.list_shelves],
            "call_params": {"tool_choice": "required"},
        }


def main() -> None:
    librarian = Librarian()
    print(librarian.ask("Where does Dune stand?"))
    print("messages so far:", len(librarian.history))
    response = Librarian().run("Where does Emma stand?")
    print(response.content)
    for answer in response.rounds:
        print("round:", [f"{tool.name} -> {tool.result}" for tool in answer.executed])


if __name__ == "__main__":
    main()
