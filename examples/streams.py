"""Streams: chunks and the rebuilt response, a deadline, an early stop, and async words. No key, no network."""

import asyncio

from mirascope_like.core import StreamTimeoutError, local


@local.call("smollm2-135m", stream=True, call_params={"temperature": 0, "max_tokens": 20})
def recommend_book(genre: str) -> str:
    return f"Recommend a {genre} book"


@local.call("smollm2-135m", stream=True, call_params={"temperature": 0, "max_tokens": 20})
async def recommend_book_async(genre: str) -> str:
    return f"Recommend a {genre} book"


async def words() -> list[str]:
    return [word async for word in recommend_book_async("fantasy").text(by="word")]


def main() -> None:
    stream = recommend_book("fantasy")
    for chunk, _ in stream:
        print(chunk.content, end="", flush=True)
    response = stream.construct_call_response()
    print("\nrebuilt:", response.content == stream.content, response.finish_reasons, response.output_tokens)

    try:
        with recommend_book("fantasy").timeout(first=60, idle=60).until(10) as short:
            text = "".join(short.text())
        print("stopped after 10 characters:", len(text) >= 10, short.state)
    except StreamTimeoutError as error:
        print("deadline passed:", error.deadline, error.partial)

    print("async, the same text:", "".join(asyncio.run(words())) == response.content)


if __name__ == "__main__":
    main()
