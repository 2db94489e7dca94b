"""Tools: the model calls a function, the program runs it and sends the result back; then streamed tools.

No key, no network.
"""

from typing import Any

from mirascope_like.core import Messages, local
from mirascope_like.core.local import LocalCallParams

PRICES = {"Dune": 9, "Emma": 7}
MUST: LocalCallParams = {"tool_choice": "required", "max_tokens": 60, "temperature": 0}


def look_up(amount: int) -> str:
    """Look up which books cost at most this amount.

    Args:
        amount: The amount, in dollars.
    """
    return ", ".join(title for title, price in PRICES.items() if price <= abs(amount)) or "none"


@local.call("smollm2-135m", tools=[look_up], call_params=MUST)
def ask(question: str) -> str:
    return question


@local.call("smollm2-135m", call_params={"max_tokens": 15, "temperature": 0})
def answer(history: list[Any]) -> list[Any]:
    return [*history, Messages.User("Say it in words.")]


@local.call("smollm2-135m", tools=[look_up], stream={"partial_tools": True}, call_params=MUST)
def asking(question: str) -> str:
    return question


def main() -> None:
    response = ask("Which books cost at most 8 dollars?")
    tool = response.tool
    assert tool is not None
    result = tool.call()
    print("called:", type(tool).__name__, tool.args, "->", result)
    history = [response.user_message_param, response.message_param, *response.tool_message_params([(tool, result)])]
    print(answer(history).content)
    for _, growing in asking("Which books cost at most 8 dollars?"):
        if growing is not None:
            print("complete:" if growing.delta is None else "partial:", growing.args)


if __name__ == "__main__":
    main()
