"""`transport="direct"` with Mistral: what its SDK makes of payloads and responses, and which clients it must serve."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mistralai.client import Mistral, models
from mistralai.client.utils import BackoffStrategy, RetryConfig
from opentelemetry.trace import NoOpTracerProvider

from mirascope_like.core import BaseMessageParam, ServerError, mistral
from mirascope_like.core.mistral.direct import MistralCodec
from mirascope_like.scale import Done, Failed, Limits, amap
from tests.conformance.wires.answer import Answer, Text
from tests.harness.server import Reply, Server
from tests.scale.direct.rows import KEY, ROWS, arun, both, closed, in_order, run
from tests.scale.direct.test_direct import FAULTS, described

ROW = ROWS["mistral"]
HELLO = ROW.wire.answered(Answer(Text("Hello")))
USER = {"role": "user", "content": "Hi"}
SENT_BY_SDK = "the SDK sends the requests of mistral: "


@pytest.fixture
def reasons(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Why the SDK has sent requests."""
    caplog.set_level(logging.DEBUG, "mirascope_like.scale")
    return lambda: [one.removeprefix(SENT_BY_SDK) for one in caplog.messages if one.startswith(SENT_BY_SDK)]


def asking(client: Any, messages: list[Any], **params: Any) -> Any:
    @mistral.call("m", client=client, call_params=params)
    async def ask(text: str) -> Any:
        return messages

    return ask


CALLED = {
    "role": "assistant",
    "content": "",
    "tool_calls": [{"id": "abcdefghi", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
"""The SDK adds `"prefix": false`, and an index to the call."""
RESULT = {"role": "tool", "content": "found", "tool_call_id": "abcdefghi"}
SENT_DIRECTLY: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "a prefix": ([USER, {"role": "assistant", "content": "Once", "prefix": True}], {}),
    "rounds of tools": ([USER, CALLED, RESULT, CALLED, RESULT, USER], {}),
    "parts": ([{"role": "user", "content": [{"type": "text", "text": "É"}]}, CALLED, RESULT], {}),
    "thoughts": (
        [USER, {"role": "assistant", "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "a"}]}]}],
        {},
    ),
    "an image": (
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.b/c", "detail": "low"}}]}],
        {},
    ),
    "parameters": ([USER], {"temperature": 0.5, "seed": 7, "safe_prompt": True, "stop": ["a"], "top_p": None}),
    "a choice of tools": (
        [USER],
        {"tool_choice": {"type": "function", "function": {"name": "f"}}, "metadata": {"a": {"b": None}}},
    ),
    "a schema": (
        [USER],
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"default": None}}}},
    ),
}


@pytest.mark.parametrize(("messages", "params"), SENT_DIRECTLY.values(), ids=SENT_DIRECTLY)
def test_payloads_to_which_the_sdk_adds_nothing_but_defaults(messages: list[Any], params: dict[str, Any]) -> None:
    with Server().always(HELLO) as server:
        client = ROW.client(server)
        by_sdk, direct = both(asking(client, messages, **params), client)
        first, second = map(in_order, server.requests)
    assert second == first
    assert direct.value.response == by_sdk.value.response


CHANGED = {
    "an unknown field": ([{**USER, "name": "me"}], {}),
    "an unknown part": ([{"role": "user", "content": [{"type": "video", "video": "x"}]}], {}),
    "a text for a number": ([USER], {"max_tokens": "5"}),
    "a whole number for a truth": ([USER], {"safe_prompt": 1}),
}


@pytest.mark.parametrize(("messages", "params"), CHANGED.values(), ids=CHANGED)
def test_payloads_that_the_sdk_changes(
    messages: list[Any], params: dict[str, Any], reasons: Callable[[], list[str]]
) -> None:
    with Server().always(HELLO) as server:
        client = ROW.client(server)

        async def main() -> None:
            async with closed(client):
                for transport in ("sdk", "direct"):
                    (item,), sent = await arun(asking(client, messages, **params), transport=transport)
                    assert isinstance(item, Done), item.error
                    assert sent == 0

        asyncio.run(main())
        first, second = map(in_order, server.requests)
    assert second == first
    assert reasons() == ["the SDK changes the payload"]


def test_each_structure_of_messages_is_rehearsed() -> None:
    """The SDK changes the second request, and sends it; the others are sent directly."""
    with Server().always(HELLO) as server:
        client = ROW.client(server)

        @mistral.call("m", client=client)
        async def ask(text: str) -> Any:
            message = {"role": "user", "content": text}
            return [{**message, "name": "me"}] if text == "second" else [message]

        items, sent = run(ask, ["first", "second", "third"], client=client, limits=Limits(concurrency=1))
        bodies = [one.json for one in server.requests]
    assert [type(item) for item in items] == [Done] * 3
    assert sent == 2
    assert bodies[1]["messages"] == [{"role": "user", "content": "second"}]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"messages": [USER]}, {"messages": [USER, USER]}),
        ({"messages": [USER]}, {"messages": [{**USER, "role": "system"}]}),
        ({"messages": [{"role": "user", "content": "a"}]}, {"messages": [{"role": "user", "content": None}]}),
        ({"messages": [{"content": [{"type": "a", "x": ""}]}]}, {"messages": [{"content": [{"type": "b", "x": ""}]}]}),
        ({"messages": [{"content": ({"x": 1},)}]}, {"messages": [{"content": ({"x": True},)}]}),
        ({"metadata": {}}, {"metadata": []}),
        ({"n": 1}, {"n": 1.0}),
        ({"tool_choice": "any"}, {"tool_choice": "auto"}),
        ({"http_headers": {"a": "1"}}, {"http_headers": {"a": "2"}}),
        ({"timeout_ms": 1}, {"timeout_ms": 2}),
        ({"server_url": "http://a"}, {}),
    ],
)
def test_keys_of_routes_that_differ(one: dict[str, Any], other: dict[str, Any]) -> None:
    key = MistralCodec().key
    assert key(one) != key(other)
    assert key(one) == key(json.loads(json.dumps(one))) or "content" in str(one)


def test_texts_and_numbers_have_one_route() -> None:
    key = MistralCodec().key
    assert key({"model": "m", "messages": [USER], "random_seed": 1}) == key(
        {"model": "n", "messages": [{"role": "user", "content": "other"}], "random_seed": 2}
    )


def whole(**changes: Any) -> Reply:
    body: Any = ROW.wire.whole(Answer(Text("Hello")))
    return Reply.json({**body, **changes})


def whole_of(content: Any, finish_reason: str = "stop") -> Reply:
    message = {"role": "assistant", "content": content}
    return whole(choices=[{"index": 0, "finish_reason": finish_reason, "message": message}])


RESPONSES = {
    "unknown fields": whole(own={"a": 1}),
    "thoughts": whole_of(
        [{"type": "thinking", "thinking": [{"type": "text", "text": "x"}]}, {"type": "later", "a": 1}]
    ),
    "a part without a type": whole_of([{"a": 1}]),
    "a part with another type": whole_of([{"type": ["text"]}]),
    "an unknown finish reason": whole_of("Hello", finish_reason="tired"),
    "a deprecated model": HELLO.with_headers(**{"x-model-deprecation-timestamp": "2027-01-01"}),
    "another encoding": replace(whole(model="é"), headers={"content-type": "application/json; charset=latin-1"}),
    "UTF-8": replace(whole(model="é"), headers={"content-type": "application/json; charset=UTF-8"}),
    "half a character": Reply(
        (json.dumps({**ROW.wire.whole(Answer(Text("x"))), "model": "\ud800"}).encode(),),
        headers={"content-type": "application/json"},
    ),
    "a byte that is not UTF-8": Reply(
        (json.dumps(ROW.wire.whole(Answer(Text("xyz")))).encode().replace(b"xyz", b"\xff"),),
        headers={"content-type": "application/json"},
    ),
    "created": replace(HELLO, status=201),
    "no content type": replace(HELLO, headers={}),
}


@pytest.mark.parametrize("reply", RESPONSES.values(), ids=RESPONSES)
def test_responses_are_those_of_the_sdk(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    with Server().always(reply) as server:
        client = ROW.client(server)

        async def main() -> Any:
            found = []
            async with closed(client):
                for transport in ("sdk", "direct"):
                    caplog.clear()
                    (item,), sent = await arun(ROW.ask(client), transport=transport)
                    assert sent == (transport == "direct")
                    lines = [(one.name, one.getMessage()) for one in caplog.records if "mistralai" in one.name]
                    found.append((item, lines))
            return found

        (by_sdk, logged), (direct, logged_then) = asyncio.run(main())
    assert type(direct) is type(by_sdk)
    assert logged_then == logged
    if isinstance(direct, Failed):
        assert str(direct.error) == str(by_sdk.error)
        assert type(direct.error).__mro__ == type(by_sdk.error).__mro__
    else:
        assert direct.value.response == by_sdk.value.response


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_errors_of_sync_functions_are_those_of_the_sdk(fault: Reply) -> None:
    with Server().always(fault) as server:
        client = ROW.client(server)

        @mistral.call("m", client=client)
        def ask(text: str) -> str:
            return text

        by_sdk, direct = both(ask, client)
    assert isinstance(direct, Failed)
    assert described(direct.error) == described(by_sdk.error)


class Subclass(Mistral):
    pass


class Hook:
    def before_request(self, context: Any, request: Any) -> Any:
        request.headers["x-hook"] = "1"
        return request


class Watch:
    def after_success(self, context: Any, response: Any) -> Any:
        return response


class Log:
    def debug(self, msg: str, *args: Any, **kwargs: Any) -> None:
        pass


def changed(url: str, change: Callable[[Any], object]) -> Mistral:
    client = Mistral(api_key=KEY, server_url=url)
    change(client)
    return client


def hooked(client: Any) -> None:
    client.sdk_configuration._hooks.register_before_request_hook(Hook())


def watched(client: Any) -> None:
    client.sdk_configuration._hooks.register_after_success_hook(Watch())


def with_event_hook(client: Any) -> None:
    async def hook(request: Any) -> None:
        request.headers["x-hook"] = "1"

    client.sdk_configuration.async_client.event_hooks = {"request": [hook]}


def with_header(client: Any) -> None:
    client.sdk_configuration.async_client.headers["x-mine"] = "1"


def patched(*path: str) -> Callable[[Any], None]:
    def patch(client: Any) -> None:
        for name in path[:-1]:
            client = getattr(client, name)
        own = getattr(client, path[-1])

        async def traced(*args: Any, **options: Any) -> Any:
            return await own(*args, **options)

        setattr(client, path[-1], traced)

    return patch


def recording(client: Any) -> None:
    (hook,) = [one for one in client.sdk_configuration._hooks.before_request_hooks if hasattr(one, "tracer_provider")]
    hook.tracer_provider = NoOpTracerProvider()


PATCHED = "a patched client, or one with hooks"
OTHERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "a subclass": (lambda url: Subclass(api_key=KEY, server_url=url), "a client of the class Subclass"),
    "a key from a function": (
        lambda url: Mistral(api_key=lambda: KEY, server_url=url),
        "a client whose keys or headers change with each request",
    ),
    "an HTTP client": (
        lambda url: Mistral(api_key=KEY, server_url=url, async_client=httpx2.AsyncClient()),
        "an HTTP client of the user",
    ),
    "another sync HTTP client": (
        lambda url: Mistral(api_key=KEY, server_url=url, client=httpx2.Client()),
        "an HTTP client of the user",
    ),
    "a logger": (lambda url: Mistral(api_key=KEY, server_url=url, debug_logger=Log()), "a client with a logger"),
    "hooks": (lambda url: changed(url, hooked), PATCHED),
    "hooks of responses": (lambda url: changed(url, watched), PATCHED),
    "event hooks": (lambda url: changed(url, with_event_hook), "an HTTP client with event hooks"),
    "headers": (lambda url: changed(url, with_header), "an HTTP client with settings"),
    "a patched method": (lambda url: changed(url, patched("chat", "complete_async")), PATCHED),
    "a patched way to send": (lambda url: changed(url, patched("chat", "do_request_async")), PATCHED),
    "a patched HTTP client": (
        lambda url: changed(url, patched("sdk_configuration", "async_client", "send")),
        "httpx2 is patched",
    ),
    "spans": (lambda url: changed(url, recording), "a client that records spans"),
    "a URL with a user": (
        lambda url: Mistral(api_key=KEY, server_url=url.replace("//", "//me:you@")),
        "a URL with a user",
    ),
}


@pytest.mark.parametrize(("make", "reason"), OTHERS.values(), ids=OTHERS)
def test_what_the_sdk_sends(make: Callable[[str], Any], reason: str, reasons: Callable[[], list[str]]) -> None:
    with Server().always(HELLO) as server:
        client = make(server.url)
        items, sent = run(ROW.ask(client), ["a", "b"], client=client)
    assert [item.value.content for item in items] == ["Hello"] * 2
    assert sent == 0
    assert reasons() == [reason]


def test_a_token_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reasons: Callable[[], list[str]]) -> None:
    """It may change with each request."""
    file = tmp_path / "token"
    monkeypatch.delenv("MISTRAL_API_KEY", raising=False)
    monkeypatch.setenv("MISTRAL_SA_TOKEN_PATH", str(file))
    with Server().always(HELLO) as server:
        client = Mistral(server_url=server.url)

        @mistral.call("m", client=client)
        async def ask(text: str) -> str:
            file.write_text(text)
            return text

        _, sent = run(ask, ["a", "b"], client=client, limits=Limits(concurrency=1))
        assert [one.headers["authorization"] for one in server.requests] == ["Bearer a", "Bearer b"]
    assert sent == 0
    assert reasons() == ["a client whose keys or headers change with each request"]


@pytest.mark.parametrize("wanted", ["global", "no such setting"])
def test_telemetry_of_the_environment(
    wanted: str, monkeypatch: pytest.MonkeyPatch, reasons: Callable[[], list[str]]
) -> None:
    monkeypatch.setenv("MISTRAL_SDK_TELEMETRY", wanted)
    with Server().always(HELLO) as server:
        client = ROW.client(server)
        _, sent = run(ROW.ask(client), client=client)
    assert sent == 0
    assert reasons() == ["a client that records spans"]


def test_a_closed_client(reasons: Callable[[], list[str]]) -> None:
    with Server().always(HELLO) as server:
        errors = list[Any]()
        for transport in ("sdk", "direct"):
            client = ROW.client(server)
            asyncio.run(_close(client))
            (item,), sent = run(ROW.ask(client), transport=transport)
            errors.append(item.error)
            assert sent == len(server.requests) == 0
    assert str(errors[0]) == str(errors[1])
    assert reasons() == ["a client that was closed"]


async def _close(client: Any) -> None:
    async with closed(client):
        pass


def rekey(client: Any, text: str) -> None:
    client.sdk_configuration.security = models.Security(api_key=text)


def rekey_in_place(client: Any, text: str) -> None:
    client.sdk_configuration.security.api_key = text


@pytest.mark.parametrize("change", [rekey, rekey_in_place])
def test_keys_that_change(change: Callable[[Any, str], None]) -> None:
    with Server().always(HELLO) as server:
        client = ROW.client(server)

        @mistral.call("m", client=client)
        async def ask(text: str) -> str:
            change(client, text)
            return text

        _, sent = run(ask, ["a", "b"], client=client, limits=Limits(concurrency=1))
        assert [one.headers["authorization"] for one in server.requests] == ["Bearer a", "Bearer b"]
    assert sent == 2


def test_a_key_of_the_environment_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client without a key reads it for each request."""
    with Server().always(HELLO) as server:
        client = Mistral(server_url=server.url)

        @mistral.call("m", client=client)
        async def ask(text: str) -> str:
            monkeypatch.setenv("MISTRAL_API_KEY", text[0])
            return text

        _, sent = run(ask, ["a", "a2", "b"], client=client, limits=Limits(concurrency=1))
        assert [one.headers["authorization"][-1] for one in server.requests] == ["a", "a", "b"]
    assert sent == 3


@pytest.mark.parametrize("change", [hooked, watched, recording])
def test_hooks_that_are_added_during_a_run(change: Callable[[Any], None]) -> None:
    with Server().always(HELLO) as server:
        client = ROW.client(server)

        async def main() -> int:
            ended = asyncio.Event()

            async def one_after_another() -> AsyncGenerator[str]:
                yield "first"
                await ended.wait()
                change(client)
                yield "second"

            made = amap(ROW.ask(client), one_after_another(), transport="direct", attempts=1)
            async with closed(client):
                async for item in made:
                    assert isinstance(item, Done), item
                    ended.set()
            return made.counts.direct

        assert asyncio.run(main()) == 1
        assert len(server.requests) == 2


@pytest.mark.parametrize("asynchronous", [True, False])
def test_the_default_client(asynchronous: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server().always(HELLO) as server:
        monkeypatch.setenv("MISTRAL_API_KEY", KEY)
        made = mistral.call("m", call_params={"server_url": server.url})

        @made
        def ask_sync(text: str) -> str:
            return text

        @made
        async def ask(text: str) -> str:
            return text

        assert run(ask if asynchronous else ask_sync)[1] == 1
        assert server.request.headers["authorization"] == f"Bearer {KEY}"


def test_the_retries_of_the_client_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by sending again, nor when the SDK makes its error of the response."""

    def retry(*args: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr("mistralai.client.utils.retry", retry)
    backoff = RetryConfig("backoff", BackoffStrategy(1, 2, 1.0, 60_000), True)
    with Server(Reply.error(500)).always(HELLO) as server:
        client = ROW.client(server, retry_config=backoff)
        (item,), sent = run(ROW.ask(client), client=client)
        assert len(server.requests) == 1
    assert sent == 1
    assert isinstance(item.error, ServerError)


def test_after_a_stream_the_client_is_sent_directly_too() -> None:
    """A stream leaves an event hook of this library on its HTTP client."""
    with Server(ROW.wire.streamed(Answer(Text("Hello")))).always(HELLO) as server:
        client = ROW.client(server)

        async def main() -> None:
            @mistral.call("m", client=client, stream=True)
            async def stream(text: str) -> str:
                return text

            async with closed(client):
                assert (await (await stream("Hi")).collect()).content == "Hello"
                _, sent = await arun(ROW.ask(client))
                assert sent == 1

        asyncio.run(main())


def test_messages_in_the_common_form() -> None:
    messages = [BaseMessageParam(role="user", content="One"), BaseMessageParam(role="assistant", content="1"), USER]
    with Server().always(HELLO) as server:
        client = ROW.client(server)
        both(asking(client, messages), client)
        first, second = map(in_order, server.requests)
    assert second == first
    assert second.json["messages"][1] == {"role": "assistant", "content": "1", "prefix": False}
