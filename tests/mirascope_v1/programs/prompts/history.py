"""A conversation so far, in both styles; an empty message of a template is left out.

Prints: ['system', 'user', 'assistant', 'user']
Prints: ['system', 'user', 'assistant', 'user']
Prints: ['system', 'user', 'assistant']
"""

from mirascope import BaseMessageParam, Messages, prompt_template


@prompt_template()
def returned(query: str, history: list[BaseMessageParam]) -> list[BaseMessageParam]:
    return [Messages.System("You know birds"), *history, Messages.User(query)]


@prompt_template(
    """
    SYSTEM: You know birds
    MESSAGES: {history}
    USER: {query}
    """
)
def written(query: str | None, history: list[BaseMessageParam]): ...


history = [
    Messages.User("Name a bird"),
    BaseMessageParam(role="assistant", content="Of the sea, or of the land?"),
]
print([message.role for message in returned("sea", history)])
print([message.role for message in written("sea", history)])
print([message.role for message in written(None, history)])
assert returned("sea", history) == written("sea", history)
