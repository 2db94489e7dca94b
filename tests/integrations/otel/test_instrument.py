"""`instrument`: every call of the process, each once."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.trace import StatusCode

from mirascope_like import llm
from mirascope_like.core import RateLimitError, StreamInterruptedError, openai
from mirascope_like.integrations.otel import instrument, uninstrument, with_otel
from tests.conformance.providers import ANTHROPIC, OPENAI, Row
from tests.conformance.wires.answer import Answer
from tests.harness.clocks import PATIENCE
from tests.harness.recordings import ROOT
from tests.harness.replies import Stall
from tests.harness.server import CloseEarly, Reply, Server
from tests.integrations.otel.telemetry import Telemetry

both = pytest.mark.parametrize("row", [OPENAI, ANTHROPIC], ids=lambda row: row.name)


@pytest.fixture
def instrumented(telemetry: Telemetry) -> Iterator[Telemetry]:
    instrument(**telemetry.options)
    yield telemetry
    uninstrument()


def test_every_kind_of_call(server: Server, instrumented: Telemetry) -> None:
    server.always(OPENAI.wire.answered(Answer("Hello")))

    async def main() -> None:
        async with OPENAI.aclient(server) as client:
            await OPENAI.aask(client)
            await llm.call("openai:m", client=client)(prompt)()

    async def prompt() -> str:
        return "Hi"

    with OPENAI.client(server) as client:
        OPENAI.ask(client)
        llm.call("openai:m", client=client)(lambda: "Hi")()
        openai.model("m", client=client).ask("Hi")
        openai.model("m", client=client).call(lambda: "Hi")()

        @openai.model("m", client=client).task
        def greet(name: str) -> str:  # type: ignore[empty-body]
            """Greet {name}."""

        greet("Ada")
        thread = threading.Thread(target=lambda: OPENAI.ask(client))
        thread.start()
        thread.join()
    asyncio.run(main())
    assert [span.name for span in instrumented.spans] == ["chat m"] * 8
    assert len(server.requests) == 8


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@both
def test_a_decorated_call_has_one_span(row: Row, stream: bool, server: Server, instrumented: Telemetry) -> None:
    answer = Answer("Hello")
    server.always(row.wire.streamed(answer) if stream else row.wire.answered(answer))
    decorate = with_otel(content="attributes", **instrumented.options)
    with row.client(server) as client:
        call = row.decorated(client, stream=stream)
        for decorated in (decorate(call), decorate(decorate(call))):
            instrumented.clear()
            made = decorated("Hi")
            if stream:
                made.collect()
            # The settings are those of the decorator.
            assert "gen_ai.output.messages" in instrumented.one().attributes


def test_the_providers_of_the_process(server: Server, telemetry: Telemetry) -> None:
    """A decorator with another tracer provider records the call there, besides `instrument`."""
    other = Telemetry()
    server.reply(OPENAI.wire.answered(Answer("Hello")))
    instrument(**telemetry.options)
    try:
        with OPENAI.client(server) as client:
            with_otel(**other.options)(OPENAI.decorated(client))("Hi")
    finally:
        uninstrument()
    assert (telemetry.one().name, other.one().name) == ("chat m", "chat m")
    other.shutdown()


def test_uninstrument(server: Server, telemetry: Telemetry) -> None:
    server.always(OPENAI.wire.streamed(Answer("Hel", "lo")))
    with OPENAI.client(server) as client:
        instrument(**telemetry.options)
        instrument(content="attributes", **telemetry.options)  # replaces the first
        opened = OPENAI.stream(client)
        next(opened)
        uninstrument()
        uninstrument()  # nothing is left to end
        OPENAI.stream(client).collect()
        opened.collect()
    span = telemetry.one()  # of the call that was already open, and no other
    assert "gen_ai.output.messages" in span.attributes


# Failures


@both
def test_an_interrupted_stream(row: Row, server: Server, instrumented: Telemetry) -> None:
    server.reply(row.streamed(*row.texts("Hel", finish=None), CloseEarly()))
    with row.client(server) as client, pytest.raises(StreamInterruptedError):
        row.stream(client).collect()
    attrs = instrumented.one().attributes
    assert attrs["error.type"] == "StreamInterruptedError"
    assert attrs["gen_ai.response.model"] == "m-1"
    assert attrs["gen_ai.response.finish_reasons"] == ("error",)


def test_a_missing_key(instrumented: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(Exception, match="OPENAI_API_KEY"):
        OPENAI.ask()
    attrs = instrumented.one().attributes
    assert (attrs["gen_ai.provider.name"], attrs["gen_ai.request.model"]) == ("openai", "m")
    assert attrs["error.type"] == "ConfigurationError"


def test_a_prompt_function_that_fails(instrumented: Telemetry) -> None:
    """Nothing is sent, so there is no request to record."""

    @openai.call("m")
    def ask() -> str:
        raise LookupError("no such book")

    with pytest.raises(LookupError):
        ask()
    assert instrumented.spans == []


def test_a_cancelled_call(server: Server, instrumented: Telemetry) -> None:
    server.reply_with(lambda request: Reply((Stall(),)))

    async def main() -> None:
        async with OPENAI.aclient(server) as client:
            task = asyncio.ensure_future(OPENAI.aask(client))
            await asyncio.to_thread(server.wait_requests)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    span = instrumented.one()
    assert span.attributes["gen_ai.response.finish_reasons"] == ("error",)
    assert span.status.status_code in (StatusCode.UNSET, StatusCode.ERROR)


def test_an_error_without_a_text(server: Server, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK of OpenTelemetry itself makes the text of an error, in `record_exception`."""

    def fail(_: Any) -> str:
        raise ValueError("a mistake")

    monkeypatch.setattr(RateLimitError, "__str__", fail)
    server.reply(OPENAI.wire.failed(429))
    instrument(content="events", **telemetry.options)
    try:
        with OPENAI.client(server) as client, pytest.raises(RateLimitError):
            OPENAI.ask(client)
    finally:
        uninstrument()
    span = telemetry.one()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "")
    assert span.attributes["error.type"] == "RateLimitError"
    (event,) = span.events
    assert (event.name, event.attributes["exception.message"]) == ("exception", "")
    assert event.attributes["exception.type"].endswith(".RateLimitError")
    assert "RateLimitError" in event.attributes["exception.stacktrace"]
    assert [one.attributes["exception.message"] for one in telemetry.events if "exception" in one.event_name] == [""]


def test_an_error_in_the_exporter_does_not_change_the_call(
    server: Server, telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Any) -> str:
        raise ValueError("no such thread")

    server.reply(*[OPENAI.wire.answered(Answer("Hello"))] * 2)
    instrument(conversation=fail, **telemetry.options)
    try:
        with OPENAI.client(server) as client:
            assert [OPENAI.ask(client).content for _ in "ab"] == ["Hello", "Hello"]
    finally:
        uninstrument()
    assert caplog.text.count("ValueError: no such thread") == 1
    assert [span.name for span in telemetry.spans] == ["chat m", "chat m"]
    assert all("gen_ai.conversation.id" not in (span.attributes or {}) for span in telemetry.spans)


def test_refused_calls_of_structured_outputs(server: Server, instrumented: Telemetry) -> None:
    """Each request that corrects an output has a span of its own."""
    server.reply(*(OPENAI.wire.answered(Answer(text)) for text in ('{"value": "x"}', '{"value": 3}')))
    with OPENAI.client(server) as client:
        assert OPENAI.ask(client, response_model=int, json_mode=True, max_retries=1) == 3
    assert [span.name for span in instrumented.spans] == ["chat m", "chat m"]
    server.reply(OPENAI.wire.failed(429))
    with OPENAI.client(server) as client, pytest.raises(RateLimitError):
        OPENAI.ask(client, response_model=int)


def test_without_instrumentation_nothing_is_loaded() -> None:
    """A program that does not trace pays nothing: OpenTelemetry is not even imported."""
    code = (
        "import sys\nfrom mirascope_like.core import prompt_template, ToolLoop\nfrom mirascope_like import llm\n"
        "print([name for name in sys.modules if name.startswith('mirascope_like.integrations.otel')])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, env=environment, check=True
    )
    assert ran.stdout.strip() == "[]"
