"""An agent with tools whose provider changes between its turns; its history is in the common form.

Providers: openai
Model: call find_nest {"bird": "wren"}
Model: In the hedge.
Model: call find_nest {"bird": "gull"}
Model: On the cliff.
Prints: In the hedge.
Prints: On the cliff.
Prints: ['user', 'assistant', 'tool', 'assistant', 'user', 'assistant', 'tool', 'assistant']
Prints: ToolCallPart(type='tool_call', name='find_nest', args={'bird': 'gull'}, id='call_1')
"""

from mirascope import BaseDynamicConfig, BaseMessageParam, Messages, llm
from pydantic import BaseModel


def find_nest(bird: str) -> str:
    """Find the nest of a bird."""
    return f"The {bird} nests here."


class Guide(BaseModel):
    history: list[BaseMessageParam] = []

    @llm.call(provider="openai", model="gpt-4o-mini", tools=[find_nest])
    def _call(self, query: str) -> BaseDynamicConfig:
        asked = [Messages.User(query)] if query else []
        return {"messages": [Messages.System("Be brief."), *self.history, *asked]}

    def step(self, query: str, provider: llm.Provider, model: str) -> str:
        answered = llm.override(self._call, provider=provider, model=model, call_params={"temperature": 0})
        response = answered(query)
        if query:
            self.history.append(response.user_message_param)
        self.history.append(response.message_param)
        if not response.tools:
            return response.content
        self.history += response.tool_message_params([(tool, tool.call()) for tool in response.tools])
        return self.step("", provider, model)


guide = Guide()
print(guide.step("The wren?", "openai", "gpt-4o-mini"))
print(guide.step("The gull?", "anthropic", "claude-sonnet-5"))
print([message.role for message in guide.history])
print(repr(guide.history[5].content[0]))
