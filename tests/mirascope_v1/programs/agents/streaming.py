"""An agent that streams, in a provider's own module, with tools that change its state.

User: I saw a gannet
User: exit
Model: Noted soon. call note {"bird": {"name": "gannet", "count": 2}}
Model: Two gannets it is.
Asks: I saw a gannet
Asks: Noted gannet.
Prints: (Assistant): Noted soon.
Prints: [Calling Tool 'note']
Prints: Two gannets it is.
Prints: {'gannet': 2}
"""

from mirascope.core import openai, prompt_template
from pydantic import BaseModel


class Bird(BaseModel):
    name: str
    count: int


class Warden(BaseModel):
    history: list[openai.OpenAIMessageParam] = []
    birds: dict[str, int] = {}

    def note(self, bird: Bird) -> str:
        """Note a bird."""
        self.birds[bird.name] = bird.count
        return f"Noted {bird.name}."

    @openai.call(model="gpt-4o-mini", stream=True)
    @prompt_template(
        """
        SYSTEM:
        You are a warden. So far:
        {self.birds}

        MESSAGES: {self.history}
        USER: {query}
        """
    )
    def _stream(self, query: str) -> openai.OpenAIDynamicConfig:
        return {"tools": [self.note]}

    def _step(self, query: str) -> None:
        stream = self._stream(query)
        tools_and_outputs = []
        for chunk, tool in stream:
            if tool:
                print(f"\n[Calling Tool '{tool._name()}']")
                tools_and_outputs.append((tool, tool.call()))
            else:
                print(chunk.content, end="", flush=True)
        if stream.user_message_param:
            self.history.append(stream.user_message_param)
        self.history.append(stream.message_param)
        if tools_and_outputs:
            self.history += stream.tool_message_params(tools_and_outputs)
            self._step("")

    def run(self) -> None:
        while (query := input("(User): ")) != "exit":
            print("(Assistant): ", end="", flush=True)
            self._step(query)
            print()


warden = Warden()
warden.run()
print(warden.birds)
