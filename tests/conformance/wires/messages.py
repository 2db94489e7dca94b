"""Anthropic's messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.conformance.wires.answer import IMAGE_URL, JSON, PDF_64, PNG_64, Answer, Call, Said, Text, Wire
from tests.harness.replies import Reply, StreamEvent


class MessagesWire(Wire):
    """Blocks of content, each with a start, deltas and a stop."""

    media: ClassVar[Mapping[str, JSON]] = {
        "image": {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG_64}},
        "image url": {"type": "image", "source": {"type": "url", "url": IMAGE_URL}},
        "document": {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF_64}},
    }
    native: ClassVar[Any] = {"role": "user", "content": [{"type": "text", "text": "Hi"}]}

    def whole(self, answer: Answer) -> JSON:
        return {
            **_head(answer),
            "content": [_block(one) for one in answer.said],
            "stop_reason": "tool_use" if answer.calls else "end_turn",
            "stop_sequence": None,
            "usage": {**_asked(answer), "output_tokens": answer.output},
        }

    def events(self, answer: Answer) -> list[StreamEvent]:
        empty = {"content": [], "stop_reason": None, "stop_sequence": None}
        start = {**_head(answer), **empty, "usage": {**_asked(answer), "output_tokens": 1}}
        events: list[StreamEvent] = [{"type": "message_start", "message": start}]
        for index, one in enumerate(answer.said):
            last = one is answer.said[-1]
            events += _block_events(index, one, stopped=answer.ended or not last)
        if not answer.ended:
            return events
        delta = {"stop_reason": "tool_use" if answer.calls else "end_turn", "stop_sequence": None}
        usage = {"output_tokens": answer.output}
        return [*events, {"type": "message_delta", "delta": delta, "usage": usage}, {"type": "message_stop"}]

    def stream(self, *events: StreamEvent) -> Reply:
        return Reply.messages(*events)

    def result(self, call: Call, text: str) -> JSON:
        return {"type": "tool_result", "tool_use_id": call.id, "content": text}


def _head(answer: Answer) -> JSON:
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": answer.model}


def _asked(answer: Answer) -> JSON:
    if answer.cached is None:
        return {"input_tokens": answer.input}
    return {"input_tokens": answer.input - answer.cached, "cache_read_input_tokens": answer.cached}


def _block(said: Said) -> JSON:
    if isinstance(said, Call):
        return {"type": "tool_use", "id": said.id, "name": said.name, "input": said.args}
    if isinstance(said, Text):
        return {"type": "text", "text": said.whole}
    return {"type": "thinking", "thinking": said.whole, "signature": "sig"}


def _block_events(index: int, said: Said, *, stopped: bool) -> list[StreamEvent]:
    if isinstance(said, Call):
        empty: JSON = {"type": "tool_use", "id": said.id, "name": said.name, "input": {}}
        deltas: list[JSON] = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", *said.pieces)]
    elif isinstance(said, Text):
        empty = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": piece} for piece in said.pieces]
    else:
        empty = {"type": "thinking", "thinking": "", "signature": ""}
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in said.pieces]
        deltas.append({"type": "signature_delta", "signature": "sig"})
    start: list[StreamEvent] = [{"type": "content_block_start", "index": index, "content_block": empty}]
    if index == 0:
        start.append({"type": "ping"})
    said_events = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    return [*start, *said_events, *([{"type": "content_block_stop", "index": index}] if stopped else [])]


def message_text(*texts: str, finish: str | None = "end_turn") -> list[JSON]:
    """An Anthropic message stream of these texts; `finish=None` leaves the end out."""
    found: Any = MessagesWire().events(Answer(Text(*texts), ended=finish is not None))
    return list(found)


def message_whole(text: str) -> JSON:
    """The message that `message_text` streams."""
    return MessagesWire().whole(Answer(text))
