"""Calls: one sync call and its response, then several async calls at the same time. No key, no network."""

import asyncio

from mirascope_like.core import local


@local.call("smollm2-135m", call_params={"temperature": 0, "max_tokens": 30})
def recommend_book(genre: str) -> str:
    return f"Recommend a {genre} book"


@local.call("smollm2-135m", call_params={"temperature": 0, "max_tokens": 10})
async def name_author(genre: str) -> str:
    return f"Name an author of {genre} books"


async def name_authors(genres: list[str]) -> None:
    for response in await asyncio.gather(*map(name_author, genres)):
        print(response.fn_args["genre"], "->", response.content)


def main() -> None:
    response = recommend_book("fantasy")
    print(response.content)
    print("finish reasons:", response.finish_reasons)
    print("tokens:", response.input_tokens, "in,", response.output_tokens, "out")
    print("cost:", response.cost)
    print("the SDK's own object:", type(response.response).__name__)
    asyncio.run(name_authors(["fantasy", "crime"]))


if __name__ == "__main__":
    main()
