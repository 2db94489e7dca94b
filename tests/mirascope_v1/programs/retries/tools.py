"""Arguments of a tool that do not fit, tried again.

Model: call ring_of {"bird": 3, "year": "none"}
Model: call ring_of {"bird": "Ada", "year": 1999}
Prints: Ada: 41
"""

from mirascope import llm
from pydantic import ValidationError
from tenacity import retry, retry_if_exception_type, stop_after_attempt


def ring_of(bird: str, year: int) -> str:
    """Tell the ring of a bird."""
    return f"{bird}: 41"


@llm.call(provider="openai", model="gpt-4o-mini", tools=[ring_of])
def ask(bird: str) -> str:
    return f"Which ring has {bird}?"


@retry(stop=stop_after_attempt(3), retry=retry_if_exception_type(ValidationError))
def run():
    response = ask("Ada")
    if tool := response.tool:
        print(tool.call())
    else:
        print(response.content)


run()
