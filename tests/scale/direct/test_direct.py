"""`transport="direct"` against the SDK itself: the same requests, responses and errors over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import Any

import anthropic as anthropic_sdk
import mistralai.client as mistral_sdk
import openai as openai_sdk
import pytest

from mirascope_like import budget
from mirascope_like.core import (
    ConfigurationError,
    RequestTimeoutError,
    cohere,
    hosts,
    openai,
)
from mirascope_like.core.base.errors import MissingSDKError
from mirascope_like.scale import Done, Failed, Limits, amap, map_calls, options
from mirascope_like.scale import run as scale_run
from mirascope_like.scale.limits import LocalLimiter
from mirascope_like.testing import block_requests, fake, record, replay
from tests.conformance.wires.answer import Answer, Text
from tests.harness.raw_server import CLOSE, RESET, RawServer
from tests.harness.server import CloseEarly, Reply, Reset, Server, Stall
from tests.scale.direct.rows import (
    BASE,
    EACH,
    FAMILIES,
    KEY,
    ROWS,
    Row,
    aboth,
    arun,
    both,
    closed,
    compared,
    in_order,
    run,
)


@EACH
@pytest.mark.parametrize("asynchronous", [True, False], ids=["async", "sync"])
def test_requests_and_responses_are_those_of_the_sdk(row: Row, asynchronous: bool) -> None:
    reply = row.wire.answered(Answer(Text("Hello"))).with_headers(**{"x-request-id": "r1"})
    with Server().always(reply) as server, asyncio.Runner() as runner:
        client = row.client(server, asynchronous=asynchronous, **row.settings)
        common = {"temperature": 0.5, "max_tokens": 100}
        for given in ({}, {"call_params": row.params}, {"call_params": common}):
            made = row.ask(client, **given) if asynchronous else _sync(row, client, **given)
            by_sdk, direct = runner.run(aboth(made))
            assert direct.__class__ is Done
            first, second = compared(server)
            if row.sdk in (anthropic_sdk, mistral_sdk):  # these have another order of the fields
                first, second = in_order(first), in_order(second)
            assert second == first
            assert direct.value.response == by_sdk.value.response
            assert type(direct.value.response) is type(by_sdk.value.response)
            if row.sdk is not mistral_sdk:
                assert direct.value.response._request_id == by_sdk.value.response._request_id == "r1"
            assert (direct.cost, direct.usage, direct.key) == (by_sdk.cost, by_sdk.usage, by_sdk.key)
        runner.run(_close(client))


async def _close(client: Any) -> None:
    async with closed(client):
        pass


def _sync(row: Row, client: Any, **given: Any) -> Any:
    @row.call("gpt-4o-mini", client=client, **given)
    def ask(text: str) -> str:
        return text

    return ask


def described(error: Any) -> dict[str, Any]:
    """What a program can see of an error of an SDK."""
    response: Any = getattr(error, "response", None)
    request: Any = getattr(error, "request", None)
    cause = error.__cause__
    return {
        "class": type(error).__mro__,
        "text": str(error),
        "status": getattr(error, "status_code", None),
        "body": getattr(error, "body", None),
        "code": getattr(error, "code", None),
        "retry after": getattr(error, "retry_after", None),
        "request": request and (request.method, str(request.url), sorted(request.headers.items())),
        "response": response is not None and (response.status_code, response.content, response.headers.get("x-a")),
        "cause": type(cause),
        "notes": getattr(error, "__notes__", []),
    }


FAULTS = {
    "400": Reply.error(400, "bad", x_a="b"),
    "401": Reply.error(401),
    "403": Reply.error(403),
    "404": Reply.error(404),
    "no credit": Reply.json({"error": {"message": "no credit", "code": "insufficient_quota", "type": "x"}}, 429),
    "500": Reply.error(500, retry_after="1"),
    "529": Reply.json({"type": "error", "error": {"type": "overloaded_error", "message": "x"}}, 529),
    "html error": Reply((b"<html>bad gateway</html>",), 502, {"content-type": "text/html"}),
    "empty error": Reply((), 503, framing="length"),
    "an error with status 200": Reply.json({"error": {"message": "overloaded", "code": 503}}),
    "no JSON": Reply((b"{not json",), headers={"content-type": "application/json"}),
    "html": Reply((b"<html>login</html>",), headers={"content-type": "text/html"}),
    "empty": Reply((), framing="length"),
    "no response": Reply.json({"object": "something else"}),
    "wrong compression": Reply((b"not gzip",), headers={"content-encoding": "gzip"}),
}


@EACH
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_errors_are_those_of_the_sdk(row: Row, fault: Reply) -> None:
    with Server().always(fault) as server:
        client = row.client(server)
        by_sdk, direct = both(row.ask(client), client)
    assert isinstance(direct, Failed)
    assert described(direct.error) == described(by_sdk.error)


BROKEN = {
    "cut at once": Reply((CloseEarly(),)),
    "cut in the body": Reply((b'{"id": ', CloseEarly(), b"1}"), framing="length"),
    "cut in a chunk": Reply((b'{"id": ', CloseEarly())),
    "reset": Reply((b'{"id": ', Reset(), b"1}"), framing="length"),
    "no answer": Reply((Stall(),)),
    "no end": Reply((b'{"id": ', Stall())),
}


@EACH
@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
def test_broken_connections(row: Row, fault: Reply) -> None:
    _check_broken(row, fault, asynchronous=True)


@FAMILIES
@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
def test_broken_connections_of_sync_functions(row: Row, fault: Reply) -> None:
    _check_broken(row, fault, asynchronous=False)


@FAMILIES
@pytest.mark.parametrize("asynchronous", [True, False], ids=["async", "sync"])
@pytest.mark.parametrize(
    "script", [(CLOSE,), (RESET,), (b"HTTP/1.1 200 OK\r\ncontent-le", CLOSE), (b"no HTTP\r\n\r\n", CLOSE)]
)
def test_connections_that_break_before_a_response(row: Row, asynchronous: bool, script: Any) -> None:
    items: list[Any] = []
    for transport in ("sdk", "direct"):
        with RawServer(*script) as server:
            client = row.at(server.url, asynchronous=asynchronous)
            ask = row.ask(client) if asynchronous else _sync(row, client)
            (item,), _ = run(ask, client=client, transport=transport)
            items.append(item)
            assert len(server.requests) == 1
    by_sdk, direct = items
    assert type(direct.error).__mro__ == type(by_sdk.error).__mro__
    assert type(direct.error.__cause__) is type(by_sdk.error.__cause__)
    if script[0] != b"no HTTP\r\n\r\n":  # each library names the fault in its own words
        assert str(direct.error) == str(by_sdk.error)
        assert str(direct.error.__cause__) == str(by_sdk.error.__cause__)


def _check_broken(row: Row, fault: Reply, *, asynchronous: bool) -> None:
    """The SDK's classes, with the error of its HTTP library as the cause, and that of aiohttp behind it."""
    with Server().always(fault) as server:
        timeout = row.timeout(0.2 if Stall() in fault.pieces else 60)
        client = row.client(server, asynchronous=asynchronous, **timeout)
        ask = row.ask(client) if asynchronous else _sync(row, client)
        with asyncio.Runner() as runner:
            (by_sdk,), _ = runner.run(arun(ask, transport="sdk"))
            (direct,), _ = runner.run(arun(ask))
            runner.run(_close(client))
    assert type(direct.error).__mro__ == type(by_sdk.error).__mro__
    assert str(direct.error) == str(by_sdk.error)
    if row.sdk is not mistral_sdk or Stall() not in fault.pieces:  # its time limit is that of connecting, too
        assert type(direct.error.__cause__) is type(by_sdk.error.__cause__)
    assert str(direct.error.__cause__) == str(by_sdk.error.__cause__)
    assert direct.error.__cause__.__cause__.__class__.__module__.startswith("aiohttp")
    assert KEY not in repr(described(direct.error))


@FAMILIES
@pytest.mark.parametrize("asynchronous", [True, False], ids=["async", "sync"])
def test_a_server_that_cannot_be_reached(row: Row, asynchronous: bool) -> None:
    server = Server()
    server.close()
    items: list[Any] = []
    for transport in ("sdk", "direct"):
        client = row.client(server, asynchronous=asynchronous)
        ask = row.ask(client) if asynchronous else _sync(row, client)
        (item,), sent = run(ask, client=client, transport=transport)
        assert sent == 0
        items.append(item)
    by_sdk, direct = items
    assert described(direct.error) == described(by_sdk.error)


@FAMILIES
def test_retries_and_refusals_are_those_of_the_map(row: Row) -> None:
    """A rate limit does not count as an attempt, another error does. Limits in headers of responses are read."""
    good = row.wire.answered(Answer(Text("Hello"))).with_headers(**{"x-ratelimit-limit-requests": "6000"})
    with Server(Reply.error(429, retry_after="0"), Reply.error(500, retry_after="0")).always(good) as server:
        client = row.client(server, asynchronous=False)
        made: Any = map_calls(_sync(row, client), ["a"], transport="direct")
        (item,) = made.results()
        asyncio.run(_close(client))
        assert len(server.requests) == 3
    assert (item.attempts, made.counts.refused, made.counts.direct) == (2, 1, 3)
    assert item.value.content == "Hello"


def test_a_refused_parameter_is_renamed_and_sent_again() -> None:
    refused = Reply.error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
    with Server(refused).always(BASE.wire.answered(Answer(Text("Hello")))) as server:
        client = BASE.client(server)
        (item,), sent = run(BASE.ask(client, call_params={"max_tokens": 9}), client=client)
        assert [sorted(one.json) for one in server.requests] == [
            ["max_tokens", "messages", "model"],
            ["max_completion_tokens", "messages", "model"],
        ]
    assert isinstance(item, Done)
    assert sent == 2


@FAMILIES
@pytest.mark.parametrize("transport", ["sdk", "direct"])
@pytest.mark.parametrize("asynchronous", [True, False], ids=["async", "sync"])
def test_limits_in_headers(row: Row, asynchronous: bool, transport: str, monkeypatch: pytest.MonkeyPatch) -> None:
    limiters: list[LocalLimiter] = []

    def limiter(limits: Limits | None, name: str) -> LocalLimiter:
        limiters.append(LocalLimiter(limits, name))
        return limiters[-1]

    monkeypatch.setattr(scale_run, "LocalLimiter", limiter)
    reply = row.wire.answered(Answer(Text("Hello"))).with_headers(**{row.limit: "6000"})
    with Server().always(reply) as server:
        client = row.client(server, asynchronous=asynchronous)
        (item,), _ = run(row.ask(client) if asynchronous else _sync(row, client), client=client, transport=transport)
    assert isinstance(item, Done)
    assert [one.headers.rpm for one in limiters] == [6000]


@FAMILIES
def test_compressed_responses(row: Row) -> None:
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    body = gzip.compress(json.dumps(row.wire.whole(Answer(Text("Hello")))).encode())
    with Server().always(Reply((body,), headers=headers)) as server:
        client = row.client(server)
        by_sdk, direct = both(row.ask(client), client)
    assert direct.value.response == by_sdk.value.response


@FAMILIES
def test_redirects_are_followed_by_the_sdk(row: Row) -> None:
    with Server() as server:
        server.reply(
            Reply(status=307, headers={"location": f"{server.url}/v2/chat/completions"}, framing="length"),
            Reply(status=307, headers={"location": f"{server.url}/v2/chat/completions"}, framing="length"),
            row.wire.answered(Answer(Text("Hello"))),
        )
        client = row.client(server)
        (item,), _ = run(row.ask(client), client=client)
        assert [one.path for one in server.requests] == ["/v1/chat/completions"] * 2 + ["/v2/chat/completions"]
    assert item.value.content == "Hello"


@FAMILIES
def test_the_store_has_what_the_sdk_would_have_stored(row: Row, tmp_path: Any) -> None:
    with Server().always(row.wire.answered(Answer(Text("Hello")))) as server:
        client = row.client(server, asynchronous=False)
        (first,), sent = run(_sync(row, client), store=tmp_path / "run.db")
        assert sent == 1
        (again,), _ = run(_sync(row, client), store=tmp_path / "run.db", transport="sdk", client=client)
        assert len(server.requests) == 1
    assert again.source == "store"
    assert again.value.response == first.value.response


def test_a_budget_counts() -> None:
    with Server().always(BASE.wire.answered(Answer(Text("Hello")))) as server, budget(tokens=10**6) as spent:
        client = BASE.client(server)
        (_,), sent = run(BASE.ask(client), client=client)
    assert sent == 1
    assert spent.spent.requests == 1
    assert spent.spent.tokens == 8


@FAMILIES
def test_cancelling_closes_the_connection(row: Row) -> None:
    with Server().always(Reply((Stall(),))) as server:
        client = row.client(server)

        async def main() -> None:
            async def read() -> None:
                await amap(row.ask(client), ["a"], transport="direct")

            task = asyncio.create_task(read())
            assert await asyncio.to_thread(server.wait_requests)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await _close(client)

        asyncio.run(main())
        assert server.wait_closed()


@FAMILIES
def test_one_session_keeps_its_connections(row: Row) -> None:
    with Server().always(row.wire.answered(Answer(Text("Hello")))) as server:
        client = row.client(server)
        inputs = [str(number) for number in range(20)]
        items, sent = run(row.ask(client), inputs, client=client, limits=Limits(concurrency=2))
        assert sent == len(items) == 20
        assert server.connections <= 2
        assert server.wait_closed()


def test_the_default_client(monkeypatch: pytest.MonkeyPatch) -> None:
    @openai.call("m")
    def ask_sync(text: str) -> str:
        return text

    @openai.call("m")
    async def ask(text: str) -> str:
        return text

    with Server().always(BASE.wire.answered(Answer(Text("Hello")))) as server:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        for call in (ask, ask_sync):
            assert run(call)[1] == 1
            assert server.request.headers["authorization"] == f"Bearer {KEY}"
        monkeypatch.delenv("OPENAI_API_KEY")
        (item,), sent = run(ask)
    assert isinstance(item.error, ConfigurationError)
    assert sent == 0


def test_a_host_receives_nothing_of_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    @hosts.deepseek.call("m")
    async def ask(text: str) -> str:
        return text

    with Server().always(BASE.wire.answered(Answer(Text("Hello")))) as server:
        monkeypatch.setenv("DEEPSEEK_API_KEY", KEY)
        monkeypatch.setenv("DEEPSEEK_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
        monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-mine")
        assert run(ask)[1] == 1
        assert run(ask, transport="sdk")[1] == 0
        first, second = compared(server)
    assert first == second
    assert not [name for name in first.headers if name.startswith("openai-")]


def test_keys_that_change() -> None:
    """A key that the user sets on the client is sent with the next request."""
    with Server().always(BASE.wire.answered(Answer(Text("Hello")))) as server:
        client = BASE.client(server)

        @openai.call("m", client=client)
        async def ask(text: str) -> str:
            client.api_key = f"key-{text}"
            return text

        _, sent = run(ask, ["a", "b"], client=client, limits=Limits(concurrency=1))
        assert [one.headers["authorization"] for one in server.requests] == ["Bearer key-a", "Bearer key-b"]
    assert sent == 2


@EACH
def test_a_url_and_timeouts_that_change(row: Row) -> None:
    """What the user sets on the client is used for the next request, as by the SDK."""
    reply = row.wire.answered(Answer(Text("Hello")))
    with Server().always(reply) as first, Server(reply).always(Reply((Stall(),))) as second:
        client = row.client(first)

        @row.call("m", client=client)
        async def ask(text: str) -> str:
            if text == "second":
                row.move(client, first.url, second.url)
            if text == "late":
                row.hurry(client)
            return text

        async def main() -> tuple[list[Any], int]:
            items, ended = list[Any](), asyncio.Event()

            async def one_after_another() -> AsyncGenerator[str]:
                for text in ("first", "second", "late"):
                    yield text
                    await ended.wait()
                    ended.clear()

            made = amap(ask, one_after_another(), transport="direct", attempts=1)
            async with closed(client):
                async for item in made:
                    items.append(item)
                    ended.set()
            return items, made.counts.direct

        items, sent = asyncio.run(main())
        assert [len(first.requests), len(second.requests)] == [1, 2]
        assert first.requests[0].path == second.requests[0].path == second.requests[1].path
    assert [type(item) for item in items] == [Done, Done, Failed]
    assert isinstance(items[2].error, RequestTimeoutError)
    assert sent == 2


class Subclass(openai_sdk.AsyncOpenAI):
    pass


async def key() -> str:
    return KEY


def patched(client: Any) -> Any:
    create = client.chat.completions.create

    async def traced(*args: Any, **kwargs: Any) -> Any:
        return await create(*args, **kwargs)

    client.chat.completions.create = traced
    return client


async def hook(request: Any) -> None:
    request.headers["x-hook"] = "1"


OTHERS: dict[str, Callable[[str], Any]] = {
    "a subclass": lambda url: Subclass(api_key=KEY, base_url=url),
    "a key from a function": lambda url: openai_sdk.AsyncOpenAI(api_key=key, base_url=url),
    "an HTTP client": lambda url: openai_sdk.AsyncOpenAI(
        api_key=KEY, base_url=url, http_client=openai_sdk.DefaultAsyncHttpxClient()
    ),
    "an HTTP client with hooks": lambda url: openai_sdk.AsyncOpenAI(
        api_key=KEY, base_url=url, http_client=openai_sdk.DefaultAioHttpClient(event_hooks={"request": [hook]})
    ),
    "an HTTP client with headers": lambda url: openai_sdk.AsyncOpenAI(
        api_key=KEY, base_url=url, http_client=openai_sdk.DefaultAioHttpClient(headers={"x-a": "b"})
    ),
    "a patched client": lambda url: patched(openai_sdk.AsyncOpenAI(api_key=KEY, base_url=url)),
    "a URL with a user": lambda url: openai_sdk.AsyncOpenAI(api_key=KEY, base_url=url.replace("//", "//me:you@")),
}


@pytest.mark.parametrize("make", OTHERS.values(), ids=OTHERS)
def test_what_the_sdk_sends(make: Callable[[str], Any], caplog: pytest.LogCaptureFixture) -> None:
    """Silently, but for one line of the log for each reason."""
    caplog.set_level(logging.DEBUG, "mirascope_like.scale")
    with Server().always(BASE.wire.answered(Answer(Text("Hello")))) as server:
        client = make(f"{server.url}/v1")
        items, sent = run(BASE.ask(client), ["a", "b", "c"], client=client)
    assert [item.value.content for item in items] == ["Hello"] * 3
    assert sent == 0
    lines = [one.getMessage() for one in caplog.records if one.name == "mirascope_like.scale"]
    assert len([line for line in lines if line.startswith("the SDK sends the requests of openai: ")]) == 1


@pytest.mark.parametrize(
    ("call", "params", "reason"),
    [
        (cohere.call, {}, "the SDK sends the requests of cohere: how it sends them is not known here"),
        (
            openai.call,
            {"extra_body": {"at": datetime(2026, 11, 21, tzinfo=UTC)}},
            "the SDK sends the requests of openai: only the SDK can encode an object in the payload",
        ),
    ],
    ids=["a provider", "an object"],
)
def test_requests_that_only_the_sdk_can_send(
    call: Any, params: dict[str, Any], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "mirascope_like.scale")

    @call("some-model", call_params=params)
    async def ask(text: str) -> str:
        return text

    with fake("Hello", "Hello"):
        items = map_calls(ask, ["a", "b"], transport="direct").results()
    assert [type(item) for item in items] == [Done, Done]
    assert [one for one in caplog.messages if one.startswith("the SDK sends")] == [reason]


@FAMILIES
def test_a_proxy_of_the_environment(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server().always(row.wire.answered(Answer(Text("Hello")))) as server:
        monkeypatch.setenv("HTTP_PROXY", server.url)
        client = row.at("http://api.example.com")
        (item,), sent = run(row.ask(client), client=client)
        assert server.request.path == "http://api.example.com/v1/chat/completions"
    assert isinstance(item, Done)
    assert sent == 0


def test_the_sdks_client_on_aiohttp() -> None:
    with Server().always(BASE.wire.answered(Answer(Text("Hello")))) as server:
        client = BASE.client(server, http_client=openai_sdk.DefaultAioHttpClient())
        both(BASE.ask(client), client)
        first, second = compared(server)
    assert first.headers == second.headers


def test_a_payload_that_only_the_sdk_can_encode() -> None:
    with Server().always(BASE.wire.answered(Answer(Text("Hello")))) as server:
        client = BASE.client(server)
        ask = BASE.ask(client, call_params={"extra_body": {"at": datetime(2026, 1, 1, tzinfo=UTC)}})
        (item,), sent = run(ask, client=client)
        assert server.request.json["at"] == "2026-01-01T00:00:00+00:00"
    assert isinstance(item, Done)
    assert sent == 0


def test_anthropics_limit_of_unstreamed_requests() -> None:
    row = ROWS["anthropic"]
    with Server() as server:
        with asyncio.Runner() as runner:
            client = row.client(server)
            (by_sdk,), _ = runner.run(arun(row.ask(client, call_params={"max_tokens": 10**6}), transport="sdk"))
            (direct,), _ = runner.run(arun(row.ask(client, call_params={"max_tokens": 10**6})))
            runner.run(_close(client))
        assert not server.requests
    assert str(direct.error) == str(by_sdk.error)
    assert isinstance(direct.error, ConfigurationError)


@FAMILIES
def test_a_fake_model_answers(row: Row) -> None:
    @row.call("m")
    async def ask(text: str) -> str:
        return text

    with fake("Hello") as model:
        (item,), sent = run(ask)
    assert item.value.content == "Hello"
    assert len(model.requests) == 1
    assert sent == 0


@FAMILIES
def test_blocked_requests_are_not_sent(row: Row) -> None:
    with Server() as server, block_requests():
        client = row.at("http://api.example.com")
        with pytest.raises(BaseException, match="blocked POST"):
            raise run(row.ask(client), client=client)[0][0].error
        assert not server.requests


@FAMILIES
def test_what_is_recorded_is_replayed(row: Row, tmp_path: Any) -> None:
    folder = tmp_path / "recordings"
    with Server().always(row.wire.answered(Answer(Text("Hello")))) as server:
        for recording in (record, replay):
            client = row.client(server)
            with recording(folder):
                (item,), sent = run(row.ask(client), client=client)
            assert item.value.content == "Hello"
            assert sent == 0
        assert len(server.requests) == 1


@FAMILIES
def test_a_map_in_the_function_of_a_map(row: Row) -> None:
    """The function runs in a thread, so the inner map has another event loop."""
    with Server().always(row.wire.answered(Answer(Text("Hello")))) as server:
        client = row.at(server.url, asynchronous=False)

        @row.call("gpt-4o-mini", client=client)
        def ask(text: str) -> str:
            return text

        def asked(text: str) -> list[str]:
            run = map_calls(ask, [f"{text}{number}" for number in range(3)], transport="direct")
            return [item.value.content for item in run.results()]

        items = list(map_calls(asked, ["a", "b", "c"], transport="direct"))
        assert [item.value for item in items if isinstance(item, Done)] == [["Hello"] * 3] * 3
        assert len(server.requests) == 9
        client.__exit__(None, None, None)


def test_without_aiohttp(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(module: str, *, extra: str) -> Any:
        raise MissingSDKError(f"run `pip install 'mirascope-like[{extra}]'`", name=module)

    monkeypatch.setattr(options, "load_sdk", missing)
    with pytest.raises(MissingSDKError, match=r"mirascope-like\[aiohttp\]"):
        amap(BASE.ask(None), ["a"], transport="direct")


def test_not_with_batches(tmp_path: Any) -> None:
    with pytest.raises(ConfigurationError, match="via='batch'"):
        amap(BASE.ask(None), ["a"], transport="direct", via="batch", store=tmp_path / "run.db")
    with pytest.raises(ConfigurationError, match="transport must be 'sdk' or 'direct', not 'aiohttp'"):
        amap(BASE.ask(None), ["a"], transport="aiohttp")  # type: ignore[typeddict-item]  # pyright: ignore[reportArgumentType]
