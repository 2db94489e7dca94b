"""Contents: recorded only where they are wanted, in the form that the conventions' JSON schemas demand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mirascope_like.core import ImagePart, TextPart, ToolLoop, openai, prompt_template
from mirascope_like.core.base.errors import ConfigurationError
from mirascope_like.core.base.messages import BaseMessageParam, ImageURLPart
from mirascope_like.integrations.otel import instrument, with_otel
from mirascope_like.testing import fake, tool
from tests.conformance.capabilities import each_row
from tests.conformance.contract import BaseRow
from tests.conformance.providers import ANTHROPIC, OPENAI, RESPONSES
from tests.conformance.rows import GOOGLE
from tests.conformance.wires.answer import PNG, Answer, Call, Text, Thought
from tests.harness.server import Reply, Server
from tests.integrations.otel import schemas
from tests.integrations.otel.telemetry import Telemetry

VARIABLE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
CONTENT = {"gen_ai.input.messages", "gen_ai.output.messages"}


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def read(attributes: Any, name: str, schema: Any) -> Any:
    """Return the value of an attribute that is JSON, after checking it against a schema."""
    value = json.loads(attributes[f"gen_ai.{name}"])
    schema.validate_python(value)
    return value


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@each_row
def test_the_messages_of_a_tool_loop(row: BaseRow, stream: bool, server: Server, telemetry: Telemetry) -> None:
    made = row.wire.streamed if stream else row.wire.answered
    server.reply(made(Answer(Call("call_1", "add", '{"a": 1, "b": 2}'))), made(Answer("3")))
    with row.client(server) as client:
        call = row.decorated(client, stream=stream, tools=[add], tool_loop=ToolLoop())
        found = with_otel(content="attributes", **telemetry.options)(call)("1 + 2?")
        if stream:
            found.collect()
    agent, first, tool, last = (span.attributes or {} for span in telemetry.spans)
    asked = {"role": "user", "parts": [{"type": "text", "content": "1 + 2?"}]}
    assert read(first, "input.messages", schemas.INPUT_MESSAGES) == [asked]
    (outputs,) = read(first, "output.messages", schemas.OUTPUT_MESSAGES)
    (part,) = outputs["parts"]
    assert (outputs["role"], part["type"], part["name"], part["arguments"]) == (
        *("assistant", "tool_call", "add", {"a": 1, "b": 2}),
    )
    (definition,) = read(first, "tool.definitions", schemas.TOOL_DEFINITIONS)
    assert (definition["type"], definition["name"]) == ("function", "add")
    assert definition["parameters"]["required"] == ["a", "b"]
    assert json.loads(str(tool["gen_ai.tool.call.arguments"])) == {"a": 1, "b": 2}
    assert tool["gen_ai.tool.call.result"] == "3"
    *_, result = read(last, "input.messages", schemas.INPUT_MESSAGES)
    assert result["parts"][0]["type"] == "tool_call_response"
    assert "3" in result["parts"][0]["response"]
    answer = [{"role": "assistant", "parts": [{"type": "text", "content": "3"}], "finish_reason": "stop"}]
    assert read(last, "output.messages", schemas.OUTPUT_MESSAGES) == answer
    assert read(agent, "output.messages", schemas.OUTPUT_MESSAGES) == answer
    assert read(agent, "input.messages", schemas.INPUT_MESSAGES) == [asked]


@pytest.mark.parametrize(
    ("row", "apart"), [(OPENAI, False), (ANTHROPIC, True), (GOOGLE, True)], ids=["openai", "anthropic", "google"]
)
def test_the_system_prompt(row: BaseRow, apart: bool, server: Server, telemetry: Telemetry) -> None:
    """It is an attribute of its own where the provider keeps it apart from the messages."""
    server.reply(row.wire.answered(Answer("Hello")))
    with row.client(server) as client:

        @with_otel(content="attributes", **telemetry.options)
        @row.module.call("m", client=client)
        @prompt_template("SYSTEM: Be brief.\nUSER: Greet {name}")
        def greet(name: str) -> None: ...

        greet("Ada")
    attrs = telemetry.one().attributes
    system = {"type": "text", "content": "Be brief."}
    roles = [one["role"] for one in read(attrs, "input.messages", schemas.INPUT_MESSAGES)]
    if apart:
        assert roles == ["user"]
        assert read(attrs, "system_instructions", schemas.SYSTEM_INSTRUCTIONS) == [system]
    else:
        assert roles == ["system", "user"]
        assert "gen_ai.system_instructions" not in attrs
    assert attrs["gen_ai.prompt.variable.name"] == "Ada"
    assert attrs["gen_ai.prompt.name"] == "greet"


def test_the_instructions_of_responses(server: Server, telemetry: Telemetry) -> None:
    server.reply(RESPONSES.wire.answered(Answer("Hello")))
    with RESPONSES.client(server) as client:
        call = RESPONSES.decorated(client, call_params={"instructions": "Be brief."})
        with_otel(content="attributes", **telemetry.options)(call)("Hi")
    attrs = telemetry.one().attributes
    expected = [{"type": "text", "content": "Be brief."}]
    assert read(attrs, "system_instructions", schemas.SYSTEM_INSTRUCTIONS) == expected


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_reasoning(stream: bool, server: Server, telemetry: Telemetry) -> None:
    answer = Answer(Thought("Hm."), Text("Hello"))
    server.reply(ANTHROPIC.wire.streamed(answer) if stream else ANTHROPIC.wire.answered(answer))
    with ANTHROPIC.client(server) as client:
        made = with_otel(content="attributes", **telemetry.options)(ANTHROPIC.decorated(client, stream=stream))("Hi")
        if stream:
            made.collect()
    (outputs,) = read(telemetry.one().attributes, "output.messages", schemas.OUTPUT_MESSAGES)
    assert outputs["parts"] == [{"type": "reasoning", "content": "Hm."}, {"type": "text", "content": "Hello"}]


@pytest.mark.parametrize("version", ["1.41", "0.1"])
def test_every_choice_is_a_message(version: Any, server: Server, telemetry: Telemetry) -> None:
    whole = OPENAI.wire.whole(Answer("One"))
    first = whole["choices"][0]
    second = {"index": 1, "finish_reason": "length", "message": {"role": "assistant", "content": "Two"}}
    server.reply(Reply.json({**whole, "choices": [first, second]}))
    with OPENAI.client(server) as client:
        call = OPENAI.decorated(client, call_params={"n": 2})
        with_otel(content="attributes", conventions=version, **telemetry.options)(call)("Hi")
    attrs = telemetry.one().attributes
    assert attrs["gen_ai.request.choice.count"] == 2
    assert attrs["gen_ai.response.finish_reasons"] == ("stop", "length")
    outputs = read(attrs, "output.messages", schemas.OUTPUT_MESSAGES)
    assert [one["parts"][0]["content"] for one in outputs] == ["One", "Two"]
    # The finish reason of a message is deprecated in 0.1 (PR 363 of the conventions).
    expected = {"1.41": ["stop", "length"], "0.1": [None, None]}[version]
    assert [one.get("finish_reason") for one in outputs] == expected


def test_media_are_recorded_without_their_bytes(server: Server, telemetry: Telemetry) -> None:
    server.reply(OPENAI.wire.answered(Answer("A cat")))
    parts = [
        *(TextPart(text="What is it?"), ImagePart(media_type="image/png", image=PNG)),
        ImageURLPart(url="https://example.com/a.png"),
    ]
    with OPENAI.client(server) as client:
        call = OPENAI.decorated(client)
        with_otel(content="attributes", **telemetry.options)(call)([BaseMessageParam(role="user", content=parts)])
    (message,) = read(telemetry.one().attributes, "input.messages", schemas.INPUT_MESSAGES)
    assert message["parts"] == [
        {"type": "text", "content": "What is it?"},
        {"type": "image", "modality": "image", "mime_type": "image/png", "size": len(PNG)},
        {"type": "uri", "modality": "image", "uri": "https://example.com/a.png"},
    ]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_failed_request_has_its_messages(stream: bool, server: Server, telemetry: Telemetry) -> None:
    server.reply(ANTHROPIC.wire.failed(500))
    with ANTHROPIC.client(server) as client:
        call = with_otel(content="attributes", **telemetry.options)(ANTHROPIC.decorated(client, stream=stream))
        with pytest.raises(Exception, match="scripted"):
            list(call("Hi"))
    attrs = telemetry.one().attributes
    assert read(attrs, "input.messages", schemas.INPUT_MESSAGES)[0]["parts"] == [{"type": "text", "content": "Hi"}]
    assert "gen_ai.output.messages" not in attrs


def test_a_stream_that_is_left_has_what_arrived(server: Server, telemetry: Telemetry) -> None:
    server.reply(OPENAI.wire.streamed(Answer(Text("Hel", "lo"))))
    with OPENAI.client(server) as client:
        call = with_otel(content="attributes", **telemetry.options)(OPENAI.decorated(client, stream=True))
        for chunk, _ in call("Hi"):
            if chunk.content:
                break
    (outputs,) = read(telemetry.one().attributes, "output.messages", schemas.OUTPUT_MESSAGES)
    assert outputs == {"role": "assistant", "parts": [{"type": "text", "content": "Hel"}], "finish_reason": "error"}


# Where contents are recorded


@pytest.mark.parametrize(
    ("option", "variable", "attributes", "events"),
    [
        (None, None, False, False),
        (False, "SPAN_AND_EVENT", False, False),
        (True, None, True, False),
        ("attributes", None, True, False),
        ("events", None, False, True),
        ("both", None, True, True),
        # The values of `opentelemetry-util-genai`, and those of older instrumentations.
        (None, "SPAN_ONLY", True, False),
        (None, "true", True, False),
        (None, "event_only", False, True),
        (None, "SPAN_AND_EVENT", True, True),
        (None, "NO_CONTENT", False, False),
        (None, "False", False, False),
        (None, "perhaps", False, False),
    ],
)
def test_content_is_opt_in(
    option: Any,
    variable: str | None,
    attributes: bool,
    events: bool,
    server: Server,
    telemetry: Telemetry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    if variable is not None:
        monkeypatch.setenv(VARIABLE, variable)
    server.reply(OPENAI.wire.answered(Answer("Hello")))
    with OPENAI.client(server) as client:
        with_otel(content=option, **telemetry.options)(OPENAI.decorated(client))("Hi")
    assert (set(telemetry.one().attributes) >= CONTENT) is attributes
    assert bool(telemetry.events) is events


def test_the_event_of_a_request(server: Server, telemetry: Telemetry) -> None:
    server.reply(OPENAI.wire.answered(Answer("Hello")))
    with OPENAI.client(server) as client:
        with_otel(content="events", **telemetry.options)(OPENAI.decorated(client))("Hi")
    (event,), span = telemetry.events, telemetry.one()
    # Source: `gen_ai.client.inference.operation.details` of the conventions: severity DEBUG, structured messages.
    assert (event.event_name, event.severity_number.value) == ("gen_ai.client.inference.operation.details", 5)
    assert (event.trace_id, event.span_id) == (span.context.trace_id, span.context.span_id)
    attrs = event.attributes
    assert attrs["gen_ai.request.model"] == "m"
    assert [dict(one) for one in attrs["gen_ai.input.messages"][0]["parts"]] == [{"type": "text", "content": "Hi"}]
    assert attrs["gen_ai.output.messages"][0]["parts"][0]["content"] == "Hello"


def test_the_event_of_an_error(server: Server, telemetry: Telemetry) -> None:
    server.reply(OPENAI.wire.failed(500))
    with OPENAI.client(server) as client, pytest.raises(Exception, match="scripted"):
        with_otel(content="events", **telemetry.options)(OPENAI.decorated(client))("Hi")
    details, error = telemetry.events
    # Source: `gen_ai.client.operation.exception` of the conventions: severity WARN.
    assert (error.event_name, error.severity_number.value) == ("gen_ai.client.operation.exception", 13)
    assert error.attributes["exception.type"] == "ServerError"
    assert "scripted error" in error.attributes["exception.message"]
    assert details.attributes["error.type"] == "ServerError"


@pytest.mark.parametrize("options", [{"content": "everything"}, {"conventions": "2.0"}], ids=["content", "conventions"])
@pytest.mark.parametrize("function", [with_otel, instrument])
def test_unknown_options(function: Any, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="must be"):
        function(**options)


def test_what_json_cannot_contain(telemetry: Telemetry) -> None:
    """The span of the tool ended without it, or never."""

    def half(rows: int) -> Any:
        """Return half a character, and a generator."""
        return {"half": "\ud83d", "rows": (one for one in range(rows)), "nan": float("nan")}

    @with_otel(content="attributes", **telemetry.options)
    @openai.call("m", tools=[half], tool_loop=ToolLoop())
    def ask() -> str:
        return "Hi"

    with fake(tool(half, rows=3), "done"):
        ask()
    (span,) = (one for one in telemetry.spans if one.name == "execute_tool half")
    assert json.loads(str((span.attributes or {})["gen_ai.tool.call.result"])) == {
        "half": "\ufffd",
        "rows": "<generator>",
        "nan": None,
    }
