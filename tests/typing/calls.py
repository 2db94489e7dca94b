"""The type that each form of `call` returns, for type checkers."""

from __future__ import annotations

from typing import assert_type

from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel

from mirascope_like.core import BaseDynamicConfig, Messages, anthropic, openai, prompt_template


class Book(BaseModel):
    title: str


def shelf(title: str) -> str:
    """Where a book stands."""
    return "B4"


# Whole answers; names and defaults of the function survive.


@openai.call("gpt-4o-mini", tools=[shelf], call_params={"temperature": 0.7, "user": "x"})
def whole(genre: str, n: int = 1) -> str:
    return genre * n


response = whole("fantasy", n=2)
assert_type(response, openai.OpenAICallResponse)
assert_type(response.response, ChatCompletion)
assert_type(response.tool, openai.OpenAITool | None)
assert_type(whole(genre="fantasy"), openai.OpenAICallResponse)
whole(3)  # error
whole("fantasy", m=3)  # error
whole()  # error


@openai.call("gpt-4o-mini", json_mode=True)
def in_json(genre: str) -> Messages.Type:
    return Messages.User(genre)


assert_type(in_json("fantasy").content, str)


# Dynamic configs, with any of their keys.


@openai.call("gpt-4o-mini")
def by_messages(genre: str) -> openai.OpenAIDynamicConfig:
    return {"messages": [{"role": "system", "content": "Be brief"}, Messages.User(genre)]}


@openai.call("gpt-4o-mini")
def by_params(genre: str) -> openai.OpenAIDynamicConfig:
    return {"messages": genre, "call_params": {"temperature": 1}}


@openai.call("gpt-4o-mini")
def by_wrong_params(genre: str) -> openai.OpenAIDynamicConfig:
    return {"messages": genre, "call_params": {"temperature": "1"}}  # error


@anthropic.call("claude-sonnet-5")
@prompt_template("Recommend a {genre} book")
async def by_fields(genre: str) -> anthropic.AnthropicDynamicConfig:
    return {"computed_fields": {"genre": genre.upper()}, "call_params": {"top_k": 3}}


@openai.call("gpt-4o-mini")
def by_base(genre: str) -> BaseDynamicConfig:
    return {"messages": [Messages.User(genre)], "tools": [shelf]}


assert_type(by_messages("fantasy"), openai.OpenAICallResponse)
assert_type(by_base("fantasy"), openai.OpenAICallResponse)


async def asked_by_fields() -> None:
    assert_type(await by_fields("fantasy"), anthropic.AnthropicCallResponse)


@openai.call("gpt-4o-mini", call_params={"temprature": 1})  # error
def misspelt_parameter() -> str:
    return ""


@openai.call("gpt-4o-mini", jason_mode=True)  # error
def misspelt_option() -> str:
    return ""


@openai.call("gpt-4o-mini")  # error
def no_prompt() -> int:
    return 3


# Streams


@openai.call("gpt-4o-mini", stream=True)
def streamed(genre: str) -> str:
    return genre


for chunk, tool in streamed("fantasy"):
    assert_type(chunk, openai.OpenAICallResponseChunk)
    assert_type(chunk.chunk, ChatCompletionChunk)
    assert_type(tool, openai.OpenAITool | None)
assert_type(streamed("fantasy"), openai.OpenAIStream)
assert_type(streamed("fantasy").collect(), openai.OpenAICallResponse)


@openai.call("gpt-4o-mini", stream={"partial_tools": True}, tools=[shelf])
def with_partial_tools(genre: str) -> str:
    return genre


assert_type(with_partial_tools("fantasy"), openai.OpenAIStream)


@openai.call(model="gpt-4o-mini", stream=True)
@prompt_template("Recommend a {genre} book")
def recommend_book(genre: str) -> openai.OpenAIStream: ...


assert_type(recommend_book("fantasy"), openai.OpenAIStream)
assert_type(recommend_book(genre="fantasy"), openai.OpenAIStream)
recommend_book(kind="fantasy")  # error


@openai.call("gpt-4o-mini", stream=True)
@prompt_template("Recommend a {genre} book")
async def recommend_book_async(genre: str) -> openai.OpenAIAsyncStream: ...


assert_type(recommend_book_async("fantasy"), openai.OpenAIAsyncStream)


# What follows an error of a stream


@anthropic.call("claude", stream=True, retry=2, fallback=["haiku", streamed], resume=True)
def mended(genre: str) -> str:
    return genre


@anthropic.call("claude", stream=True, resume=5, retry=1)
async def amended(genre: str) -> str:
    return genre


@openai.call("gpt-4o-mini", stream=True, retry=2, fallback=["gpt-4o"], response_model=Book)
def mended_book(genre: str) -> str:
    return genre


assert_type(mended("fantasy"), anthropic.AnthropicStream)
assert_type(amended("fantasy"), anthropic.AnthropicAsyncStream)
assert_type(mended_book("fantasy").collect(), Book)
assert_type(mended("fantasy").collect().resumed, int)
assert_type(mended("fantasy").collect().interruptions, list[anthropic.AnthropicCallResponse])
openai.call("gpt-4o-mini", stream=True, retry="2")  # error
openai.call("gpt-4o-mini", stream=True, fallback=[3])  # error
openai.call("gpt-4o-mini", stream=True, resumes=True)  # error


def chosen_later(stream: bool) -> None:
    @openai.call("gpt-4o-mini", stream=stream)
    def either(genre: str) -> str:
        return genre

    assert_type(either("fantasy"), openai.OpenAICallResponse | openai.OpenAIStream)


# Output parsers


@openai.call("gpt-4o-mini", output_parser=lambda response: len(response.content))
def parsed(genre: str) -> str:
    return genre


assert_type(parsed("fantasy"), int)
openai.call("gpt-4o-mini", stream=True, output_parser=str)  # error


def shout(response: anthropic.AnthropicCallResponse) -> str:
    return response.content.upper()


anthropic.call("claude", output_parser=shout)
openai.call("gpt-4o-mini", output_parser=shout)  # error


# Methods


class Librarian:
    genre = "fantasy"

    @openai.call("gpt-4o-mini")
    def recommend(self, n: int = 1) -> str:
        return self.genre * n

    @openai.call("gpt-4o-mini", response_model=Book)
    async def choose(self) -> str:
        return self.genre


assert_type(Librarian().recommend(3), openai.OpenAICallResponse)
assert_type(Librarian().recommend(), openai.OpenAICallResponse)
Librarian().recommend("3")  # error


# Async


@openai.call("gpt-4o-mini")
async def awaited(genre: str) -> str:
    return genre


@openai.call("gpt-4o-mini", stream=True)
async def awaited_stream(genre: str) -> str:
    return genre


@openai.call("gpt-4o-mini", output_parser=lambda response: response.response)
async def awaited_parsed(genre: str) -> str:
    return genre


async def main() -> None:
    assert_type(await awaited("fantasy"), openai.OpenAICallResponse)
    assert_type(await awaited_stream("fantasy"), openai.OpenAIAsyncStream)
    async for chunk, _ in awaited_stream("fantasy"):
        assert_type(chunk, openai.OpenAICallResponseChunk)
    async for chunk, _ in await awaited_stream("fantasy"):
        assert_type(chunk.content, str)
    assert_type(await Librarian().choose(), Book)
