"""OpenAI's chat completions, and the variants of other hosts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .answer import JSON, Answer, Call, Refusal, Thought
from .wire import Event, Reading, WireFormat, forced_tool, schemas, sse

CHAT_HEAD: JSON = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m-1"}


class ChatFormat(WireFormat):
    """`thinking` is the key of thoughts, if the host sends them; else they are left out. `whole_calls` is True if a
    call is streamed in one piece. `refusals` is False if a refusal is a text like any other.
    """

    settings: frozenset[str] = frozenset({"model", "messages", "tools", "stream", "stream_options"})

    def __init__(self, thinking: str | None = None, *, whole_calls: bool = False, refusals: bool = True) -> None:
        self.thinking = thinking
        self.whole_calls = whole_calls
        self.refusals = refusals

    def whole(self, answer: Answer) -> JSON:
        message: JSON = {"role": "assistant", "content": answer.text or None}
        if self._refuses(answer):
            message.update(content=None, refusal=answer.text)
        if answer.thoughts:
            message.update(self.thought(answer.thoughts))
        if answer.calls:
            message["tool_calls"] = [_call(call) for call in answer.calls]
        choice = {"index": 0, "message": message, "finish_reason": self.finish(answer)}
        head = {**_head(answer), "object": "chat.completion"}
        return {**head, "choices": [choice], "usage": self.usage(answer)}

    def events(self, answer: Answer) -> list[Event]:
        deltas: list[JSON] = [
            {"role": "assistant", "content": "" if answer.text and not self._refuses(answer) else None}
        ]
        for one in answer.parts:
            if isinstance(one, Call):
                deltas += self.call_deltas(answer.calls.index(one), one)
            elif isinstance(one, Thought):
                deltas += filter(None, map(self.thought, one.pieces))
            else:
                key = "refusal" if self.refusals and isinstance(one, Refusal) else "content"
                deltas += [{key: piece} for piece in one.pieces]
        choices: list[JSON] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        head = _head(answer)
        if not answer.ended:
            return [{**head, "choices": [choice]} for choice in choices]
        choices.append({"index": 0, "delta": {}, "finish_reason": self.finish(answer)})
        last: JSON = {**head, "choices": [], "usage": self.usage(answer)}
        return [*({**head, "choices": [choice]} for choice in choices), last]

    def frames(self, events: Sequence[Event], *, ended: bool) -> list[bytes]:
        return [*map(sse, events), *([sse("[DONE]")] if ended else ())]

    def read(self, path: str, body: Mapping[str, Any]) -> Reading:
        format: Mapping[str, Any] = body.get("response_format") or {}
        schema: Mapping[str, Any] | None = {} if format.get("type") == "json_object" else None
        if format.get("type") == "json_schema":
            schema = format["json_schema"].get("schema") or format["json_schema"].get("schema_definition") or {}
        return Reading(
            model=body.get("model") or deployment(path),
            messages=list(body.get("messages") or ()),
            tools=schemas(body.get("tools"), within="function"),
            forced=forced_tool(body.get("tool_choice")),
            schema=schema,
            stream=bool(body.get("stream")),
        )

    def finish(self, answer: Answer) -> str:
        """Return the finish reason. A refusal ends as any text does."""
        return "stop" if answer.refused and answer.finish is None else answer.reason()

    def _refuses(self, answer: Answer) -> bool:
        return self.refusals and answer.refused

    def usage(self, answer: Answer) -> JSON:
        """Return the tokens."""
        total = answer.input + answer.output
        usage: JSON = {"prompt_tokens": answer.input, "completion_tokens": answer.output, "total_tokens": total}
        if answer.cached is not None:
            usage["prompt_tokens_details"] = {"cached_tokens": answer.cached}
        return usage

    def thought(self, text: str) -> JSON:
        """Return what a message or delta has of a thought."""
        return {} if self.thinking is None else {self.thinking: text}

    def call_deltas(self, index: int, call: Call) -> list[JSON]:
        """Return the deltas of a call."""
        if self.whole_calls:
            return [{"tool_calls": [{"index": index, **_call(call)}]}]
        start = {"index": index, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
        pieces = [{"index": index, "function": {"arguments": piece}} for piece in call.pieces]
        return [{"tool_calls": [one]} for one in (start, *pieces)]


class MistralFormat(ChatFormat):
    """Mistral's: thoughts are parts of the content, and calls are sent whole, without an index. Refusals are text."""

    def __init__(self) -> None:
        super().__init__(refusals=False)

    def whole(self, answer: Answer) -> JSON:
        whole = super().whole(_with(answer, [one for one in answer.parts if not isinstance(one, Thought)]))
        if answer.thoughts:
            content = [*self.thought(answer.thoughts)["content"], {"type": "text", "text": answer.text}]
            whole["choices"][0]["message"]["content"] = content
        return whole

    def thought(self, text: str) -> JSON:
        return {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]}

    def call_deltas(self, index: int, call: Call) -> list[JSON]:
        return [{"tool_calls": [_call(call)]}]

    def failure(self, status: int, message: str, code: str | None) -> tuple[JSON, dict[str, str]]:
        if status == 422:
            return {"detail": [{"loc": ["body"], "msg": message, "type": code or "value_error"}]}, {}
        return {"object": "error", "message": message, "type": code or "error", "param": None, "code": code}, {}


def deployment(path: str) -> str:
    """Return the deployment in a path of Azure; "" if there is none."""
    return path.partition("/deployments/")[2].partition("/")[0]


def _with(answer: Answer, parts: Sequence[Any]) -> Answer:
    names = ("model", "input", "cached", "output", "ended", "finish", "id")
    return Answer(*parts, **{name: getattr(answer, name) for name in names})


def _head(answer: Answer) -> JSON:
    return {**CHAT_HEAD, "id": answer.id or CHAT_HEAD["id"], "model": answer.model}


def _call(call: Call) -> JSON:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.whole}}
