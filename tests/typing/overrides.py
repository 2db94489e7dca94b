"""What `llm.override` returns, by what the function returns and by what is overridden."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_type

from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import prompt_template
from mirascope_like.core.base import AsyncStructuredStream, StructuredStream


class Book(BaseModel):
    title: str


def length(response: llm.CallResponse) -> int:
    return len(response.content)


def name(book: Book) -> str:
    return book.title


@llm.call(provider="openai", model="m")
def whole(q: str) -> str:
    return q


@llm.call(provider="openai", model="m")
@prompt_template("{q}")
def template(q: str): ...  # type: ignore[no-untyped-def]


@llm.call(provider="openai", model="m")
async def awhole(q: str) -> str:
    return q


@llm.call(provider="openai", model="m", stream=True)
def streamed(q: str) -> str:
    return q


@llm.call(provider="openai", model="m", stream=True)
async def astreamed(q: str) -> str:
    return q


@llm.call(provider="openai", model="m", response_model=Book)
def book(q: str) -> str:
    return q


@llm.call(provider="openai", model="m", response_model=Book, stream=True)
async def abooks(q: str) -> str:
    return q


def settings_alone() -> None:
    assert_type(llm.override(whole, provider="anthropic", model="c")("x"), llm.CallResponse)
    assert_type(llm.override(book, model="c", call_params={"max_tokens": 3})("x"), Book)
    assert_type(llm.override(streamed, model="c")("x"), llm.Stream)
    llm.override(whole, modle="c")  # error
    llm.override(whole, model="c")(1)  # error


def to_a_stream() -> None:
    assert_type(llm.override(whole, stream=True)("x"), llm.Stream)
    assert_type(llm.override(template, provider="openai", model="c", stream={"partial_tools": True})("x"), llm.Stream)
    assert_type(llm.override(awhole, stream=True)("x"), llm.AsyncStream)
    assert_type(llm.override(streamed, stream=True)("x"), llm.Stream)


async def to_the_whole() -> None:
    assert_type(llm.override(streamed, stream=False)("x"), llm.CallResponse)
    assert_type(await llm.override(astreamed, stream=False)("x"), llm.CallResponse)
    assert_type(await llm.override(abooks, stream=False)("x"), Book)


async def to_a_value() -> None:
    assert_type(llm.override(whole, provider="openai", model="m2", response_model=Book)("x"), Book)
    assert_type(llm.override(whole, response_model=list[Book])("x"), list[Book])
    assert_type(await llm.override(awhole, response_model=Book)("x"), Book)
    assert_type(llm.override(streamed, stream=False, response_model=Book)("x"), Book)
    assert_type(await llm.override(astreamed, stream=False, response_model=Book)("x"), Book)
    assert_type(llm.override(book, response_model=int)("x"), int)


def to_a_structured_stream() -> None:
    assert_type(llm.override(whole, stream=True, response_model=Book)("x"), StructuredStream[Book, llm.Stream])
    assert_type(llm.override(streamed, response_model=Book)("x"), StructuredStream[Book, llm.Stream])
    assert_type(
        llm.override(awhole, stream=True, response_model=Book)("x"), AsyncStructuredStream[Book, llm.AsyncStream]
    )
    assert_type(llm.override(astreamed, response_model=Book)("x"), AsyncStructuredStream[Book, llm.AsyncStream])


async def through_a_parser() -> None:
    assert_type(llm.override(whole, output_parser=length)("x"), int)
    assert_type(await llm.override(awhole, output_parser=length)("x"), int)
    assert_type(llm.override(whole, response_model=Book, output_parser=name)("x"), str)
    assert_type(await llm.override(awhole, response_model=Book, output_parser=name)("x"), str)
    made: Callable[[str], int] = llm.override(streamed, stream=False, output_parser=length)
    assert_type(made("x"), int)
    llm.override(whole, stream=True, output_parser=length)  # error
