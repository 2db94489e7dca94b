"""The accumulator for streams of Cohere: text, thinking, tool calls and citations.

Source: Cohere's documentation of streaming, version 2. Only the last event has the usage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from ..base.errors import ErrorEventError, MalformedEventError, reported_error
from ..base.parsing import Text, as_list, as_object, as_parts, grow, settled
from ..base.response import IndexedAccumulator, Positions
from ..base.tools import ToolCall
from ..dialects.chat_completions import call_in_form, joined_name
from .types import CohereCallResponseChunk, CohereTool, called, delta_of

_GROWING = frozenset({"text", "thinking", "arguments", "tool_plan"})


class CohereAccumulator(IndexedAccumulator[CohereCallResponseChunk, CohereTool]):
    """Combines chat events into one response."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._message: dict[str, Any] = {}
        self._blocks: dict[int, dict[str, Any]] = {}
        self._calls: dict[int, dict[str, Any]] = {}
        self._block_positions, self._call_positions = Positions(), Positions()
        self._citations: dict[int, dict[str, Any]] = {}
        self._logprobs: list[Any] = []

    def _grown_text(self, data: Any) -> tuple[Text, str] | None:
        if data.get("type") == "content-delta" and len(data) == 3:
            text = self._texts.get(self._block_positions.of(data.get("index"), self._blocks))
            content = data["delta"]["message"]["content"]
            if text is not None and type(content) is dict:
                fields = as_object(cast("Any", content))
                if len(fields) == 1 and type(piece := fields.get("text")) is str:
                    return text, piece
        return None

    def raise_reported(self, data: Any) -> None:
        if reported_error(data, self.answers) is not None:
            raise ErrorEventError(data)

    @property
    def no_output(self) -> bool:
        blocks = (*map(settled, self._blocks.values()), {"tool_plan": str(self._message.get("tool_plan") or "")})
        has_output = any(one for block in blocks for key, one in block.items() if key != "type")
        return not (has_output or self._calls or (self.finish_reasons and not self.failed))

    def _sum(self, chunk: CohereCallResponseChunk, data: Mapping[str, Any]) -> list[CohereTool]:
        if not _well_formed(data):
            raise MalformedEventError(f"an event is not a Cohere chat event: {str(data)[:200]}")
        index, delta, kind = data.get("index"), delta_of(data), data.get("type")
        match kind:
            case "message-start":
                self.top_fields.update(
                    self.unstamped({key: one for key, one in data.items() if key not in ("type", "delta")})
                )
                self._start(delta)
            case "content-start" | "content-delta":
                for block in as_parts(delta.get("content")) or [{}]:
                    self._grow_block(index, as_object(block), begins=kind == "content-start")
                if (logprobs := data.get("logprobs")) is not None:
                    self._logprobs.append(logprobs)
            case "tool-plan-delta":
                grow(self._message, delta, texts=_GROWING)
            case "tool-call-start" | "tool-call-delta":
                return self._grow_call(index, called(delta), begins=kind == "tool-call-start")
            case "tool-call-end":
                return self._stop(self._call_positions.of(index, self._calls))
            case "citation-start":
                self._citations.setdefault(int(index or 0), {}).update(as_object(delta.get("citations")))
            case "message-end":
                self._end(data)
            case None:
                raise ErrorEventError(dict(data))
            case _:
                pass  # ends of blocks, and events that Cohere may add: yielded without changing the message
        return []

    def _start(self, message: Mapping[str, Any]) -> None:
        # Empty fields of this event are left out of the response, unless later events fill them.
        self._message = {key: value for key, value in message.items() if value not in (None, "", [])}
        for index, block in enumerate(as_parts(self._message.pop("content", None))):
            self._grow_block(index, as_object(block), begins=True)
        for index, call in enumerate(as_list(self._message.pop("tool_calls", None))):
            self._grow_call(index, call_in_form(as_object(call)), begins=True)
        for index, citation in enumerate(as_list(self._message.pop("citations", None))):
            self._citations[index] = as_object(citation)

    def _grow_block(self, index: Any, content: Mapping[str, Any], *, begins: bool = False) -> None:
        kind = "thinking" if content.get("thinking") or ("thinking" in content and not content.get("text")) else "text"
        # Some gateways send the fields of both kinds.
        content = {key: value for key, value in content.items() if value or key in (kind, "type")}
        position = self._block_positions.of(index, self._blocks)
        if begins or (content and self._blocks.get(position, {}).get("type") not in (None, kind)):
            position = self._block_positions.new(index, self._blocks)
        block = self._blocks.setdefault(position, {"type": kind})
        grow(block, content, texts=_GROWING)
        if block["type"] == "text":
            self._texts[position] = block["text"] = block.get("text") or Text()

    def _grow_call(self, index: Any, piece: Mapping[str, Any], *, begins: bool) -> list[CohereTool]:
        self._touched = position = self._call_position(index, piece.get("id") or None, begins=begins)
        call, function = self._calls.setdefault(position, {}), as_object(piece.get("function"))
        known: dict[str, Any] = as_object(call.get("function"))
        name = joined_name(known.get("name") or "", function.get("name") or "")
        # The first id is kept: some hosts repeat it, empty or changed, in each event.
        fields: dict[str, Any] = {key: value for key, value in piece.items() if not (key == "id" and call.get("id"))}
        if name and function:
            fields["function"] = {**function, "name": name}
        grow(call, fields, texts=_GROWING)
        return self._grown(position, name, function.get("arguments") or "")

    def _call_position(self, index: Any, id: Any, *, begins: bool) -> int:
        """Return the position of the call that a piece belongs to. A start event with another id, or without one,
        begins a call, even if the index is already used.
        """
        known = [at for at in self._calls if at not in self._given]
        same = [at for at in known if id is not None and self._calls[at].get("id") == id]
        find = self._call_positions.new if begins else self._call_positions.of
        return same[0] if same else find(index, self._calls)

    def _numbers(self) -> Iterable[int]:
        return self._calls

    def _call(self, number: int) -> ToolCall | None:
        if number not in self._calls:
            return None
        function = as_object((call := settled(self._calls[number])).get("function"))
        name, arguments = function.get("name") or "", function.get("arguments") or ""
        return ToolCall(id=call.get("id"), name=name, arguments=arguments, native=call)

    def _end(self, data: Mapping[str, Any]) -> None:
        delta = as_object(data.get("delta"))
        head = {key: value for key, value in data.items() if key not in ("type", "delta")}
        self.top_fields.update(self.unstamped({**head, **{key: one for key, one in delta.items() if key != "error"}}))
        if (error := reported_error({"error": delta.get("error")})) is not None:
            raise ErrorEventError({**data, "message": error})
        self._final = self.ended = True

    def rebuild(self) -> dict[str, Any]:
        lists = {"content": self._blocks, "tool_calls": self._calls, "citations": self._citations}
        grown = {key: [items[index] for index in sorted(items)] for key, items in lists.items() if items}
        logprobs = {"logprobs": list(self._logprobs)} if self._logprobs else {}
        return {**self.top_fields, "message": settled({**self._message, **grown}), **logprobs}


def _well_formed(data: Mapping[str, Any]) -> bool:
    """Return True if an event has the structure that the code above expects. A field that is empty may have any
    type.
    """
    message = delta_of(data)
    parts = [as_parts(message.get("content")), message.get("tool_calls"), message.get("citations")]
    held: list[Any] = [one for part in parts for one in as_list(part) or [part] if one]
    held += [function for one in held if (function := as_object(one).get("function"))]
    texts = [as_object(one).get(key) for one in (message, *held) for key in (*_GROWING - {"arguments"}, "name")]
    return (
        str(data.get("index") or 0).isdecimal()
        and all(isinstance(one, dict) for one in held)
        and all(isinstance(text, str) for text in texts if text)
        and all(isinstance(as_object(one).get("arguments") or "", str | dict | list) for one in held)
    )
