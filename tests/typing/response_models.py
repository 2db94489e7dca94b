"""The type that `call` returns with a response model, for type checkers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, assert_type

from pydantic import AfterValidator, BaseModel
from typing_extensions import TypedDict

from mirascope_like.core import (
    AsyncStructuredStream,
    BaseCallResponse,
    Partial,
    StructuredStream,
    anthropic,
    openai,
    response_of,
)


class Book(BaseModel):
    title: str
    year: int = 0
    tags: list[str] = []


@dataclass
class Author:
    name: str


class Shelf(TypedDict):
    row: int


class Genre(Enum):
    fantasy = "fantasy"


def shelf(title: str) -> str:
    """Where a book stands."""
    return "B4"


@openai.call("gpt-4o-mini", response_model=Book, max_retries=2)
def book(genre: str, n: int = 1) -> str:
    return genre * n


assert_type(book("fantasy"), Book)
assert_type(response_of(book("fantasy"), openai.OpenAICallResponse), openai.OpenAICallResponse)
assert_type(response_of(book("fantasy")), BaseCallResponse[Any, Any])
assert_type(book(genre="fantasy", n=2), Book)
book(3)  # error


@openai.call("gpt-4o-mini", response_model=list[Book])
def books() -> str:
    return ""


@openai.call("gpt-4o-mini", response_model=int)
def number() -> str:
    return ""


@openai.call("gpt-4o-mini", response_model=Genre)
def genre() -> str:
    return ""


@openai.call("gpt-4o-mini", response_model=Author)
def author() -> str:
    return ""


@openai.call("gpt-4o-mini", response_model=Shelf)
def row() -> str:
    return ""


@openai.call("gpt-4o-mini", response_model=Literal["a", "b"])
def letter() -> str:
    return ""


@openai.call("gpt-4o-mini", response_model=int | str)
def either() -> str:
    return ""


@openai.call("gpt-4o-mini", response_model=Book | None)
def perhaps() -> str:
    return ""


@openai.call("gpt-4o-mini", response_model=Annotated[str, AfterValidator(str.upper)])
def annotated() -> str:
    return ""


assert_type(books(), list[Book])
assert_type(number(), int)
assert_type(genre(), Genre)
assert_type(author(), Author)
assert_type(row(), Shelf)
assert_type(letter(), Literal["a", "b"])
assert_type(either(), int | str)
assert_type(perhaps(), Book | None)
assert_type(annotated(), str)


# With tools: the model, or the response that calls one.


@openai.call("gpt-4o-mini", response_model=Book, tools=[shelf])
def book_or_call(genre: str) -> str:
    return genre


found = book_or_call("fantasy")
assert_type(found, Book | openai.OpenAICallResponse)
if isinstance(found, Book):
    assert_type(found.title, str)
else:
    assert_type(found.tool, openai.OpenAITool | None)
print(found.title)  # error


# With a parser


@openai.call("gpt-4o-mini", response_model=Book, output_parser=lambda book: book.title)
def title(genre: str) -> str:
    return genre


@openai.call("gpt-4o-mini", response_model=Book, output_parser=lambda book: len(book.title), tools=[shelf])
def length_or_call(genre: str) -> str:
    return genre


assert_type(title("fantasy"), str)
assert_type(length_or_call("fantasy"), int | openai.OpenAICallResponse)


# Streams


@openai.call("gpt-4o-mini", response_model=Book, stream=True, fail_fast=True)
def growing(genre: str) -> str:
    return genre


stream = growing("fantasy")
assert_type(stream, StructuredStream[Book, openai.OpenAIStream])
assert_type(stream.stream, openai.OpenAIStream)
assert_type(stream.response, openai.OpenAICallResponse)
assert_type(stream.constructed_response_model, Book)
assert_type(stream.collect(), Book)
for so_far in stream:
    assert_type(so_far, Partial[Book] | Book)
    if so_far.title is not None:
        print(so_far.title.upper())
    so_far.title.upper()  # error
    assert_type(so_far.title, str | None)
    assert_type(so_far.year, int | None)
    assert_type(so_far.tags, list[str] | None)
    print(so_far.titel)  # error
    if isinstance(so_far, Partial):
        print(so_far.model_dump(), so_far.model_dump_json())
    else:
        assert_type(so_far, Book)


def shown(so_far: Partial[Book] | Book) -> str:
    return f"{so_far.title or '...'} {len(so_far.tags or [])}"


def takes_books(book: Book) -> None:
    print(book.title)


for so_far in growing("fantasy"):
    takes_books(so_far)  # error


@anthropic.call("claude", response_model=list[Book], stream=True, tools=[shelf])
def growing_list(genre: str) -> str:
    return genre


for each in growing_list("fantasy").each():
    assert_type(each, Book)
for many in growing_list("fantasy"):
    assert_type(many[-1], Partial[Book] | Book)
    assert_type(many[-1].title, str | None)
    for one in many:
        assert_type(one, Partial[Book] | Book)
        assert_type(one.title, str | None)
    for one in many[1:]:
        assert_type(one, Partial[Book] | Book)
    print(len(many), shown(many[0]))


@openai.call("gpt-4o-mini", response_model=dict[str, Book], stream=True)
def growing_dict(genre: str) -> str:
    return genre


for by_name in growing_dict("fantasy"):
    assert_type(by_name["Emma"].title, str | None)
assert_type(growing_list("fantasy").stream, anthropic.AnthropicStream)
assert_type(growing_list("fantasy").stream.tool, anthropic.AnthropicTool | None)

openai.call("gpt-4o-mini", response_model=Book, stream=True, output_parser=str)  # error
openai.call("gpt-4o-mini", response_model=Book, stream=True, max_retries=1)  # error
openai.call("gpt-4o-mini", response_model=Book, fail_fast=True)  # error
openai.call("gpt-4o-mini", response_model=3)  # error


# Async


@openai.call("gpt-4o-mini", response_model=Book)
async def book_async(genre: str) -> str:
    return genre


@openai.call("gpt-4o-mini", response_model=Book, tools=[shelf])
async def book_or_call_async(genre: str) -> str:
    return genre


@openai.call("gpt-4o-mini", response_model=list[Book], stream=True)
async def growing_async(genre: str) -> str:
    return genre


async def main() -> None:
    assert_type(await book_async("fantasy"), Book)
    assert_type(await book_or_call_async("fantasy"), Book | openai.OpenAICallResponse)
    stream = growing_async("fantasy")
    assert_type(stream, AsyncStructuredStream[list[Book], openai.OpenAIAsyncStream])
    assert_type(await stream, AsyncStructuredStream[list[Book], openai.OpenAIAsyncStream])
    assert_type(stream.stream, openai.OpenAIAsyncStream)
    assert_type(stream.response, openai.OpenAICallResponse)
    async for so_far in stream:
        assert_type(so_far, Partial[list[Book]] | list[Book])
    async for each in stream.each():
        assert_type(each, Book)
    async for each in (await growing_async("fantasy")).each():
        assert_type(each, Book)
    assert_type(await stream.collect(), list[Book])
