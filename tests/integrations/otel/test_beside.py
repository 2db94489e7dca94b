"""Beside other tracers that use OpenTelemetry, each request is recorded once.

`nox -s tracers` checks the tracers themselves. Here, Anthropic's SDK is its own, and other tracers are doubles that ask
what the tracers ask: OpenLLMetry for its key in the context, the others for that of all instrumentations.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from anthropic.resources.messages import AsyncMessages, Messages
from openai.resources.chat.completions import Completions
from opentelemetry import context, trace
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY

from mirascope_like.integrations.otel import instrument, uninstrument, with_otel
from tests.conformance.providers import ANTHROPIC, OPENAI
from tests.conformance.wires.answer import Answer
from tests.harness.server import Server
from tests.integrations.otel.telemetry import Telemetry

SDK = "anthropic.messages.create"
"""The name of the span that Anthropic's SDK makes of a call. Source: its module `_tracing`, version 2.14."""
ways = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
both = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


@pytest.fixture
def everywhere(telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> Iterator[Telemetry]:
    """The telemetry is the global one, which a process can set only once."""
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: telemetry.tracer_provider)
    yield telemetry
    uninstrument()


def run(server: Server, *, asynchronous: bool = False, stream: bool = False, **options: Any) -> None:
    """Make a call of Anthropic."""
    answer = Answer("Hel", "lo")
    server.reply(ANTHROPIC.wire.streamed(answer) if stream else ANTHROPIC.wire.answered(answer))

    async def main() -> None:
        async with ANTHROPIC.aclient(server, **options) as client:
            made = ANTHROPIC.adecorated(client, stream=stream)("Hi")
            assert (await (made.collect() if stream else made)).content == "Hello"

    if asynchronous:
        asyncio.run(main())
        return
    with ANTHROPIC.client(server, **options) as client:
        made = ANTHROPIC.decorated(client, stream=stream)("Hi")
        assert (made.collect() if stream else made).content == "Hello"


@both
@ways
def test_the_tracing_of_anthropics_sdk(stream: bool, asynchronous: bool, server: Server, everywhere: Telemetry) -> None:
    run(server, asynchronous=asynchronous, stream=stream)
    assert telemetry_names(everywhere) == [SDK]
    instrument()
    run(server, asynchronous=asynchronous, stream=stream)
    assert telemetry_names(everywhere) == ["chat m"]
    uninstrument()
    run(server, asynchronous=asynchronous, stream=stream)
    assert telemetry_names(everywhere) == [SDK]


def telemetry_names(telemetry: Telemetry) -> list[str]:
    """The names of the spans since the last time."""
    names = [span.name for span in telemetry.spans]
    telemetry.clear()
    return names


@both
@ways
def test_a_patched_class_keeps_its_patch(
    stream: bool, asynchronous: bool, server: Server, everywhere: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK's own span is left out, and the tracer that patched the class is called, and records nothing."""
    seen: list[Any] = []
    kind: Any = AsyncMessages if asynchronous else Messages
    create = kind.create

    def traced(self: Any, **kwargs: Any) -> Any:
        seen.append(context.get_value(_SUPPRESS_INSTRUMENTATION_KEY))
        return create(self, **kwargs)

    monkeypatch.setattr(kind, "create", traced)
    instrument()
    run(server, asynchronous=asynchronous, stream=stream)
    assert telemetry_names(everywhere) == ["chat m"]
    assert seen == [True]


def test_a_client_with_a_patch_of_its_own_is_called_as_it_is(server: Server, everywhere: Telemetry) -> None:
    """A copy of the client would not have the patch, such as that of LangSmith's `wrap_anthropic`."""
    server.reply(ANTHROPIC.wire.answered(Answer("Hello")))
    seen: list[Any] = []
    instrument()
    with ANTHROPIC.client(server) as client:
        create = client.messages.create

        def traced(**kwargs: Any) -> Any:
            seen.append(kwargs)
            return create(**kwargs)

        client.messages.create = traced
        ANTHROPIC.ask(client)
    assert len(seen) == 1


def test_a_client_with_a_provider_of_its_own(server: Server, everywhere: Telemetry) -> None:
    other = Telemetry()
    instrument()
    run(server, open_telemetry={"tracer_provider": other.tracer_provider})
    assert (telemetry_names(everywhere), telemetry_names(other)) == (["chat m"], [SDK])
    other.shutdown()


def test_spans_for_another_provider(server: Server, everywhere: Telemetry) -> None:
    """What the library sends to a provider of its own leaves other tracers alone."""
    other = Telemetry()
    instrument(**other.options)
    run(server)
    assert (telemetry_names(everywhere), telemetry_names(other)) == ([SDK], ["chat m"])
    other.shutdown()


def test_http_requests_are_recorded_below_the_span_of_a_request(server: Server, everywhere: Telemetry) -> None:
    seen: list[tuple[Any, ...]] = []

    class Transport(httpx2.HTTPTransport):
        def handle_request(self, request: Any) -> Any:
            plain = ("suppress_instrumentation", "suppress_language_model_instrumentation")
            seen.append(tuple(map(context.get_value, (_SUPPRESS_INSTRUMENTATION_KEY, *plain))))
            with trace.get_tracer("http").start_as_current_span("POST"):
                return super().handle_request(request)

    server.reply(OPENAI.wire.answered(Answer("Hello")))
    instrument()
    with httpx2.Client(transport=Transport()) as http, OPENAI.client(server, http_client=http) as client:
        OPENAI.ask(client)
    assert everywhere.tree() == [("chat m", None), ("POST", "chat m")]
    assert seen == [(None, None, True)]


@ways
def test_a_tracer_that_patches_openais_class(
    stream: bool, server: Server, everywhere: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = Completions.create

    def traced(self: Any, **kwargs: Any) -> Any:
        if context.get_value(_SUPPRESS_INSTRUMENTATION_KEY):
            return create(self, **kwargs)
        with trace.get_tracer("other").start_as_current_span("openai.chat"):
            return create(self, **kwargs)

    monkeypatch.setattr(Completions, "create", traced)
    answer = Answer("Hello")
    server.always(OPENAI.wire.streamed(answer) if stream else OPENAI.wire.answered(answer))
    with OPENAI.client(server) as client:
        call = OPENAI.decorated(client, stream=stream)
        for decorated, expected in ((call, ["openai.chat"]), (with_otel()(call), ["chat m"])):
            made = decorated("Hi")
            if stream:
                made.collect()
            assert telemetry_names(everywhere) == expected
