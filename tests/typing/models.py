"""What is seen of models as objects."""

from __future__ import annotations

from typing import assert_type

from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import Session, ToolLoop, openai
from mirascope_like.core.base.streams import StructuredStream


class Book(BaseModel):
    title: str


whole = openai.model("gpt-4o-mini", temperature=0)
streaming = openai.model("gpt-4o-mini", stream=True)
lasting = openai.model("gpt-4o-mini", stream=True, retry=2, fallback=["gpt-4o", "gpt-4.1"])
neutral = llm.model("anthropic:claude-sonnet-4-5", stream=True)


assert_type(lasting.stream("Hi"), openai.OpenAIStream)
assert_type(lasting.ask("Hi"), openai.OpenAICallResponse)
openai.model("gpt-4o-mini", stream=True, retry="2")  # error


@whole.call
def one(topic: str) -> str:
    return topic


@whole.call
async def two(topic: str) -> str:
    return topic


@streaming.call
def three(topic: str) -> str:
    return topic


@streaming.call(call_params={"temperature": 0.5})
async def four(topic: str) -> str:
    return topic


@streaming.call(response_model=Book)
def five(topic: str) -> str:
    return topic


@whole.call(response_model=Book, max_retries=1)
def six(topic: str) -> str:
    return topic


@streaming.call(stream=False, tool_loop=ToolLoop())
def seven(topic: str) -> str:
    return topic


@neutral.call
def eight(topic: str) -> str:
    return topic


assert_type(one("a"), openai.OpenAICallResponse)
assert_type(three("a"), openai.OpenAIStream)
assert_type(four("a"), openai.OpenAIAsyncStream)
assert_type(five("a"), StructuredStream[Book, openai.OpenAIStream])
assert_type(six("a"), Book)
assert_type(seven("a"), openai.OpenAICallResponse)
assert_type(eight("a"), llm.Stream)
assert_type(whole.ask("a"), openai.OpenAICallResponse)
assert_type(whole.stream("a"), openai.OpenAIStream)
assert_type(whole.stream_async("a"), openai.OpenAIAsyncStream)
one(1)  # error


class Namer:
    @whole.task
    def nick(self, person: str, count: int = 1) -> list[str]:
        """Give nicknames."""
        raise AssertionError


assert_type(Namer().nick("Ann", count=2), list[str])
assert_type(Namer().nick.prepare("Ann").send(), list[str])
Namer().nick(1)  # error

assert_type(whole.session().switch(neutral), Session[llm.CallResponse, llm.Stream, llm.AsyncStream])
assert_type(whole.session().switch(neutral).send("a"), llm.CallResponse)
