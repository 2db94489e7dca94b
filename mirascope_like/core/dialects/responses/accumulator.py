"""The accumulator for streams in OpenAI's Responses format.

The final event contains the complete response, which is then the result. Before the final event, and for hosts whose
final event has no output, the result is built from the earlier events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar, cast

from ...base.parsing import Text, as_growing, as_list, as_object, as_text, settled
from ...base.response import IndexedAccumulator, newer_usage, set_place
from ...base.tools import BaseTool, ToolCall
from .items import Items
from .native_calls import add_piece, call_in, is_call
from .output_form import item_in_form, output_in_form, output_text, thinking_parts
from .types import (
    TEXT_DELTA,
    THINKING,
    ResponsesChunk,
    common_finish,
    delta_of,
    finish_reason,
    show_thinking,
)

ChunkT = TypeVar("ChunkT", bound=ResponsesChunk)
ToolT = TypeVar("ToolT", bound=BaseTool)


class _Growing(NamedTuple):
    """Describes a text that arrives in pieces: its key, the list of parts that contains it (if any), and the types
    of the part and the item.
    """

    key: str
    parts: str | None
    part_type: str
    item_type: str


_GROWING = {
    "response.output_text": _Growing("text", "content", "output_text", "message"),
    "response.refusal": _Growing("refusal", "content", "refusal", "message"),
    "response.reasoning_text": _Growing("text", "content", "reasoning_text", "reasoning"),
    "response.reasoning_summary_text": _Growing("text", "summary", "summary_text", "reasoning"),
    # The names in the first version of OpenAI's reference.
    "response.reasoning": _Growing("text", "content", "reasoning_text", "reasoning"),
    "response.reasoning_summary": _Growing("text", "summary", "summary_text", "reasoning"),
    "response.function_call_arguments": _Growing("arguments", None, "", "function_call"),
    "response.mcp_call_arguments": _Growing("arguments", None, "", "mcp_call"),
    "response.custom_tool_call_input": _Growing("input", None, "", "custom_tool_call"),
    "response.code_interpreter_call_code": _Growing("code", None, "", "code_interpreter_call"),
}
_GIVEN = frozenset({"function_call", "custom_tool_call"})
"""The types of items that are yielded as partial tools while they grow."""
_PARTS = {"response.content_part": "content", "response.reasoning_summary_part": "summary"}
_LASTING = frozenset({"arguments", "input", "code", "content", "summary", "id", "call_id", "name", "role"})
"""Fields of an item that an empty value in a later event does not replace."""
_MOST_PARTS = 10_000
_STATUSES = frozenset({"in_progress", "searching", "interpreting", "generating", "completed", "failed"})
_FINAL = frozenset({"completed", "incomplete", "failed", "cancelled"})


class ResponsesAccumulator(IndexedAccumulator[ChunkT, ToolT]):
    """Combines the events of a stream into one response."""

    ended: bool

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._items = Items()
        self._parts: dict[tuple[int, int], Text] = {}
        self._shown: set[tuple[int, int]] = set()
        self._whole: set[int] = set()
        """The keys of the items of which a text has arrived whole, in a done event."""
        self._thoughts: dict[tuple[int, str, int], None] = {}
        """Identifies the reasoning parts that were yielded, by item, list of parts and position. The newest one is
        last.
        """

    @property
    def _repeatable(self) -> Any:
        return [*self._items.values(), self.top_fields]  # the events at the end of a part, an item and the response

    def _grown_text(self, data: Any) -> tuple[Text, str] | None:
        if data.get("type") == TEXT_DELTA and not data.get("logprobs"):
            place = self._items.known(data)
            known = self._parts.get((place, data.get("content_index", 0))) if place is not None else None
            if known is not None and type(piece := data.get("delta")) is str:
                return known, piece
        return None

    def _sum(self, chunk: ChunkT, data: Mapping[str, Any]) -> list[ToolT]:
        kind = as_text(data.get("type"))
        subject, _, verb = kind.rpartition(".")
        tools: list[ToolT] = []
        if isinstance(response := data.get("response"), dict):
            if verb == "done":  # instead of `response.completed`, as in OpenAI's realtime API
                verb = str(as_object(data.get("response")).get("status") or "completed")
            self._progress(verb, cast("dict[str, Any]", response), chunk)
        elif (place := self._items.place(data, _type_of(subject, data))) is not None:
            tools = self._change(place, subject, verb, data)
            self._show(place, chunk)
            set_place(chunk, place)
            if kind in THINKING and as_text(delta_of(data)):
                parts = _GROWING[subject].parts or ""
                self._show_thinking(chunk, (place, parts, _position(data, parts)))
            else:
                self._show_whole_thinking(place, self._items.get(place, {}), chunk)
        return tools

    def _progress(self, verb: str, response: dict[str, Any], chunk: ChunkT) -> None:
        usage = newer_usage(as_object(self.top_fields.get("usage")), as_object(response.get("usage")))
        if response.get("output") or response.get("output_text"):
            response = {**response, "output": output_in_form(response)}
        self.top_fields.update(self.unstamped(response))
        if usage:
            self.top_fields["usage"] = usage
        output = as_list(response.get("output"))
        if verb not in _FINAL:
            self._items.begin([settled(as_object(item)) for item in output])
            return
        if self.top_fields.get("status") in (None, "in_progress", "queued"):
            self.top_fields["status"] = verb
        self.raise_reported({"error": response.get("error")})
        # If a response failed, Azure reports the reason in a later `error` event.
        self._final, self.ended = True, verb != "failed"
        if not self._shown:
            chunk.content = output_text(output)
        if not self._thoughts:
            for place, item in enumerate(output):
                self._show_whole_thinking(place, as_object(item), chunk)

    def _change(self, index: int, subject: str, verb: str, data: Mapping[str, Any]) -> list[ToolT]:
        if subject == "response.output_item":
            if item := as_object(data.get("item")):
                if verb == "done" and (item.get("content") or item.get("summary")):
                    self._whole.add(index)
                self._items[index] = _with_grown(item_in_form(settled(item)), settled(self._items.get(index, {})))
                self._forget(index)
            return self._stop(index) if verb == "done" else []
        if (growing := _GROWING.get(subject)) is not None:
            return self._grow(index, growing, verb, data)
        item = self._items.setdefault(index, {"id": data.get("item_id")})
        if (parts := _PARTS.get(subject)) is not None:
            at, part = _position(data, parts), as_object(settled(data.get("part")))
            _parts(item, parts, at)[at] = part
            if "type" not in item:  # the event that adds the item is missing
                is_answer = parts == "content" and part.get("type") != "reasoning_text"
                item |= {"type": "message", "role": "assistant"} if is_answer else {"type": "reasoning"}
            if verb == "done":
                self._whole.add(index)
            self._forget(index, at)
        elif subject == "response.output_text.annotation":
            part = _parts(item, "content", at := _position(data, "content"))[at]
            part["annotations"] = [*(part.get("annotations") or ()), data.get("annotation")]
        elif "status" in item and verb in _STATUSES:
            item["status"] = verb
        add_piece(item, subject, verb, data)
        return []

    def _grow(self, index: int, growing: _Growing, verb: str, data: Mapping[str, Any]) -> list[ToolT]:
        item = self._items.setdefault(index, {"id": data.get("item_id"), "type": growing.item_type})
        if item.get("type") == "message":
            item.setdefault("role", "assistant")
        at, part = 0, item
        if growing.parts is not None:
            at = _position(data, growing.parts)
            part = _parts(item, growing.parts, at)[at]
            part.setdefault("type", growing.part_type)
        if verb == "done":
            if (whole := data.get(growing.key)) is not None:
                part[growing.key] = whole
                self._whole.add(index)
                self._forget(index, at)
            return []
        if not isinstance(piece := delta_of(data), str):
            return []
        text = part[growing.key] = as_growing(part.get(growing.key))
        text.append(piece)
        if logprobs := data.get("logprobs"):
            part["logprobs"] = [*(part.get("logprobs") or ()), *logprobs]
        if piece and growing.part_type == "output_text":
            self._parts[index, at] = text
            self._shown.add((index, at))
        return self._grown(index, item.get("name") or "", piece) if growing.item_type in _GIVEN else []

    def _forget(self, index: int, at: int | None = None) -> None:
        # A text that was replaced is not extended any more.
        for key in [key for key in self._parts if key[0] == index and at in (None, key[1])]:
            del self._parts[key]

    def _show(self, index: int, chunk: ChunkT) -> None:
        # Some hosts send no deltas: a text that arrived whole is yielded with the event that has it.
        item = self._items.get(index, {})
        for at, part in enumerate(as_list(item.get("content")) if item.get("type") == "message" else ()):
            if (index, at) not in self._shown and (text := output_text([{**item, "content": [part]}])):
                self._shown.add((index, at))
                chunk.content += text

    def _show_thinking(self, chunk: ChunkT, part: tuple[int, str, int], text: str = "") -> None:
        """Yield the thinking of a part with this chunk: the piece in its event, or `text`, which arrived whole."""
        newest = next(reversed(self._thoughts), None)
        apart = newest not in (None, part)
        self._thoughts.pop(part, None)
        self._thoughts[part] = None
        show_thinking(chunk, apart, text)

    def _show_whole_thinking(self, place: int, item: Mapping[str, Any], chunk: ChunkT) -> None:
        # Some hosts send no deltas of the reasoning: it is yielded with the event that has it.
        for name, at, text in thinking_parts(settled(item)):
            if (place, name, at) not in self._thoughts:
                self._show_thinking(chunk, (place, name, at), text)

    def _numbers(self) -> Iterable[int]:
        return self._items.in_order()

    def _call(self, number: int) -> ToolCall | None:
        item = settled(self._items.get(number, {}))
        return call_in(item, item, self.tool_types)

    def finish(self) -> Iterator[tuple[ChunkT, ToolT | None]]:
        for event in self._halves.rest():
            chunk = self.chunks.from_data(event)
            if self._items.known(event) in self._whole:  # the whole text has the replacement already
                yield chunk, None
            else:
                yield from self.add(chunk, event)
        yield from super().finish()

    def rest(self) -> list[ToolT]:
        known = [item.get("call_id") for item in self._items.values()]
        for item in map(as_object, as_list(self.top_fields.get("output"))):
            if is_call(item) and item.get("call_id") not in known:
                self._items.begin([item])
        return super().rest()

    def _output(self) -> list[dict[str, Any]]:
        # Some hosts leave the streamed output out of the final event: use the sum.
        whole = as_list(self.top_fields.get("output")) if self._final else []
        if len(whole) >= len(self._items):
            return whole
        final = {str(item.get("id")): item for item in map(as_object, whole)}
        streamed: list[dict[str, Any]] = [settled(self._items[place]) for place in self._items.in_order()]
        return [final.get(str(item["id"]), item) if item.get("id") else item for item in streamed]

    def rebuild(self) -> dict[str, Any]:
        return {**self.top_fields, "output": self._output()}

    @property
    def empty(self) -> bool:
        return not self.top_fields and not self._items

    @property
    def no_output(self) -> bool:
        """True until an item has output."""
        return not any(map(_is_output, map(as_object, self._output()))) and not (
            self.finish_reasons and not self.failed
        )

    @property
    def content(self) -> str:
        return output_text(self._output())

    @property
    def finish_reasons(self) -> list[Any] | None:
        return finish_reason(self.top_fields)

    @property
    def common_finish_reasons(self) -> list[str] | None:
        return common_finish(self.finish_reasons, self._output()) if self.finish_reasons else None


def _is_output(item: dict[str, Any]) -> bool:
    """Return True if an item has a text, a tool call or any other output."""
    if item.get("type") == "message":
        return bool(output_text([item]) or any(as_object(part).get("refusal") for part in as_list(item.get("content"))))
    if item.get("type") == "reasoning":
        texts = (*as_list(item.get("content")), *as_list(item.get("summary")))
        return any(as_object(part).get("text") for part in texts)
    return bool(item)


def _type_of(subject: str, data: Mapping[str, Any]) -> str | None:
    """Return the type of the item that an event belongs to; None if the event does not determine it."""
    if subject == "response.output_item":
        return as_object(data.get("item")).get("type")
    growing = _GROWING.get(subject)
    return growing.item_type if growing is not None else None


def _with_grown(item: dict[str, Any], grown: Mapping[str, Any]) -> dict[str, Any]:
    """Return the item of an added or done event, with the fields of `_LASTING` that are missing or empty in it copied
    from `grown`, the same item as streamed so far. If the types of the two differ, nothing is copied.
    """
    kept = {key: value for key, value in grown.items() if key in _LASTING and value and not item.get(key)}
    return {**item, **kept} if grown.get("type") == item.get("type") else item


def _position(data: Mapping[str, Any], parts: str) -> int:
    at = data.get("summary_index" if parts == "summary" else "content_index")
    return at if isinstance(at, int) and 0 <= at < _MOST_PARTS else 0


def _parts(item: dict[str, Any], name: str, at: int) -> list[dict[str, Any]]:
    """Return the list of parts of an item, after extending it so that the index `at` exists."""
    parts = item[name] = as_list(item.get(name))
    parts.extend({} for _ in range(at + 1 - len(parts)))
    return parts
