"""Retries: an attempt that receives the errors of earlier ones, and a fallback to another provider.

No key, no network.
"""

import openai
from pydantic import BaseModel, field_validator
from tenacity import retry, stop_after_attempt

from mirascope_like import llm
from mirascope_like.core import ConnectionFailedError, ResponseParseError, local
from mirascope_like.retries import fallback
from mirascope_like.retries.tenacity import collect_errors

tries: list[str] = []


class Author(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def second_try(cls, name: str) -> str:
        tries.append(name)
        if len(tries) == 1:
            raise ValueError("the first attempt is always rejected")
        return name


@retry(stop=stop_after_attempt(3), after=collect_errors(ResponseParseError))
@local.call("smollm2-135m", response_model=Author, call_params={"max_tokens": 40, "temperature": 0})
def identify(book: str, *, errors: list[ResponseParseError] | None = None) -> str:
    print("earlier errors:", [error.errors()[0]["msg"] for error in errors or ()])
    return f"Who wrote {book}?"


unreachable = openai.OpenAI(base_url="http://127.0.0.1:9/v1", api_key="none", max_retries=0)


@fallback(
    ConnectionFailedError,
    [{"catch": ConnectionFailedError, "provider": "local", "model": "smollm2-135m"}],
)
@llm.call("openai:gpt-4o-mini", client=unreachable, call_params={"max_tokens": 15, "temperature": 0})
def ask(question: str) -> str:
    return question


def main() -> None:
    print(type(identify("The Hobbit")).__name__, "after", len(tries), "attempts")
    response = ask("Why is the sea salty?")
    print("answered by:", response.provider_name)


if __name__ == "__main__":
    main()
