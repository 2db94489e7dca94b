"""Clients that a tracer has patched: it sees what it sees when its user calls the SDK and reads with `for`.

The ways of patching are those of tracers in use: Sentry, Braintrust, MLflow, New Relic and OpenLLMetry wrap `create`
and finish a record when the stream is exhausted; OpenInference and Logfire patch `request` of the class or of a client.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import ContextVar
from operator import attrgetter
from threading import get_ident
from types import SimpleNamespace
from typing import Any

import anthropic as anthropic_sdk
import httpx
import httpx2
import pytest
from mistralai.client.sdkconfiguration import SERVERS
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from mirascope_like.core import anthropic
from mirascope_like.core.dialects.transport import sources
from tests.conformance.contract import BaseRow
from tests.conformance.providers import Row, openai_like
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer
from tests.harness.server import Reply, Server

HI: Any = [{"role": "user", "content": "Hi"}]
MEASURED = {"gen_ai.response.time_to_first_chunk"}
"""An attribute that differs from call to call."""


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a response is waited for however slow the machine is."""
    monkeypatch.setattr(sources, "DRAIN_SECONDS", 60)


def resource(row: Row, client: Any) -> Any:
    """The object whose `create` sends."""
    if row.name == "anthropic":
        return client.messages
    return client.responses if "responses" in row.path else client.chat.completions


@openai_like
def test_a_stream_of_a_wrapped_create_is_read_to_its_end(row: Row, server: Server) -> None:
    log: list[str] = []
    server.reply(row.text("Hel", "lo"))
    with row.client(server) as client:
        create = resource(row, client).create

        def traced(**kwargs: Any) -> Iterator[Any]:
            yield from create(**kwargs)
            log.append("recorded")

        resource(row, client).create = traced
        assert row.stream(client).collect().content == "Hello"
    assert log == ["recorded"]


@openai_like
def test_an_async_stream_of_a_wrapped_create_is_read_to_its_end(row: Row, server: Server) -> None:
    log: list[str] = []
    server.reply(row.text("Hel", "lo"))

    async def main() -> None:
        async with row.aclient(server) as client:
            create = resource(row, client).create

            async def events(stream: Any) -> AsyncIterator[Any]:
                async for event in stream:
                    yield event
                log.append("recorded")

            async def traced(**kwargs: Any) -> AsyncIterator[Any]:
                return events(await create(**kwargs))

            resource(row, client).create = traced
            assert (await row.astream(client).collect()).content == "Hello"

    asyncio.run(main())
    assert log == ["recorded"]


@openai_like
def test_no_error_of_closing_follows_a_complete_answer(row: Row, server: Server) -> None:
    server.reply(row.text("Hello"), row.text("Hello"))

    class Traced:
        """A tracer's stream whose `close` fails once all is read."""

        def __init__(self, stream: Any) -> None:
            self._stream = stream

        def __iter__(self) -> Iterator[Any]:
            return iter(self._stream)

        def __aiter__(self) -> AsyncIterator[Any]:
            return aiter(self._stream)

        def close(self) -> None:
            raise RuntimeError("the span has ended")

    with row.client(server) as client:
        create = resource(row, client).create
        resource(row, client).create = lambda **kwargs: Traced(create(**kwargs))
        assert row.stream(client).collect().content == "Hello"

    async def main() -> None:
        async with row.aclient(server) as client:
            create = resource(row, client).create

            async def traced(**kwargs: Any) -> Traced:
                return Traced(await create(**kwargs))

            resource(row, client).create = traced
            assert (await row.astream(client).collect()).content == "Hello"

    asyncio.run(main())


def recorded(request: Callable[..., Any], log: list[str]) -> Callable[..., Any]:
    """Patch the SDK as OpenInference and Logfire do: record its requests and the responses."""

    def patched(*args: Any, **kwargs: Any) -> Any:
        cast_to: Any = kwargs["cast_to"] if "cast_to" in kwargs else args[0]
        log.append(str(kwargs["stream_cls"] if kwargs.get("stream") else cast_to))
        return request(*args, **kwargs)

    return patched


@openai_like
@pytest.mark.parametrize("method", ["request", "post"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_patched_request_sees_what_the_sdk_asks_for(row: Row, server: Server, method: str, stream: bool) -> None:
    reply = row.text("Hello") if stream else Reply.json(row.whole("Hello"))
    server.always(reply)
    log: list[str] = []
    with row.client(server) as client:
        setattr(client, method, recorded(getattr(client, method), log))
        answer = row.create(client)(**row.demands, model="m", messages=HI, stream=stream)
        if stream:
            list(answer)
        if stream:
            assert row.stream(client).collect().content == "Hello"
            assert row.stream(client, retry=1).collect().content == "Hello"
            assert row.stream(client).timeout(first=60, total=60).collect().content == "Hello"
        else:
            assert row.ask(client).content == "Hello"
    assert log[0].startswith("<class '") is not stream
    assert log == log[:1] * (4 if stream else 2)


@openai_like
def test_a_class_whose_request_is_patched(row: Row, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.always(row.text("Hello"))
    log: list[str] = []
    with row.client(server) as client:
        kind = type(client)
        own = kind.request
        monkeypatch.setattr(
            kind, "request", lambda self, *args, **kwargs: recorded(own.__get__(self), log)(*args, **kwargs)
        )
        assert row.stream(client).collect().content == "Hello"
    assert len(log) == 1


MARK: ContextVar[str] = ContextVar("MARK", default="")
OPENERS = {
    **dict.fromkeys(("openai", "groq", "azure", "ollama", "openrouter"), "chat.completions.create"),
    **dict.fromkeys(("openai.responses", "azure.responses", "xai.responses"), "responses.create"),
    "anthropic": "messages.create",
    "mistral": "chat.stream",
    "cohere": "chat_stream",
    "google": "models.generate_content_stream",
}
"""The methods of clients that open a stream."""
HTTP = ("openai", "anthropic", "groq", "mistral", "cohere", "google")
"""One row of each SDK that sends with httpx2 or httpx."""


@pytest.mark.parametrize("row", [row for row in EVERY if row.id in OPENERS], ids=lambda row: row.id)
def test_a_stream_of_a_wrapped_client_is_opened_in_the_thread_and_context_of_its_user(
    row: BaseRow, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New Relic keeps its transactions by thread, and recorded nothing of a stream that was opened in another."""
    server.always(row.wire.streamed(Answer("Hello")))
    seen: list[int] = []
    with row.client(server) as client:
        path, _, name = f"client.{OPENERS[row.id]}".rpartition(".")
        holder = attrgetter(path)(SimpleNamespace(client=client))
        opener = getattr(holder, name)

        def traced(*args: Any, **kwargs: Any) -> Any:
            seen.append(get_ident())
            MARK.set("set by the tracer")
            return opener(*args, **kwargs)

        monkeypatch.setattr(holder, name, traced)
        assert row.stream(client).collect().content == "Hello"
        assert (seen, MARK.get()) == ([get_ident()], "set by the tracer")
        # A deadline must be able to leave the client alone, whatever it waits for.
        assert row.stream(client).timeout(first=60).collect().content == "Hello"
        assert seen[1] != get_ident()


@pytest.mark.parametrize("row", [row for row in EVERY if row.id in HTTP], ids=lambda row: row.id)
def test_default_clients_send_by_a_transport_whose_class_is_patched(
    row: BaseRow, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenTelemetry's instrumentation of httpx patches these two methods, and saw nothing of default clients."""
    for name, value in {**row.settings, row.key: "sk-test", str(row.base_url): row.url(server)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(SERVERS, "global", server.url)  # Mistral's, which no environment variable sets
    server.always(row.wire.streamed(Answer("Hello")))
    log: list[str] = []

    async def main() -> None:
        assert (await row.astream().collect()).content == "Hello"
        patch()
        assert (await row.astream().collect()).content == "Hello"

    def patch() -> None:
        for library in (httpx, httpx2):
            for kind, method in (("HTTPTransport", "handle_request"), ("AsyncHTTPTransport", "handle_async_request")):
                own = getattr(getattr(library, kind), method)
                monkeypatch.setattr(getattr(library, kind), method, lambda *args, own=own: log.append("") or own(*args))

    asyncio.run(main())
    assert row.stream().collect().content == "Hello"
    monkeypatch.undo()
    assert len(log) == 2


# Anthropic's own spans


def _spans(server: Server, use: Callable[[Any], None]) -> list[dict[str, Any]]:
    """Return the attributes of the SDK's spans: names of messages and counts of tokens."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    http = anthropic_sdk.DefaultHttpxClient(verify=False)
    with anthropic_sdk.Anthropic(
        base_url=server.url, api_key="sk-test", http_client=http, open_telemetry={"tracer_provider": provider}
    ) as client:
        use(client)
    spans = exporter.get_finished_spans()
    return [{k: v for k, v in (span.attributes or {}).items() if k not in MEASURED} for span in spans]


@openai_like
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_spans_of_anthropics_sdk_are_those_of_the_bare_sdk(row: Row, server: Server, stream: bool) -> None:
    if row.name != "anthropic":
        return
    server.always(row.text("Hello") if stream else Reply.json(row.whole("Hello")))

    def theirs(client: Any) -> None:
        answer = client.messages.create(model="m", max_tokens=1024, stream=stream, messages=HI)
        if stream:
            list(answer)

    def ours(client: Any) -> None:
        answer = anthropic.call("m", client=client, stream=stream)(lambda: "Hi")()
        assert (answer.collect() if stream else answer).content == "Hello"

    expected, found = _spans(server, theirs), _spans(server, ours)
    assert len(expected) == 1
    assert {"gen_ai.response.id", "gen_ai.response.model", "gen_ai.usage.output_tokens"} <= set(expected[0])
    assert found == expected
