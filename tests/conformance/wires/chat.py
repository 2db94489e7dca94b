"""OpenAI's chat completions, and what hosts make of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.conformance.wires.answer import IMAGE_URL, JSON, PDF_64, PNG_64, WAV_64, Answer, Call, Text, Wire
from tests.harness.replies import Reply, StreamEvent

CHAT_HEAD: JSON = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m-1"}


class ChatWire(Wire):
    """`thinking` is the key of thoughts, if the host sends them. `whole_calls`: is a call streamed in one piece?"""

    media: ClassVar[Mapping[str, JSON]] = {
        "image": {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG_64}"}},
        "image url": {"type": "image_url", "image_url": {"url": IMAGE_URL}},
        "audio": {"type": "input_audio", "input_audio": {"data": WAV_64, "format": "wav"}},
        "document": {
            "type": "file",
            "file": {"filename": "document.pdf", "file_data": f"data:application/pdf;base64,{PDF_64}"},
        },
    }
    json_mode: ClassVar[JSON | None] = {"type": "json_object"}
    native: ClassVar[Any] = {"role": "user", "content": "Hi"}

    def __init__(self, thinking: str | None = None, *, whole_calls: bool = False) -> None:
        self.thinking = thinking
        self.whole_calls = whole_calls

    def whole(self, answer: Answer) -> JSON:
        message: JSON = {"role": "assistant", "content": answer.text or None}
        if answer.thoughts:
            message.update(self._thought(answer.thoughts))
        if answer.calls:
            message["tool_calls"] = [_call(call) for call in answer.calls]
        choice = {"index": 0, "message": message, "finish_reason": _finish(answer)}
        head = {**CHAT_HEAD, "object": "chat.completion", "model": answer.model}
        return {**head, "choices": [choice], "usage": self.usage(answer)}

    def events(self, answer: Answer) -> list[StreamEvent]:
        deltas: list[JSON] = [{"role": "assistant", "content": "" if answer.text else None}]
        for one in answer.said:
            if isinstance(one, Call):
                deltas += self._call_deltas(answer.calls.index(one), one)
            else:
                deltas += [
                    {"content": piece} if isinstance(one, Text) else self._thought(piece) for piece in one.pieces
                ]
        choices: list[JSON] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        head = {**CHAT_HEAD, "model": answer.model}
        if not answer.ended:
            return [{**head, "choices": [choice]} for choice in choices]
        choices.append({"index": 0, "delta": {}, "finish_reason": _finish(answer)})
        last = {**head, "choices": [], "usage": self.usage(answer)}
        return [*({**head, "choices": [choice]} for choice in choices), last]

    def stream(self, *events: StreamEvent) -> Reply:
        return Reply.chat(*events)

    def result(self, call: Call, text: str) -> JSON:
        return {"role": "tool", "content": text, "tool_call_id": call.id}

    def usage(self, answer: Answer) -> JSON:
        total = answer.input + answer.output
        usage: JSON = {"prompt_tokens": answer.input, "completion_tokens": answer.output, "total_tokens": total}
        if answer.cached is not None:
            usage["prompt_tokens_details"] = {"cached_tokens": answer.cached}
        return usage

    def _text(self, text: str) -> JSON:
        return {"content": text}

    def _thought(self, text: str) -> JSON:
        assert self.thinking is not None
        return {self.thinking: text}

    def _call_deltas(self, index: int, call: Call) -> list[JSON]:
        if self.whole_calls:
            return [{"tool_calls": [{"index": index, **_call(call)}]}]
        start = {"index": index, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
        pieces = [{"index": index, "function": {"arguments": piece}} for piece in call.pieces]
        return [{"tool_calls": [one]} for one in (start, *pieces)]


class MistralWire(ChatWire):
    """Mistral's: thoughts are parts of the content, and calls come whole, without an index."""

    media: ClassVar[Mapping[str, JSON]] = {
        **ChatWire.media,
        "audio": {"type": "input_audio", "input_audio": WAV_64},
        "document": {"type": "document_url", "document_url": f"data:application/pdf;base64,{PDF_64}"},
    }

    def whole(self, answer: Answer) -> JSON:
        whole = super().whole(Answer(*(one for one in answer.said if isinstance(one, Text | Call)), **_rest(answer)))
        if answer.thoughts:
            content = [*self._thought(answer.thoughts)["content"], {"type": "text", "text": answer.text}]
            whole["choices"][0]["message"]["content"] = content
        return whole

    def _thought(self, text: str) -> JSON:
        return {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]}

    def _call_deltas(self, index: int, call: Call) -> list[JSON]:
        return [{"tool_calls": [_call(call)]}]


def _rest(answer: Answer) -> JSON:
    return {name: getattr(answer, name) for name in ("model", "input", "cached", "output", "ended")}


def _call(call: Call) -> JSON:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.whole}}


def _finish(answer: Answer) -> str:
    return "tool_calls" if answer.calls else "stop"


def chat_text(*texts: str, finish: str | None = "stop") -> list[JSON]:
    """A chat completions stream of these texts, without the `[DONE]`; `finish=None` leaves the end out."""
    found: Any = ChatWire().events(Answer(Text(*texts), ended=finish is not None))
    return list(found)


def chat_whole(text: str) -> JSON:
    """The chat completion that `chat_text` streams."""
    return ChatWire().whole(Answer(text))
