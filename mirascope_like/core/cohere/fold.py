"""The sum of a stream of Cohere's chat events.

Source: Cohere's documentation of streaming, version 2. The usage is said once, in the last event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import jiter

from ..base.fold import ErrorEventError, GarbledEventError, NumberedFold, Text, settled
from ..base.tools import BaseTool, ToolCall
from ..base.usage import Usage
from ..base.wire import as_object
from .types import CohereCallResponseChunk, CohereTool, delta_of, event_text, read_usage

_GROWING = frozenset({"text", "thinking", "arguments", "tool_plan"})


class CohereFold(NumberedFold[CohereCallResponseChunk, CohereTool]):
    """Sums chat events."""

    def __init__(self, tools: Sequence[type[BaseTool]] = (), partial: bool = False) -> None:
        super().__init__(CohereCallResponseChunk, CohereTool, tools, partial)
        self._whole: dict[str, Any] = {}
        self._message: dict[str, Any] = {}
        self._blocks: dict[int, dict[str, Any]] = {}
        self._calls: dict[int, dict[str, Any]] = {}
        self._citations: dict[int, dict[str, Any]] = {}
        self._logprobs: list[Any] = []

    def read(self, events: Sequence[bytes]) -> Iterator[tuple[CohereCallResponseChunk, CohereTool | None]]:
        make, texts = CohereCallResponseChunk.from_bytes, self._texts
        for raw in events:
            if raw == b"[DONE]":
                continue
            try:
                data = jiter.from_json(raw, cache_mode="keys")
                kind = data.get("type")
                if kind == "content-delta" and len(data) == 3 and data["index"] in texts:
                    content = data["delta"]["message"]["content"]
                    if len(content) == 1 and (text := content.get("text")) is not None:
                        texts[data["index"]].append(text)
                        yield make(raw, text), None
                        continue
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                raise GarbledEventError(f"{error}: {raw[:200]!r}") from error
            yield from self.add(make(raw, event_text(data)), data)

    def add(
        self, chunk: CohereCallResponseChunk, data: Mapping[str, Any]
    ) -> Iterator[tuple[CohereCallResponseChunk, CohereTool | None]]:
        self._last = chunk
        tools: list[CohereTool] = []
        index, delta = data.get("index") or 0, delta_of(data)
        match data.get("type"):
            case "message-start":
                self._whole = {key: value for key, value in data.items() if key not in ("type", "delta")}
                self._start(delta)
            case "content-start" | "content-delta":
                self._grow_block(index, as_object(delta.get("content")))
                if (logprobs := data.get("logprobs")) is not None:
                    self._logprobs.append(logprobs)
            case "tool-plan-delta":
                _grow(self._message, delta)
            case "tool-call-start" | "tool-call-delta":
                tools = self._grow_call(index, as_object(delta.get("tool_calls")))
            case "tool-call-end":
                tools = self._stop(index)
            case "citation-start":
                _grow(self._citations.setdefault(index, {}), as_object(delta.get("citations")))
            case "message-end":
                self._end(data)
            case "error" | None:
                raise ErrorEventError(_said(data) or "an error in the stream", dict(data))
            case _:
                pass  # the ends of blocks add nothing; Cohere may add events, which have no place in the message
        yield from self.pairs(chunk, tools)

    def _start(self, message: Mapping[str, Any]) -> None:
        # What is named empty here is left out of a whole answer, unless something comes.
        self._message = {key: value for key, value in message.items() if value not in (None, "", [])}
        for index, block in enumerate(self._message.pop("content", ())):
            self._grow_block(index, block)
        for index, call in enumerate(self._message.pop("tool_calls", ())):
            _grow(self._calls.setdefault(index, {}), call)
        for index, citation in enumerate(self._message.pop("citations", ())):
            self._citations[index] = citation

    def _grow_block(self, index: int, content: Mapping[str, Any]) -> None:
        block = self._blocks.setdefault(index, {"type": "thinking" if "thinking" in content else "text"})
        _grow(block, content)
        if block["type"] == "text":
            self._texts[index] = block.setdefault("text", Text())

    def _grow_call(self, index: int, piece: Mapping[str, Any]) -> list[CohereTool]:
        _grow(self._calls.setdefault(index, {}), piece)
        grown = as_object(piece.get("function")).get("arguments") or ""
        return self._grown(index, as_object(self._calls[index].get("function")).get("name") or "", grown)

    def _numbers(self) -> Iterable[int]:
        return self._calls

    def _call(self, number: int) -> ToolCall | None:
        if number not in self._calls:
            return None
        call = settled(self._calls[number])
        function = as_object(call.get("function"))
        return ToolCall(
            id=call.get("id"), name=function.get("name") or "", arguments=function.get("arguments") or "", native=call
        )

    def _end(self, data: Mapping[str, Any]) -> None:
        delta = as_object(data.get("delta"))
        self._whole.update({key: value for key, value in data.items() if key not in ("type", "delta")})
        self._whole.update({key: value for key, value in delta.items() if key != "error"})
        if error := delta.get("error"):
            raise ErrorEventError(str(error), {**data, "message": error})
        self.ended = True

    @property
    def complete(self) -> bool:
        """After `message-end`."""
        return self.ended

    def rebuild(self) -> dict[str, Any]:
        lists = {"content": self._blocks, "tool_calls": self._calls, "citations": self._citations}
        grown = {key: [items[index] for index in sorted(items)] for key, items in lists.items() if items}
        logprobs = {"logprobs": list(self._logprobs)} if self._logprobs else {}
        return {**self._whole, "message": settled({**self._message, **grown}), **logprobs}

    @property
    def model(self) -> str | None:
        return None

    @property
    def id(self) -> str | None:
        return self._whole.get("id")

    @property
    def finish_reasons(self) -> list[Any] | None:
        reason = self._whole.get("finish_reason")
        return [reason] if reason else None

    @property
    def usage(self) -> Usage | None:
        return read_usage(self._whole.get("usage"))


def _grow(whole: dict[str, Any], piece: Mapping[str, Any]) -> None:
    """Add a piece: texts that grow are joined, objects are added key by key, of all else the last word counts."""
    for key, value in piece.items():
        if key in _GROWING and isinstance(value, str):
            text = whole.get(key)
            whole[key] = text if isinstance(text, Text) else Text([text] if isinstance(text, str) else [])
            whole[key].append(value)
        elif isinstance(value, Mapping) and isinstance(whole.get(key), dict | None):
            whole[key] = dict(whole.get(key) or {})
            _grow(whole[key], cast("Mapping[str, Any]", value))
        else:
            whole[key] = value


def _said(data: Mapping[str, Any]) -> str | None:
    error = data.get("error")
    message = as_object(error).get("message") or data.get("message") or error
    return message if isinstance(message, str) else None
