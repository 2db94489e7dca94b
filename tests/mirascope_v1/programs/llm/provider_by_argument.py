"""The provider as an argument, and a history in the common form that is sent to one provider after the other.

Model: Ride to Oslo.
Model: Ride on to Bergen.
Asks: Suggest a trip
Asks: And then?
Prints: Ride to Oslo.
Prints: Ride on to Bergen.
Prints: ['user', 'assistant', 'user', 'assistant']
"""

from mirascope import BaseMessageParam, Messages, llm


@llm.call(provider="openai", model="gpt-4o-mini")
def chat(query: str, history: list[BaseMessageParam]) -> Messages.Type:
    return [*history, Messages.User(query)]


def ask(provider: llm.Provider, model: str, query: str) -> None:
    response = llm.override(chat, provider=provider, model=model)(query, history)
    print(response.content)
    history.extend([response.user_message_param, response.message_param])


history: list[BaseMessageParam] = []
ask("openai", "gpt-4o-mini", "Suggest a trip")
ask("anthropic", "claude-sonnet-5", "And then?")
print([message.role for message in history])
