"""The script: which reply answers which request, and what is reported when they do not fit."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from importlib import import_module
from threading import Thread
from typing import Any

import pytest

from mirascope_like.core import BaseMessageParam, anthropic, openai
from mirascope_like.core.base.provider import PRESENT, Opening
from mirascope_like.core.dialects.transport.network import Abandoned
from mirascope_like.testing import (
    FakeModel,
    FakeRequest,
    ReplyError,
    ReplyLike,
    UnscriptedRequestError,
    UnusedRepliesError,
    error,
    fake,
    raw,
    reply,
    tool,
)


@openai.call("gpt-4o-mini")
def ask(prompt: str) -> str:
    return prompt


@openai.call("gpt-4o-mini")
async def aask(prompt: str) -> str:
    return prompt


@anthropic.call("claude-sonnet-5", call_params={"temperature": 0.5})
def claude(prompt: str) -> list[BaseMessageParam]:
    return [BaseMessageParam(role="system", content="Be brief."), BaseMessageParam(role="user", content=prompt)]


def test_the_error_explains_that_the_sdk_repeats_requests() -> None:
    with fake(error(429)) as model:
        with pytest.raises(UnscriptedRequestError) as raised:
            ask("Hello")
        model.forgive()
    assert str(raised.value) == (
        "the fake model has no reply left for request 2. The requests:\n"
        "  1. openai gpt-4o-mini: 'Hello'\n"
        "  2. openai gpt-4o-mini: 'Hello'\n"
        "The last reply was error(429), after which the SDK may have repeated its request: script "
        "error(429, times=...) for all attempts, or what the repeated request receives."
    )


def test_a_program_that_suppresses_every_error_fails_all_the_same() -> None:
    with pytest.raises(UnscriptedRequestError, match="no reply left for request 1"):  # noqa: PT012, SIM117
        with fake():
            with suppress(BaseException):
                ask("Hello")


def test_an_error_in_a_function_is_raised_and_not_taken_for_a_lost_connection() -> None:
    def check(request: FakeRequest) -> ReplyLike:
        assert request.text == "expected", "another prompt"
        return "Hi"

    model = fake(check)
    model.__enter__()
    with suppress(BaseException):
        ask("Hello")
    assert len(model.requests) == 1
    with pytest.raises(
        ReplyError, match=r"^cannot reply to request 1 \(openai .*'Hello'\): .*another prompt"
    ) as raised:
        model.__exit__(None, None, None)
    assert isinstance(raised.value.__cause__, AssertionError)


def test_a_function_that_returns_no_reply() -> None:
    with pytest.raises(ReplyError, match="7 is not a reply"), fake(lambda _: 7):  # type: ignore[arg-type, return-value]
        ask("Hello")


def test_an_exception_is_not_replaced_by_that_of_unused_replies() -> None:
    with pytest.raises(ZeroDivisionError), fake("unused"):
        _ = 1 / 0


def test_a_value_that_is_not_a_reply() -> None:
    with pytest.raises(TypeError, match=r"^7 is not a reply: give a text, tool\(...\), a Pydantic model"):
        fake(7)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^7 is not a part of a reply: give a text"):
        reply(7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "named"), [(('{"a": 1}',), {"b": 2}), (({"a": 1}, "{}"), {}), ((7,), {}), ((None,), {"a": 1})]
)
def test_values_that_are_not_arguments(arguments: Any, named: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="as JSON text, or as a mapping and by name, not"):
        tool("add", *arguments, **named)


def test_a_model_is_entered_once() -> None:
    with fake() as model:
        pass
    with pytest.raises(RuntimeError, match="a fake model can be entered once"), model:
        pass


def test_replies_are_added_in_the_block() -> None:
    with fake("one") as model:
        assert ask("a").content == "one"
        model.add("two", error(500))
        assert ask("b").content == "two"
        assert model.unused == ["error(500)"]
        model.add("three")
        assert ask("c").content == "three"  # OpenAI's SDK repeats a request after 500


def test_requests_are_decoded() -> None:
    with fake("Hi") as model:
        claude("Hello")
    request = model.request
    assert (request.provider, request.model) == ("anthropic", "claude-sonnet-5")
    assert request["messages"] == request.messages == [{"role": "user", "content": "Hello"}]
    assert request.text == "Hello"
    assert request.settings == {"temperature": 0.5, "max_tokens": 1024}
    assert str(request) == "anthropic claude-sonnet-5: 'Hello'"
    assert "x-api-key" not in request.headers
    assert request.headers["anthropic-version"]
    assert request.url == "https://api.anthropic.com/v1/messages"


def test_the_program_has_the_ids_and_the_usage_of_the_script() -> None:
    with fake(reply("Hi", id="resp_7", model="gpt-4o-mini-2024-07-18", usage=(11, 12), finish="length")):
        response = ask("Hello")
    assert (response.id, response.model) == ("resp_7", "gpt-4o-mini-2024-07-18")
    assert response.usage is not None
    assert (response.usage.prompt_tokens, response.usage.completion_tokens) == (11, 12)
    assert response.finish_reasons == ["length"]


def test_arguments_that_are_no_json() -> None:
    @openai.call("gpt-4o-mini", stream=True, tools=[add])
    def stream(prompt: str) -> str:
        return prompt

    with fake(tool("add", '{"a": 1, ')):
        (found,) = [one for _, one in stream("x") if one is not None]
    assert found.error is not None


def add(a: int, b: int = 0) -> int:
    """Add."""
    return a + b


def test_a_response_in_the_provider_s_own_form() -> None:
    whole = {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "raw"}}],
    }
    with fake(raw(whole), raw({"error": {"message": "gone"}}, 410)):
        assert ask("a").content == "raw"
        with pytest.raises(Exception, match="gone"):
            ask("b")


def test_threads_are_answered() -> None:
    with fake(*"abcdefgh") as model, ThreadPoolExecutor(4) as pool:
        found = sorted(response.content for response in pool.map(ask, "12345678"))
    assert found == list("abcdefgh")
    assert sorted(request.text for request in model.requests) == list("12345678")
    assert sorted(request.number for request in model.requests) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_tasks_side_by_side_keep_their_own_models() -> None:
    async def one(name: str) -> tuple[str, list[str]]:
        async with fake(f"{name} 1", f"{name} 2") as model:
            first = await aask(name)
            await asyncio.sleep(0)
            second = await asyncio.to_thread(ask, name)
        return f"{first.content}, {second.content}", [request.text for request in model.requests]

    async def main() -> Any:
        return await asyncio.gather(*map(one, ("a", "b", "c")))

    assert asyncio.run(main()) == [(f"{name} 1, {name} 2", [name, name]) for name in ("a", "b", "c")]


def test_an_inner_model_answers_first() -> None:
    with fake("outer") as outer:
        with fake("inner"):
            assert ask("x").content == "inner"
        assert ask("y").content == "outer"
    assert len(outer.requests) == 1


def test_the_function_may_keep_the_last_request() -> None:
    model = FakeModel(lambda request: f"{request.number}: {request.system} {request.text}")
    with model:
        assert claude("Hi").content == "1: Be brief. Hi"
    assert model.unused == []


def test_unused_replies_are_shown_short() -> None:
    model = fake("x" * 200)
    model.__enter__()
    with pytest.raises(UnusedRepliesError) as raised:
        model.__exit__(None, None, None)
    assert str(raised.value) == f"1 reply was not used after 0 requests:\n  '{'x' * 76}..."


@pytest.mark.filterwarnings("ignore::FutureWarning")  # the retired SDK says that it is retired, when it is imported
def test_blocks_that_overlap_restore_the_state_of_the_retired_sdk() -> None:
    client: Any = import_module("google.generativeai.client")
    before, outer, inner = client._client_manager, fake(), fake()
    outer.__enter__()
    inner.__enter__()
    assert client._client_manager is not before
    outer.__exit__(None, None, None)
    assert client._client_manager is not before
    inner.__exit__(None, None, None)
    assert client._client_manager is before


def test_a_request_that_nobody_waits_for_is_not_answered() -> None:
    """A deadline passed before a busy machine sent the request: the next test must not receive it."""
    opening = Opening()
    opening.cut()

    def send() -> None:
        PRESENT.set(opening)
        with pytest.raises(Abandoned):
            ask("left")
        left.append(True)

    left: list[bool] = []
    with fake("Hi") as model:
        worker = Thread(target=copy_context().run, args=(send,))
        worker.start()
        worker.join()
        assert left == [True]
        assert ask("one").content == "Hi"
    assert [request.text for request in model.requests] == ["one"]
