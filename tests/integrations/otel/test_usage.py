"""The details of usage, as the providers report them, in attributes; and the metrics of both conventions."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import Decision, StaticSampler

from mirascope_like.core import ToolLoop
from mirascope_like.integrations.otel import with_otel
from tests.conformance.contract import BaseRow
from tests.conformance.providers import ANTHROPIC, OPENAI, RESPONSES
from tests.conformance.rows import GOOGLE
from tests.conformance.wires.answer import Answer, Call
from tests.harness.clocks import MovedClock
from tests.harness.server import Reply, Server
from tests.integrations.otel.telemetry import Telemetry

USAGE = "gen_ai.usage."


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


USAGES: list[tuple[BaseRow, str, dict[str, Any], dict[str, int]]] = [
    # (provider, field, the provider's usage, attributes). Sources: OpenAI's `CompletionUsage` and `ResponseUsage`,
    # whose details are included in the totals; Anthropic's documentation of prompt caching, whose input tokens exclude
    # cached ones, and the conventions for Anthropic; Google's `UsageMetadata`, whose candidates exclude thoughts.
    (
        OPENAI,
        "usage",
        {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "total_tokens": 150,
            "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 10},
            "completion_tokens_details": {"reasoning_tokens": 20, "audio_tokens": 5},
        },
        {
            "input_tokens": 100,
            "output_tokens": 50,
            "cache_read.input_tokens": 60,
            "reasoning.output_tokens": 20,
            "audio.input_tokens": 10,
            "audio.output_tokens": 5,
        },
    ),
    (
        RESPONSES,
        "usage",
        {
            "input_tokens": 100,
            "output_tokens": 50,
            "total_tokens": 150,
            "input_tokens_details": {"cached_tokens": 60},
            "output_tokens_details": {"reasoning_tokens": 20},
        },
        {"input_tokens": 100, "output_tokens": 50, "cache_read.input_tokens": 60, "reasoning.output_tokens": 20},
    ),
    (
        ANTHROPIC,
        "usage",
        {
            "input_tokens": 10,
            "output_tokens": 50,
            "cache_read_input_tokens": 60,
            "cache_creation_input_tokens": 30,
        },
        {
            "input_tokens": 100,
            "output_tokens": 50,
            "cache_read.input_tokens": 60,
            "cache_creation.input_tokens": 30,
        },
    ),
    (
        GOOGLE,
        "usageMetadata",
        {
            "promptTokenCount": 100,
            "candidatesTokenCount": 30,
            "thoughtsTokenCount": 20,
            "totalTokenCount": 150,
            "cachedContentTokenCount": 60,
            "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 10}],
        },
        {
            "input_tokens": 100,
            "output_tokens": 50,
            "cache_read.input_tokens": 60,
            "reasoning.output_tokens": 20,
            "audio.input_tokens": 10,
        },
    ),
]


@pytest.mark.parametrize("version", ["1.41", "0.1"])
@pytest.mark.parametrize(("row", "field", "usage", "expected"), USAGES, ids=[case[0].id for case in USAGES])
def test_details(
    row: BaseRow,
    field: str,
    usage: dict[str, Any],
    expected: dict[str, int],
    version: Any,
    server: Server,
    telemetry: Telemetry,
) -> None:
    server.reply(Reply.json({**row.wire.whole(Answer("Hello")), field: usage}))
    with row.client(server) as client:
        with_otel(conventions=version, **telemetry.options)(row.decorated(client))("Hi")
    attrs = telemetry.one().attributes
    found = {name.removeprefix(USAGE): value for name, value in attrs.items() if name.startswith(USAGE)}
    if version == "0.1":  # renamed by PR 440 of the conventions
        expected = {name.replace("cache_creation", "cache_write"): value for name, value in expected.items()}
    assert {name: value for name, value in found.items() if value or name in expected} == expected


# Metrics. Source: the tables of metrics of the conventions.


def values(points: list[Any]) -> list[tuple[float, int]]:
    """The sum and the count of each point of a histogram, or the value of a counter."""
    return [(one.sum, one.count) if hasattr(one, "sum") else (one.value, 1) for one in points]


@pytest.mark.parametrize("version", ["1.41", "0.1"])
def test_metrics_of_a_stream(version: Any, server: Server, telemetry: Telemetry, clock: MovedClock) -> None:
    server.reply(ANTHROPIC.wire.streamed(Answer("Hel", "lo")))
    with ANTHROPIC.client(server) as client:
        stream = with_otel(conventions=version, **telemetry.options)(ANTHROPIC.decorated(client, stream=True))("Hi")
        for _ in stream:
            clock.skip(0.5)
    found, span = telemetry.metrics, telemetry.one()
    prefix = {"1.41": "gen_ai.client.operation.", "0.1": "gen_ai.client.inference."}[version]
    chunks = len(values(found[f"{prefix}time_per_output_chunk"]))
    assert chunks >= 1
    (duration,) = found[f"{prefix}duration"]
    (first,) = found[f"{prefix}time_to_first_chunk"]
    assert duration.count == first.count == 1
    assert duration.sum == pytest.approx((span.end_time - span.start_time) / 1e9)
    assert first.sum == pytest.approx(span.attributes["gen_ai.response.time_to_first_chunk"])
    common = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "m",
        "server.address": "127.0.0.1",
        "server.port": int(server.url.rpartition(":")[2]),
    }
    assert dict(duration.attributes) == {**common, "gen_ai.response.model": "m-1"}
    assert dict(first.attributes) == common  # the model of the response is not known yet
    assert list(duration.explicit_bounds) == [
        *(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92),
    ]


def test_tokens_in_1_41(server: Server, telemetry: Telemetry) -> None:
    server.reply(OPENAI.wire.answered(Answer("Hello")))
    with OPENAI.client(server) as client:
        with_otel(**telemetry.options)(OPENAI.decorated(client))("Hi")
    points = telemetry.metrics["gen_ai.client.token.usage"]
    assert {one.attributes["gen_ai.token.type"]: (one.sum, one.count) for one in points} == {
        "input": (3, 1),
        "output": (5, 1),
    }
    assert "gen_ai.client.operation.time_to_first_chunk" not in telemetry.metrics  # not for whole responses


def test_tokens_in_0_1(server: Server, telemetry: Telemetry) -> None:
    server.reply(OPENAI.wire.answered(Answer("Hello", cached=2)), OPENAI.wire.failed(500))
    with OPENAI.client(server) as client:
        call = with_otel(conventions="0.1", **telemetry.options)(OPENAI.decorated(client))
        call("Hi")
        with pytest.raises(Exception, match="scripted"):
            call("Hi")
    found = telemetry.metrics
    prefix = "gen_ai.client.inference."
    counts = {
        name: sum(one.value for one in found[f"{prefix}usage.{name}"]) for name in ("input_tokens", "output_tokens")
    }
    assert counts == {"input_tokens": 3, "output_tokens": 5}
    assert sum(one.value for one in found[f"{prefix}usage.cache_read.input_tokens"]) == 2
    # A failed request is recorded with 0 tokens, and its error.
    by_error = {
        one.attributes.get("error.type"): (one.sum, one.count) for one in found[f"{prefix}operation.output_tokens"]
    }
    assert by_error == {None: (5, 1), "ServerError": (0, 1)}
    assert {one.attributes.get("error.type") for one in found[f"{prefix}duration"]} == {None, "ServerError"}
    assert "gen_ai.client.token.usage" not in found


def test_agents_and_tools_in_0_1(server: Server, telemetry: Telemetry) -> None:
    server.reply(OPENAI.wire.answered(Answer(Call("call_1", "add", '{"a": 1, "b": 2}'))))
    server.reply(OPENAI.wire.answered(Answer("3")))
    with OPENAI.client(server) as client:
        call = OPENAI.decorated(client, tools=[add], tool_loop=ToolLoop())
        with_otel(conventions="0.1", name="adder", **telemetry.options)(call)("Hi")
    found = telemetry.metrics
    (tool,), (agent,) = found["gen_ai.execute_tool.duration"], found["gen_ai.invoke_agent.duration"]
    assert dict(tool.attributes) == {"gen_ai.tool.name": "add", "gen_ai.tool.type": "function"}
    assert dict(agent.attributes) == {"gen_ai.agent.name": "adder", "gen_ai.request.model": "m"}
    span = telemetry.spans[0]
    assert span.name == "invoke_agent adder"
    assert "gen_ai.provider.name" not in (span.attributes or {})  # removed by PR 289 of the conventions


def test_no_metrics(server: Server, telemetry: Telemetry) -> None:
    server.reply(OPENAI.wire.streamed(Answer("Hello")))
    with OPENAI.client(server) as client:
        with_otel(metrics=False, **telemetry.options)(OPENAI.decorated(client, stream=True))("Hi").collect()
    assert telemetry.one().name == "chat m"
    assert telemetry.metrics == {}


@pytest.mark.parametrize("metrics", [False, True])
def test_a_sampler_that_drops_spans(metrics: bool, server: Server, telemetry: Telemetry) -> None:
    """It decides by the attributes that a span has when it starts. Metrics count all requests."""
    seen: list[Any] = []

    class Dropping(StaticSampler):
        def should_sample(self, *args: Any, **kwargs: Any) -> Any:
            seen.append(kwargs.get("attributes") or args[4])
            return super().should_sample(*args, **kwargs)

    dropping = TracerProvider(sampler=Dropping(Decision.DROP), shutdown_on_exit=False)
    server.reply(OPENAI.wire.answered(Answer("Hello")))
    with OPENAI.client(server) as client:
        options = {**telemetry.options, "tracer_provider": dropping, "content": "attributes", "metrics": metrics}
        assert with_otel(**options)(OPENAI.decorated(client))("Hi").content == "Hello"
    assert [one["gen_ai.request.model"] for one in seen] == ["m"]
    assert telemetry.spans == []
    assert [one.sum for one in telemetry.metrics.get("gen_ai.client.token.usage", [])] == ([3, 5] if metrics else [])
    dropping.shutdown()
