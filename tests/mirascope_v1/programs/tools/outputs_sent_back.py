"""The outputs of tools, given back until the model has its answer.

Model: call ring_of {"bird": "Ada"}
Model: Ada has ring 41.
Model: call ring_of {"bird": "Ada"}
Model: Ada has ring 41.
Asks: Which ring has Ada?
Asks: 41
Asks: Which ring has Ada?
Asks: 41
Prints: Ada has ring 41.
Prints: ['user', 'assistant', 'tool', 'assistant']
Prints: Ada has ring 41.
Prints: ['user', 'assistant', 'tool', 'assistant']
"""

from mirascope import BaseDynamicConfig, BaseMessageParam, Messages, llm, prompt_template


def ring_of(bird: str) -> str:
    return {"Ada": "41"}.get(bird, "unknown")


@llm.call(provider="openai", model="gpt-4o-mini", tools=[ring_of])
def returned(bird: str, history: list[BaseMessageParam]) -> Messages.Type:
    messages = [*history]
    if bird:
        messages.append(Messages.User(f"Which ring has {bird}?"))
    return messages


@llm.call(provider="openai", model="gpt-4o-mini", tools=[ring_of])
@prompt_template(
    """
    MESSAGES: {history}
    USER: {query}
    """
)
def written(bird: str, history: list[BaseMessageParam]) -> BaseDynamicConfig:
    return {"computed_fields": {"query": f"Which ring has {bird}?" if bird else ""}}


for ask in (returned, written):
    history = []
    response = ask("Ada", history)
    history += [response.user_message_param, response.message_param]
    while tool := response.tool:
        history += response.tool_message_params([(tool, tool.call())])
        response = ask("", history)
        history.append(response.message_param)
    print(response.content)
    print([message.role for message in history])
