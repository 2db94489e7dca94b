"""The main job, on a real model that runs on this machine: no key, no network.

Streams an answer as typed `(chunk, tool)` pairs, then prints the response rebuilt from them.
"""

from mirascope_like.core import local, prompt_template


@local.call("smollm2-135m", stream=True, call_params={"temperature": 0, "max_tokens": 120})
@prompt_template(
    """
    SYSTEM: You are a librarian.
    USER: Name one famous {genre} book, its author, and say in two sentences what it is about.
    """
)
def recommend_book(genre: str) -> None: ...


def main() -> None:
    stream = recommend_book("fantasy")
    for chunk, _ in stream:
        print(chunk.content, end="", flush=True)
    print("\n")
    response = stream.construct_call_response()
    print(response.model_dump_json(indent=2))


if __name__ == "__main__":
    main()
