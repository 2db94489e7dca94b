"""The demo: stream an answer from a model that runs on this machine. No key, no network.

Streams an answer as typed `(chunk, tool)` pairs, rebuilds the response, and prints a summary of it: model, tokens,
tokens per second and finish reason. `python examples/demo.py --json` prints the whole response as JSON instead.
"""

import sys

from mirascope_like.core import local, prompt_template


@local.call("smollm2-135m", stream=True, call_params={"temperature": 0, "max_tokens": 120})
@prompt_template(
    """
    SYSTEM: You are a librarian.
    USER: Name one famous {genre} book, its author, and say in two sentences what it is about.
    """
)
def recommend_book(genre: str) -> None: ...


def summarize(response: local.LocalCallResponse) -> str:
    seconds = (response.end_time - response.start_time) / 1000
    tokens = response.output_tokens or 0
    return "\n".join(
        (
            f"model:         {response.model}",
            f"tokens:        {response.input_tokens} in, {tokens} out",
            f"speed:         {tokens / seconds:.1f} tokens per second",
            f"finish reason: {', '.join(response.finish_reasons or ['unknown'])}",
        )
    )


def main() -> None:
    stream = recommend_book("fantasy")
    for chunk, _ in stream:
        print(chunk.content, end="", flush=True)
    print("\n")
    response = stream.construct_call_response()
    print(response.model_dump_json(indent=2) if "--json" in sys.argv else summarize(response))


if __name__ == "__main__":
    main()
