"""Cohere's chat, version 2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.conformance.wires.answer import IMAGE_URL, JSON, PNG_64, Answer, Call, Text, Wire
from tests.harness.replies import Reply, StreamEvent


class CohereWire(Wire):
    """Content in blocks, calls beside them."""

    media: ClassVar[Mapping[str, JSON]] = {
        "image": {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG_64}"}},
        "image url": {"type": "image_url", "image_url": {"url": IMAGE_URL}},
    }
    json_mode: ClassVar[JSON | None] = {"type": "json_object"}

    @property
    def native(self) -> Any:
        from cohere import UserChatMessageV2

        return UserChatMessageV2(content="Hi")

    def whole(self, answer: Answer) -> JSON:
        message: JSON = {"role": "assistant"}
        content = [_block(one, one.whole) for one in answer.said if not isinstance(one, Call)]
        if content:
            message["content"] = content
        if answer.calls:
            message["tool_calls"] = [_call(call, call.whole) for call in answer.calls]
        return {"id": "a-1", "message": message, "finish_reason": _finish(answer), "usage": _usage(answer)}

    def events(self, answer: Answer) -> list[StreamEvent]:
        message = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        events: list[JSON] = [{"id": "a-1", "type": "message-start", "delta": {"message": message}}]
        for index, one in enumerate(answer.said):
            if isinstance(one, Call):
                start = {"tool_calls": _call(one, "")}
                deltas: list[JSON] = [{"tool_calls": {"function": {"arguments": piece}}} for piece in one.pieces]
                kind = "tool-call"
            else:
                name = "text" if isinstance(one, Text) else "thinking"
                start = {"content": {"type": name, name: ""}}
                deltas = [{"content": {name: piece}} for piece in one.pieces]
                kind = "content"
            events.append({"type": f"{kind}-start", "index": index, "delta": {"message": start}})
            events += [{"type": f"{kind}-delta", "index": index, "delta": {"message": delta}} for delta in deltas]
            if answer.ended or one is not answer.said[-1]:
                events.append({"type": f"{kind}-end", "index": index})
        end: JSON = {"finish_reason": _finish(answer), "usage": _usage(answer)}
        return [*events, *([{"type": "message-end", "delta": end}] if answer.ended else [])]

    def stream(self, *events: StreamEvent) -> Reply:
        return Reply.sse(*events, "[DONE]", named=False)

    def result(self, call: Call, text: str) -> JSON:
        return {"role": "tool", "content": text, "tool_call_id": call.id}

    def failed(self, status: int) -> Reply:
        return Reply.json({"id": "r-1", "message": "scripted error"}, status)


def _block(said: Any, text: str) -> JSON:
    name = "text" if isinstance(said, Text) else "thinking"
    return {"type": name, name: text}


def _call(call: Call, arguments: str) -> JSON:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _finish(answer: Answer) -> str:
    return "TOOL_CALL" if answer.calls else "COMPLETE"


def _usage(answer: Answer) -> JSON:
    spent = {"input_tokens": answer.input, "output_tokens": answer.output}
    cached = {} if answer.cached is None else {"cached_tokens": answer.cached}
    return {"billed_units": spent, "tokens": spent, **cached}
