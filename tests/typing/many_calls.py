"""The items of maps, for type checkers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, assert_type

from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import openai
from mirascope_like.scale import Done, Failed, Limits, Run, SyncRun, amap, bind, map_calls


class Book(BaseModel):
    title: str


@openai.call("m")
async def whole(genre: str, n: int = 1) -> str:
    return genre * n


@openai.call("m", response_model=Book)
def structured(genre: str) -> str:
    return genre


@llm.call("openai:m", response_model=list[Book])
async def several(genre: str, n: int) -> str:
    return genre * n


@openai.call("m", output_parser=lambda response: len(response.content))
async def parsed(number: int) -> str:
    return str(number)


def numbers() -> Iterator[int]:
    yield 1


async def later() -> AsyncIterator[str]:
    yield "a"


assert_type(amap(whole, ["a"]), Run[str, openai.OpenAICallResponse])
assert_type(amap(whole, later()), Run[str, openai.OpenAICallResponse])
assert_type(amap(structured, {"a": 1}), Run[str, Book])
assert_type(amap(parsed, numbers(), attempts=3, limits=Limits(rpm=100)), Run[int, int])
assert_type(map_calls(structured, {"a"}), SyncRun[str, Book])
assert_type(map_calls(whole, ["a"]), SyncRun[str, openai.OpenAICallResponse])
amap(whole, [1])  # error
amap(whole, ["a"], atempts=3)  # error
map_calls(structured, later())  # error

# Several arguments

bound = [bind(several, "a", n=2)]
run = amap(several, bound)
bind(several, "a")  # error
bind(several, 1, n=2)  # error


async def use() -> None:
    async for item in amap(structured, ["a"]):
        match item:
            case Done(input=genre, value=book):
                assert_type(genre, str)
                assert_type(book, Book)
            case Failed(input=genre, error=error):
                assert_type(genre, str)
                assert_type(error, Exception)
        if isinstance(item, Done):
            assert_type(item.value.title, str)
        else:
            assert_type(item, Failed[str])
            assert_type(item.input, str)
    async for pair in run:
        assert_type(pair.input.kwargs, Mapping[str, Any])
        if isinstance(pair, Done):
            assert_type(pair.value, list[Book])
    assert_type(await amap(parsed, [1]), list[Done[int, int] | Failed[int]])
    async for one in amap(parsed, [1]).ordered():
        assert_type(one, Done[int, int] | Failed[int])


for sync in map_calls(structured, ["a"]):
    assert_type(sync, Done[str, Book] | Failed[str])
assert_type(map_calls(structured, ["a"]).results(), list[Done[str, Book] | Failed[str]])
