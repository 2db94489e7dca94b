"""Streams that are sent now and then and that no recording shows, and what the SDK loses there.

What each adds up to is `expected`. `loses` names the fields that the accumulator of `chat.completions` or
`messages` gets wrong, `raises` what it raises; neither where it agrees with the sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.harness.oracles import sum_events
from tests.harness.server import Reply

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OddStream:
    """A scripted stream under a name for pytest."""

    name: str
    api: str
    events: tuple[JSON, ...]
    loses: tuple[str, ...] = ()
    raises: str = ""

    @property
    def id(self) -> str:
        return f"{self.api}-{self.name}"

    @property
    def reply(self) -> Reply:
        return Reply.chat(*self.events) if self.api == "openai.chat" else Reply.messages(*self.events)

    @property
    def expected(self) -> JSON:
        return sum_events(self.api, self.events)


def chunk(*choices: JSON, **fields: Any) -> JSON:
    """A chat completions chunk."""
    head = {"id": "chatcmpl-odd", "object": "chat.completion.chunk", "created": 1, "model": "odd"}
    return {**head, "choices": list(choices), **fields}


def choice(index: int = 0, finish: str | None = None, /, **delta: Any) -> JSON:
    """A choice of a chunk."""
    return {"index": index, "delta": delta, "finish_reason": finish}


def call(index: int | None, id: str | None, name: str | None, arguments: str | None) -> JSON:
    """A piece of a tool call; what is `None` is absent, except for the arguments."""
    function = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
    head = {"index": index, "id": id, "type": "function" if id else None}
    return {**{key: value for key, value in head.items() if value is not None}, "function": function}


def message_start(**fields: Any) -> JSON:
    """The first event of an Anthropic message."""
    usage = {"input_tokens": 3, "output_tokens": 1, "service_tier": "standard"}
    head = {"id": "msg_odd", "type": "message", "role": "assistant", "model": "odd", "content": []}
    message = {**head, "stop_reason": None, "stop_sequence": None, "usage": usage, **fields}
    return {"type": "message_start", "message": message}


def block(index: int, start: JSON, *deltas: JSON) -> list[JSON]:
    """The events of one content block."""
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def text(*pieces: str, index: int = 0) -> list[JSON]:
    """The events of a block of text."""
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": each} for each in pieces))


def message_end(reason: str = "end_turn", *, delta: JSON | None = None, usage: Any = (), **fields: Any) -> list[JSON]:
    """The last two events of an Anthropic message."""
    body = {"stop_reason": reason, "stop_sequence": None, **(delta or {})}
    total = {"output_tokens": 5, **dict(usage)}
    return [{"type": "message_delta", "delta": body, "usage": total, **fields}, {"type": "message_stop"}]


def _chat(name: str, *chunks: JSON, loses: tuple[str, ...] = (), raises: str = "") -> OddStream:
    return OddStream(name, "openai.chat", chunks, loses, raises)


def _messages(name: str, *events: JSON, loses: tuple[str, ...] = ()) -> OddStream:
    return OddStream(name, "anthropic.messages", events, loses)


_STOP = chunk(choice(0, "stop"))
_CALLED = chunk(choice(0, "tool_calls"))
_CALL = "choices[0].message.tool_calls[0]"
_TOKEN = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}

ODD_CHATS = (
    _chat(
        "usage-then-a-chunk-without",
        chunk(choice(role="assistant", content="a")),
        _STOP,
        chunk(usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}),
        chunk(),
        loses=("usage",),
    ),
    _chat("length", chunk(choice(content="a")), chunk(choice(0, "length")), raises="LengthFinishReasonError"),
    _chat(
        "content-filter",
        chunk(choice(content="a")),
        chunk(choice(0, "content_filter")),
        raises="ContentFilterFinishReasonError",
    ),
    _chat(
        "late-service-tier",
        chunk(choice(content="a")),
        chunk(choice(0, "stop"), service_tier="flex"),
        loses=("service_tier",),
    ),
    _chat(
        "late-unknown-fields",
        chunk(choice(content="a")),
        chunk({**choice(0, "stop"), "content_filter_results": {"hate": {"filtered": False}}}, x_new={"a": 1}),
        loses=("choices[0].content_filter_results", "x_new"),
    ),
    _chat(
        "azure-first-chunk",
        chunk(prompt_filter_results=[{"prompt_index": 0}]),
        chunk(choice(role="assistant", content="a")),
        _STOP,
    ),
    _chat(
        "azure-chunk-of-no-object",
        chunk(choice(content="a")),
        {**chunk(choice(0, "stop")), "object": ""},
        loses=("choices[0].finish_reason",),
    ),
    _chat(
        "no-choices-at-all",
        chunk(choice(content="a")),
        _STOP,
        {"id": "chatcmpl-odd", "object": "chat.completion.chunk", "usage": {"total_tokens": 3}},
        raises="TypeError",
    ),
    _chat(
        "empty-texts-and-nulls",
        chunk(choice(role="assistant", content="a", refusal="", tool_calls=None, function_call=None)),
        chunk(choice(0, "stop", content=None)),
        chunk(choice(0, "")),
    ),
    _chat(
        "empty-delta-object",
        chunk(choice(content="a")),
        chunk({"index": 0, "finish_reason": "stop", "delta": {}}),
    ),
    _chat(
        "two-choices",
        chunk(choice(0, role="assistant", content="a"), choice(1, role="assistant", content="b")),
        chunk(choice(1, content="d")),
        chunk(choice(0, "stop", content="c"), choice(1, "stop")),
    ),
    _chat(
        "second-choice-first",
        chunk(choice(1, content="b")),
        chunk(choice(0, content="a")),
        chunk(choice(0, "stop"), choice(1, "stop")),
        raises="IndexError",
    ),
    _chat(
        "logprobs",
        chunk({**choice(content="a"), "logprobs": {"content": [_TOKEN], "refusal": None}}),
        chunk({**choice(content="a"), "logprobs": {"content": [_TOKEN, _TOKEN], "refusal": None}}),
        chunk({**choice(refusal="a"), "logprobs": {"content": None, "refusal": [_TOKEN]}}),
        chunk({**choice(0, "stop"), "logprobs": None}),
    ),
    _chat(
        "annotations",
        chunk(choice(content="a", annotations=[{"type": "url_citation", "url_citation": {"url": "u"}}])),
        chunk(choice(content="b", annotations=[{"type": "url_citation", "url_citation": {"url": "v"}}])),
        _STOP,
        raises="RuntimeError",
    ),
    _chat(
        "audio",
        chunk(choice(role="assistant", audio={"id": "audio_1", "transcript": "Hel"})),
        chunk(choice(audio={"transcript": "lo"})),
        chunk(choice(audio={"data": "AAAA"})),
        chunk(choice(audio={"data": "BBBB", "expires_at": 5})),
        _STOP,
    ),
    _chat(
        "unknown-label-in-every-delta",
        chunk(choice(content="a", channel="final")),
        chunk(choice(content="b", channel="final")),
        _STOP,
        loses=("choices[0].message.channel",),
    ),
    _chat(
        "reasoning-details",
        chunk(
            choice(
                reasoning="a",
                reasoning_details=[{"type": "reasoning.text", "text": "a", "index": 0, "format": None}],
            )
        ),
        chunk(
            choice(
                reasoning="b",
                reasoning_details=[{"type": "reasoning.text", "text": "b", "signature": "s", "index": 0}],
            )
        ),
        _STOP,
    ),
    _chat(
        "function-call",
        chunk(choice(role="assistant", content=None, function_call={"name": "f", "arguments": "{"})),
        chunk(choice(function_call={"arguments": "}"})),
        chunk(choice(0, "function_call")),
    ),
    _chat(
        "calls-interleaved",
        chunk(choice(tool_calls=[call(0, "x", "f", ""), call(1, "y", "g", "")])),
        chunk(choice(tool_calls=[call(1, None, None, '{"b":')])),
        chunk(choice(tool_calls=[call(0, None, None, '{"a":'), call(1, None, None, "2}")])),
        chunk(choice(0, "tool_calls", tool_calls=[call(0, None, None, "1}")])),
    ),
    _chat(
        "call-id-and-name-repeated",
        chunk(choice(tool_calls=[call(0, "x", "f", "{")])),
        chunk(choice(tool_calls=[call(0, "x", "f", "}")])),
        _CALLED,
        loses=(f"{_CALL}.function.name", f"{_CALL}.id"),
    ),
    _chat(
        "calls-all-of-index-0",
        chunk(choice(tool_calls=[call(0, "x", "f", "{}")])),
        chunk(choice(tool_calls=[call(0, "y", "f", "{}")])),
        _CALLED,
        loses=("choices[0].message.tool_calls",),
    ),
    _chat(
        "calls-without-index",
        chunk(choice(tool_calls=[call(None, "x", "f", "{}"), call(None, "y", "g", "{}")])),
        _CALLED,
        raises="TypeError",
    ),
    _chat(
        "call-in-pieces-without-index",
        chunk(choice(tool_calls=[call(None, "x", "f", "{")])),
        chunk(choice(tool_calls=[call(None, "x", None, '"a":')])),
        chunk(choice(tool_calls=[call(None, None, None, "1}")])),
        _CALLED,
        raises="TypeError",
    ),
    _chat(
        "second-call-first",
        chunk(choice(tool_calls=[call(1, "y", "g", "{}")])),
        chunk(choice(tool_calls=[call(0, "x", "f", "{}")])),
        _CALLED,
        raises="IndexError",
    ),
    _chat(
        "calls-counted-from-1",
        chunk(choice(tool_calls=[call(1, "y", "g", "{")])),
        chunk(choice(tool_calls=[call(1, None, None, "}")])),
        _CALLED,
        raises="IndexError",
    ),
    _chat(
        "arguments-null",
        chunk(choice(tool_calls=[call(0, "x", "f", None)])),
        chunk(choice(tool_calls=[call(0, None, None, "{}")])),
        _CALLED,
    ),
    _chat(
        "custom-tool",
        chunk(choice(tool_calls=[{"index": 0, "id": "x", "type": "custom", "custom": {"name": "f", "input": "a"}}])),
        chunk(choice(tool_calls=[{"index": 0, "custom": {"input": "b"}}])),
        _CALLED,
        raises="AttributeError",
    ),
    _chat("cut-arguments", chunk(choice(tool_calls=[call(0, "x", "f", '{"a": "b')])), _CALLED),
)

_THINKING = {"type": "thinking", "thinking": "", "signature": ""}
_TOOL = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
_CITED = {
    "type": "char_location",
    "cited_text": "x",
    "document_index": 0,
    "start_char_index": 0,
    "end_char_index": 1,
}

ODD_MESSAGES = (
    _messages(
        "unknown-usage",
        message_start(),
        *text("a"),
        *message_end(usage={"iterations": [{"input_tokens": 3}], "new": 2, "service_tier": "priority"}),
        loses=("usage.iterations", "usage.new", "usage.service_tier"),
    ),
    _messages(
        "null-usage-keeps-the-first",
        message_start(),
        *text("a"),
        *message_end(usage={"input_tokens": None, "cache_read_input_tokens": 7}),
    ),
    _messages(
        "unknown-at-the-end",
        message_start(),
        *text("a"),
        *message_end(delta={"new": 1}, context_management={"applied_edits": []}),
        loses=("context_management", "new"),
    ),
    _messages(
        "refusal",
        message_start(),
        *text("a"),
        *message_end("refusal", delta={"stop_details": {"type": "refusal", "category": "cyber", "explanation": None}}),
    ),
    _messages(
        "signature-in-two-pieces",
        message_start(),
        *block(
            0,
            _THINKING,
            {"type": "thinking_delta", "thinking": "a"},
            {"type": "thinking_delta", "thinking": "b"},
            {"type": "signature_delta", "signature": "x"},
            {"type": "signature_delta", "signature": "y"},
        ),
        *text("c", index=1),
        *message_end(),
        loses=("content[0].signature",),
    ),
    _messages(
        "redacted-thinking",
        message_start(),
        *block(0, {"type": "redacted_thinking", "data": "opaque"}),
        *text("a", index=1),
        *message_end(),
    ),
    _messages(
        "cut-tool-input",
        message_start(),
        *block(0, _TOOL, {"type": "input_json_delta", "partial_json": '{"a": 1, "b": "x'}),
        *message_end("max_tokens"),
    ),
    _messages(
        "tool-without-input",
        message_start(),
        *block(0, _TOOL, {"type": "input_json_delta", "partial_json": ""}),
        *message_end("tool_use"),
    ),
    _messages(
        "tool-with-input-at-once",
        message_start(),
        *block(0, {**_TOOL, "input": {"a": 1}}),
        *message_end("tool_use"),
    ),
    _messages(
        "mcp-tool",
        message_start(),
        *block(
            0,
            {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "f", "server_name": "s", "input": {}},
            {"type": "input_json_delta", "partial_json": '{"a":'},
            {"type": "input_json_delta", "partial_json": "1}"},
        ),
        *message_end("tool_use"),
        loses=("content[0].input.a",),
    ),
    _messages(
        "unknown-block-and-delta",
        message_start(),
        *block(0, {"type": "compaction", "content": None}, {"type": "compaction_delta", "content": "abc"}),
        *block(1, {"type": "new_block", "value": {"a": 1}}),
        *message_end(),
        loses=("content[0].content",),
    ),
    _messages(
        "unknown-key-in-a-delta",
        message_start(),
        *block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "a", "new": 1}),
        *message_end(),
        loses=("content[0].new",),
    ),
    _messages(
        "unknown-event",
        message_start(),
        {"type": "ping"},
        {"type": "new_event", "value": 1},
        *text("a"),
        *message_end(),
    ),
    _messages(
        "citations",
        message_start(),
        *block(
            0,
            {"type": "text", "text": "", "citations": []},
            {"type": "citations_delta", "citation": _CITED},
            {"type": "text_delta", "text": "a"},
            {"type": "citations_delta", "citation": _CITED},
        ),
        *message_end(),
    ),
    _messages(
        "blocks-interleaved",
        message_start(),
        *text(index=0)[:1],
        *text("b", index=1)[:2],
        *text("a", index=0)[1:],
        *text(index=1)[1:],
        *message_end(),
    ),
)

ODD_STREAMS = ODD_CHATS + ODD_MESSAGES
