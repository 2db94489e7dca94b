"""`llm.call`: name the provider in the call, and replace it around the call.

No key, no network, unless MODEL names another:

MODEL=openai:gpt-4o-mini python examples/any_provider.py
"""

import os

from mirascope_like import llm

MODEL = os.environ.get("MODEL", "local:smollm2-135m")


@llm.call(MODEL, call_params={"temperature": 0, "max_tokens": 10})
def recommend(genre: str) -> str:
    return f"Recommend a {genre} book"


def main() -> None:
    response = recommend("fantasy")
    print(response.provider_name, response.model, response.finish_reasons)
    with llm.context(call_params={"max_tokens": 5}):
        response = recommend("fantasy")
    assert response.usage is not None
    print("in the context:", response.usage.output_tokens, "tokens")
    streamed = llm.model(MODEL, stream=True, temperature=0, max_tokens=10)
    print("streamed:", streamed.stream("Recommend a fantasy book").collect().content)


if __name__ == "__main__":
    main()
