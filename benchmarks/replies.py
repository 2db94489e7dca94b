"""Synthetic replies, as providers send them: text in so many pieces, or a tool call whose arguments are a library.

OpenAI's chat completions and Anthropic's messages are told here as these two tell them today, down to the padding; the
others as the conformance suite scripts them.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from tests.conformance.wires.answer import Answer, Call, Text, Wire
from tests.conformance.wires.bedrock import BedrockWire
from tests.conformance.wires.chat import ChatWire
from tests.conformance.wires.cohere import CohereWire
from tests.conformance.wires.gemini import ArrayWire, GeminiWire
from tests.conformance.wires.messages import MessagesWire
from tests.conformance.wires.responses import ResponsesWire
from tests.harness.replies import Reply

SENTENCE = "The quick brown fox, who had read the report twice, jumps over 17 lazy dogs — and says: “done”."
PIECES = [f" {word}" for word in SENTENCE.split()]
PADDING = "Qz7LmX2"
WIRES: dict[str, Wire] = {
    "chat": ChatWire(),
    "messages": MessagesWire(),
    "responses": ResponsesWire(),
    "cohere": CohereWire(),
    "gemini": GeminiWire(),
    "gemini array": ArrayWire(),
    "bedrock": BedrockWire(),
}
IDS = b"request-id: req_bench\r\nx-request-id: req_bench\r\n"


@dataclass(frozen=True)
class Asked:
    """Which reply: text in `count` pieces; or, where `size` is given, a call that brings a library of so many bytes."""

    api: str
    count: int
    size: int = 0


def texts(count: int) -> list[str]:
    """So many pieces of text, as a model would stream them."""
    return list(itertools.islice(itertools.cycle(PIECES), count))


def chat_events(count: int) -> list[bytes]:
    """The events of a chat completion with `count` deltas of text, as OpenAI sends them with usage."""
    head = {
        "id": "chatcmpl-BmK2xQ9pYvT0bEnChMaRk00000000",
        "object": "chat.completion.chunk",
        "created": 1764000000,
        "model": "gpt-4o-mini-2024-07-18",
        "service_tier": "default",
        "system_fingerprint": "fp_560af6e559",
    }

    def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        padding = PADDING[: 1 + len(delta.get("content") or "") % 7]
        return _sse({**head, "choices": [choice], "usage": None, "obfuscation": padding})

    return [
        chunk({"role": "assistant", "content": "", "refusal": None}),
        *(chunk({"content": text}) for text in texts(count)),
        chunk({}, "stop"),
        _sse({**head, "choices": [], "usage": _chat_usage(count)}),
        b"data: [DONE]\n\n",
    ]


def chat_answer(count: int) -> dict[str, Any]:
    """The same reply, not streamed."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(texts(count)),
        "refusal": None,
        "annotations": [],
    }
    return {
        "id": "chatcmpl-BmK2xQ9pYvT0bEnChMaRk00000000",
        "object": "chat.completion",
        "created": 1764000000,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": _chat_usage(count),
        "service_tier": "default",
        "system_fingerprint": "fp_560af6e559",
    }


def _chat_usage(count: int) -> dict[str, Any]:
    generated = {"reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0}
    return {
        "prompt_tokens": 19,
        "completion_tokens": count,
        "total_tokens": 19 + count,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {**generated, "rejected_prediction_tokens": 0},
    }


def message_events(count: int) -> list[bytes]:
    """The events of an Anthropic message with `count` deltas of text."""
    start: dict[str, Any] = {**message_answer(0), "content": [], "stop_reason": None}

    def delta(text: str) -> bytes:
        body = {"type": "text_delta", "text": text}
        return _named({"type": "content_block_delta", "index": 0, "delta": body})

    return [
        _named({"type": "message_start", "message": start}),
        _named({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        _named({"type": "ping"}),
        *(delta(text) for text in texts(count)),
        _named({"type": "content_block_stop", "index": 0}),
        _named(
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn", "stop_sequence": None},
                "usage": {
                    "input_tokens": 19,
                    "cache_creation_input_tokens": 0,
                    "cache_read_input_tokens": 0,
                    "output_tokens": count,
                },
            }
        ),
        _named({"type": "message_stop"}),
    ]


def message_answer(count: int) -> dict[str, Any]:
    """The same reply, not streamed."""
    return {
        "model": "claude-sonnet-4-5-20250929",
        "id": "msg_01BenchmarkBenchmarkBench00",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": "".join(texts(count))}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 19,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": max(1, count),
            "service_tier": "standard",
        },
    }


def _sse(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def _named(data: dict[str, Any]) -> bytes:
    return f"event: {data['type']}\n".encode() + _sse(data)


def library(size: int) -> str:
    """An answer of books, as JSON of so many characters or a few more."""
    books: list[dict[str, Any]] = []
    length = 0
    while length < size:
        number = len(books)
        books.append(
            {
                "title": f"Book {number}",
                "author": f"Author {number % 7}",
                "year": 1900 + number % 100,
                "tags": ["fiction", f"shelf {number % 12}"],
                "summary": f'Volume {number}: "a long road", told by \u00e9 voices that know it well.',
            }
        )
        length += len(json.dumps(books[-1])) + 2
    return json.dumps({"name": "City Library", "books": books}, ensure_ascii=False)


def cut(text: str, count: int) -> list[str]:
    """A text in so many pieces of the same length."""
    width = len(text) / count
    ends = [round(width * at) for at in range(count + 1)]
    return [text[start:end] for start, end in pairwise(ends) if end > start]


def _reply(asked: Asked) -> Reply:
    wire = WIRES[asked.api]
    if asked.size:
        return wire.streamed(Answer(Call("c1", "Library", *cut(library(asked.size), asked.count))))
    if asked.api == "chat":
        return Reply.sse(*chat_events(asked.count))
    if asked.api == "messages":
        return Reply.sse(*message_events(asked.count))
    return wire.streamed(Answer(Text(*texts(asked.count))))


@cache
def stream_head(asked: Asked) -> bytes:
    """What stands before a streamed reply."""
    kind = _reply(asked).headers["content-type"].encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\n%btransfer-encoding: chunked\r\n\r\n" % (kind, IDS)


@cache
def stream_chunks(asked: Asked) -> tuple[bytes, ...]:
    """The HTTP chunks of a streamed reply, one for each event."""
    events = (piece for piece in _reply(asked).pieces if isinstance(piece, bytes))
    return tuple(b"%x\r\n%b\r\n" % (len(event), event) for event in events)


@cache
@cache
def whole_reply(api: str, count: int) -> bytes:
    """A reply that is not streamed, head included."""
    body = json.dumps(message_answer(count) if api == "messages" else chat_answer(count)).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n%b\r\n" % (len(body), IDS)
    return head + body
