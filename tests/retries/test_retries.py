"""Another provider after an error, and the errors of an attempt in the arguments of the next."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import openai as openai_sdk
import pytest
from tenacity import retry, stop_after_attempt

from mirascope_like import llm
from mirascope_like.core import (
    AuthenticationError,
    ConfigurationError,
    RateLimitError,
    ServerError,
    StreamInterruptedError,
    openai,
)
from mirascope_like.integrations import middleware_factory
from mirascope_like.integrations.otel import with_otel
from mirascope_like.retries import Fallback, FallbackError, fallback
from mirascope_like.retries.tenacity import collect_errors
from tests.harness.server import Reply, Request, Server

FALLBACKS: list[Fallback] = [{"catch": (RateLimitError, ServerError), "model": "two"}]
LIMITED = Reply.error(429, retry_after="0", x_should_retry="false")
BROKEN = Reply.error(500, x_should_retry="false")


def completion(text: str) -> Reply:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    return Reply.json({"id": "c", "object": "chat.completion", "created": 1, "model": "gpt", "choices": [choice]})


def event(content: str, finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt", "choices": [choice]}


STREAMED = Reply.chat(event("Hel"), event("lo", "stop"))


@pytest.fixture(autouse=True)
def openai_here(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)


@fallback(RateLimitError, FALLBACKS)
@llm.call(provider="openai", model="one")
def ask() -> str:
    return "hi"


@fallback(RateLimitError, FALLBACKS)
@llm.call(provider="openai", model="one")
async def aask() -> str:
    return "hi"


@fallback(RateLimitError, FALLBACKS)
@llm.call(provider="openai", model="one", stream=True)
def stream() -> str:
    return "hi"


@fallback(RateLimitError, FALLBACKS)
@llm.call(provider="openai", model="one", stream=True)
async def astream() -> str:
    return "hi"


def models(server: Server) -> list[str]:
    return [request.json["model"] for request in server.requests]


def test_the_first_is_enough(server: Server) -> None:
    server.reply(completion("one"))
    assert ask().content == "one"
    assert models(server) == ["one"]


def test_the_next_is_called_after_an_error_to_catch(server: Server) -> None:
    server.reply(LIMITED, completion("two"))
    response = ask()
    assert response.content == "two"
    assert models(server) == ["one", "two"]
    assert [type(error).__name__ for error in response._caught] == ["RateLimitError"]  # type: ignore[attr-defined]


def test_async(server: Server) -> None:
    server.reply(LIMITED, completion("two"))
    assert asyncio.run(aask()).content == "two"  # type: ignore[arg-type]
    assert models(server) == ["one", "two"]


def test_what_is_called_next_goes_before_what_was_overridden(server: Server) -> None:
    call = llm.override(llm.call(provider="openai", model="one")(lambda: "hi"), model="own", call_params={"seed": 1})
    server.reply(LIMITED, completion("two"))
    assert fallback(RateLimitError, FALLBACKS)(call)().content == "two"
    assert models(server) == ["own", "two"]
    assert server.request.json["seed"] == 1


def test_a_fallback_names_the_errors_that_it_catches() -> None:
    nothing: Any = [{"provider": "anthropic", "model": "two"}]
    with pytest.raises(ConfigurationError, match='"catch"'):
        fallback(RateLimitError, nothing)


def test_another_error_goes_through(server: Server) -> None:
    server.reply(Reply.error(401))
    with pytest.raises(AuthenticationError):
        ask()
    assert models(server) == ["one"]


def test_when_all_fail(server: Server) -> None:
    server.reply(LIMITED, BROKEN)
    with pytest.raises(FallbackError) as caught:
        ask()
    assert [type(error).__name__ for error in caught.value.errors] == ["RateLimitError", "ServerError"]
    assert caught.value.__cause__ is caught.value.errors[-1]


def test_a_stream_falls_back_before_its_first_event(server: Server) -> None:
    server.reply(LIMITED, STREAMED)
    streamed = stream()
    assert [chunk.content for chunk, _ in streamed] == ["Hel", "lo"]
    assert models(server) == ["one", "two"]
    assert streamed.construct_call_response().content == "Hello"


def test_an_async_stream_falls_back_before_its_first_event(server: Server) -> None:
    server.reply(LIMITED, STREAMED)

    async def main() -> list[str]:
        return [chunk.content async for chunk, _ in astream()]

    assert asyncio.run(main()) == ["Hel", "lo"]
    assert models(server) == ["one", "two"]


def test_a_stream_that_has_begun_does_not_fall_back(server: Server) -> None:
    server.reply(Reply.sse(event("Hel"), {"error": {"message": "slow down", "type": "rate_limit_exceeded"}}))
    streamed = stream()
    assert next(streamed)[0].content == "Hel"
    with pytest.raises(StreamInterruptedError) as caught:
        next(streamed)
    assert isinstance(caught.value, RateLimitError)
    assert models(server) == ["one"]


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_the_error_of_a_structured_stream_names_the_fallback_option(asynchronous: bool) -> None:
    decorated = llm.call(provider="openai", model="one", stream=True, response_model=list[str])

    async def aprompt() -> str:
        return "hi"

    made: Any = decorated(aprompt if asynchronous else (lambda: "hi"))
    with pytest.raises(ConfigurationError, match="fallback="):
        fallback(RateLimitError, FALLBACKS)(made)()


def test_a_structured_stream_falls_back_by_its_call(server: Server) -> None:
    names = ('["a"', ', "b"]')

    @llm.call(
        provider="openai", model="one", stream=True, response_model=list[str], json_mode=True, fallback=["openai:two"]
    )
    def tags() -> str:
        return "hi"

    server.reply(LIMITED, Reply.chat(event('{"value": ' + names[0]), event(names[1] + "}", "stop")))
    assert list(tags())[-1] == ["a", "b"]
    assert models(server) == ["one", "two"]


def test_a_stream_when_all_fail(server: Server) -> None:
    server.reply(LIMITED, BROKEN)
    with pytest.raises(FallbackError):
        list(stream())


def test_collected_errors_are_given_to_the_next_try(server: Server) -> None:
    server.reply(BROKEN, LIMITED, completion("done"))
    given: list[list[str]] = []

    @retry(stop=stop_after_attempt(3), after=collect_errors(openai_sdk.APIError))
    @openai.call("one")
    def ask(question: str, *, errors: list[Exception] | None = None) -> str:
        given.append([type(error).__name__ for error in errors or ()])
        return question

    assert ask("hi").content == "done"
    # Both are subclasses of the class to collect.
    assert given == [[], ["ServerError"], ["ServerError", "RateLimitError"]]


def test_other_errors_are_not_collected(server: Server) -> None:
    server.reply(BROKEN, completion("done"))
    given: list[Any] = []

    @retry(stop=stop_after_attempt(2), after=collect_errors(ValueError))
    @openai.call("one")
    def ask(*, errors: list[Exception] | None = None) -> str:
        given.append(errors)
        return "hi"

    assert ask().content == "done"
    assert given == [None, None]


def test_collected_errors_are_given_to_the_next_async_try(server: Server) -> None:
    server.reply(BROKEN, LIMITED, completion("done"))
    given: list[list[str]] = []

    @retry(stop=stop_after_attempt(3), after=collect_errors(openai_sdk.APIError))
    @openai.call("one")
    async def ask(question: str, *, errors: list[Exception] | None = None) -> str:
        given.append([type(error).__name__ for error in errors or ()])
        return question

    async def main() -> str:
        return (await ask("hi")).content

    assert asyncio.run(main()) == "done"
    assert given == [[], ["ServerError"], ["ServerError", "RateLimitError"]]


AROUND: dict[str, Any] = {
    "call": lambda call: call,
    "override": lambda call: llm.override(call, model="one"),
    "fallback": fallback(RateLimitError, FALLBACKS),
    "middleware": middleware_factory(),
    "otel": with_otel(),
    "all": lambda call: with_otel()(fallback(RateLimitError, FALLBACKS)(llm.override(call, model="one"))),
}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
def test_tenacity_tries_an_async_call_again(server: Server, around: Any) -> None:
    server.reply(BROKEN, completion("done"))
    call: Any = around(llm.call(provider="openai", model="one")(prompt))
    assert inspect.iscoroutinefunction(call)
    asked = retry(stop=stop_after_attempt(2))(call)
    assert asyncio.run(asked("hi")).content == "done"
    assert models(server) == ["one", "one"]
    assert (asked.__name__, inspect.unwrap(asked)) == ("prompt", prompt)


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
def test_an_async_stream_need_not_be_awaited(server: Server, around: Any) -> None:
    server.reply(STREAMED, STREAMED)
    call: Any = around(llm.call(provider="openai", model="one", stream=True)(prompt))
    assert not inspect.iscoroutinefunction(call)

    async def main() -> list[list[str]]:
        return [[chunk.content async for chunk, _ in one] for one in (call("hi"), await call("hi"))]

    assert asyncio.run(main()) == [["Hel", "lo"], ["Hel", "lo"]]


async def prompt(question: str) -> str:
    return question


def test_the_same_function_may_be_called_again(server: Server) -> None:
    def answer(request: Request) -> Reply:
        return LIMITED if request.json["model"] == "one" else completion("two")

    server.reply_with(answer)
    assert [ask().content, ask().content] == ["two", "two"]
    assert models(server) == ["one", "two", "one", "two"]


@fallback(RateLimitError, [{"catch": RateLimitError, "model": "two"}])
@llm.call(provider="openai", model="one", stream=True)
def limited() -> str:
    return "hi"


@llm.call(provider="openai", model="one", stream=True, fallback=[llm.override(limited, model="two")])
def led() -> str:
    return "hi"


@pytest.mark.parametrize("call", [limited, led], ids=["retries.fallback", "fallback="])
def test_the_settings_of_a_streams_fallback_are_those_of_its_call(call: Any, server: Server) -> None:
    server.reply(LIMITED, STREAMED, STREAMED)
    with llm.context(call_params={"max_tokens": 7}):
        stream = call()
    with llm.context(provider="anthropic", model="late", call_params={"max_tokens": 9}):
        stream.collect()
    assert [(one.json["model"], one.json["max_tokens"]) for one in server.requests] == [("one", 7), ("two", 7)]
    llm.call(provider="openai", model="three", stream=True)(lambda: "hi")().collect()
    assert "max_tokens" not in server.request.json
