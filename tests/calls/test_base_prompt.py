"""Prompts as classes, marks, and decorators merged into one."""

from __future__ import annotations

import asyncio
from functools import wraps
from typing import Any

import openai as openai_sdk
import pytest

from mirascope_like.core import (
    BaseDynamicConfig,
    BaseMessageParam,
    BasePrompt,
    PromptError,
    merge_decorators,
    metadata,
    openai,
    prompt_template,
)
from tests.harness.server import Reply, Server

HELLO = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hello"}}],
}


@prompt_template("SYSTEM: You are {who}.\nUSER: Recommend a {genre} book")
@metadata({"tags": {"version:0001"}})
class Recommend(BasePrompt):
    """Ask for a book."""

    genre: str

    @property
    def who(self) -> str:
        return "a librarian"


def test_text_and_messages() -> None:
    prompt = Recommend(genre="fantasy")
    assert str(prompt) == "SYSTEM: You are a librarian.\nUSER: Recommend a fantasy book"
    assert prompt.message_params() == [
        BaseMessageParam(role="system", content="You are a librarian."),
        BaseMessageParam(role="user", content="Recommend a fantasy book"),
    ]
    assert prompt.dump() == {
        "metadata": {"tags": {"version:0001"}},
        "prompt": "SYSTEM: You are a librarian.\nUSER: Recommend a fantasy book",
        "template": "SYSTEM: You are {who}.\nUSER: Recommend a {genre} book",
        "inputs": {"genre": "fantasy"},
    }


def test_run(server: Server) -> None:
    server.reply(Reply.json(HELLO))
    with openai_sdk.OpenAI(base_url=server.url, api_key="k") as client:
        response = Recommend(genre="fantasy").run(openai.call("m", client=client))
    assert response.content == "hello"
    assert response.prompt_template == "SYSTEM: You are {who}.\nUSER: Recommend a {genre} book"
    assert response.fn_args == {"genre": "fantasy", "who": "a librarian"}
    assert response.metadata == {"tags": {"version:0001"}}
    assert server.request.json["messages"][1] == {"role": "user", "content": "Recommend a fantasy book"}


def test_run_async(server: Server) -> None:
    server.reply(Reply.json(HELLO))

    async def main() -> str:
        async with openai_sdk.AsyncOpenAI(base_url=server.url, api_key="k") as client:
            return (await Recommend(genre="fantasy").run_async(openai.call("m", client=client))).content

    assert asyncio.run(main()) == "hello"


def test_dynamic_config(server: Server) -> None:
    class Warm(Recommend):
        def dynamic_config(self) -> BaseDynamicConfig:
            return {"call_params": {"temperature": 1.5}}

    server.reply(Reply.json(HELLO))
    with openai_sdk.OpenAI(base_url=server.url, api_key="k") as client:
        Warm(genre="x").run(openai.call("m", client=client))
    assert server.request.json["temperature"] == 1.5


def test_no_template() -> None:
    class Bare(BasePrompt):
        pass

    with pytest.raises(PromptError, match="Bare has no template"):
        Bare().message_params()


def test_merged_decorators_are_applied_once_the_first_outermost(server: Server) -> None:
    server.reply(Reply.json(HELLO), Reply.json(HELLO))
    made: list[str] = []
    seen: list[str] = []

    def noting(name: str) -> Any:
        def decorate(function: Any) -> Any:
            made.append(name)

            @wraps(function)
            def call(*args: Any) -> Any:
                seen.append(name)
                return function(*args)

            return call

        return decorate

    with openai_sdk.OpenAI(base_url=server.url, api_key="k") as client:
        merged = merge_decorators(openai.call("m", client=client), noting("outer"), noting("inner"))

        @merged()
        def ask(question: str) -> str:
            """Ask."""
            return question

        assert ask("hi").content == ask("hi").content == "hello"
    assert made == ["inner", "outer"]
    assert seen == ["outer", "inner"] * 2
    assert (ask.__name__, ask.__doc__) == ("ask", "Ask.")


def test_a_prompts_own_methods_are_no_variables() -> None:
    @prompt_template("{genre} {copy}")
    class Shelf(BasePrompt):
        genre: str

    with pytest.raises(PromptError, match="unknown variable 'copy'"):
        str(Shelf(genre="fantasy"))
