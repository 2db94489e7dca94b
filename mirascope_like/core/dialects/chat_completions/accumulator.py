"""The accumulator for streams of chat completion chunks, in OpenAI's format and the variants of other hosts.

Most events only add a piece of text: `DeltaFastPath` recognizes them by comparing their bytes with the event before.
All other events are merged field by field, so that no field is lost, not even one that the SDK does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, TypeVar, cast

from ...base.errors import MalformedEventError
from ...base.parsing import Text, as_list, as_object, is_end, settled
from ...base.response import Accumulator, newer_reason, newer_usage
from ...base.tools import BaseTool, ToolCall
from .calls import Call, find_call, is_empty
from .chunk import (
    BaseChatChunk,
    choice_delta,
    chunk_text,
    content_text,
    message_thinking,
    raise_choice_error,
    set_places,
    set_thinking,
    usage_of,
)
from .custom_tools import custom_arguments
from .delta_fast_path import DeltaFastPath
from .event_structure import is_well_formed, mended
from .merge import add_parts, joined_base64, merge, merge_head, new_fields, restates

ChunkT = TypeVar("ChunkT", bound=BaseChatChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)

_PADDING = "obfuscation"
"""The key of random padding that OpenAI adds to hide the length of events. It is dropped."""

_APART = frozenset({"choices", "usage", _PADDING})
"""Keys of an event that are not merged into the top-level fields of the response."""

_OF_CHOICE = frozenset({"delta", "message", "text", "index"})
"""Keys of a choice that are not merged into its other fields."""


@dataclass(slots=True)
class _Choice:
    """One choice of the response, as far as it has arrived."""

    message: dict[str, Any] = field(default_factory=dict[str, Any])
    rest: dict[str, Any] = field(default_factory=dict[str, Any])
    calls: list[Call] = field(default_factory=list[Call])
    parts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """The content as parts; empty as long as it has arrived only as plain text."""
    older: bool = False
    """True if the tool call arrived under the older name `function_call`."""

    def has_output(self, *but: str) -> bool:
        """Return True if the message has any content. Its role and the fields in `but` do not count."""
        outputs = (
            str(value) if isinstance(value, Text) else value
            for key, value in self.message.items()
            if key not in ("role", *but)
        )
        return bool(self.calls or self.parts or any(outputs))

    def _in_order(self) -> list[Call]:
        if all(isinstance(call.index, int) for call in self.calls):
            return sorted(self.calls, key=lambda call: call.index)
        return self.calls

    def raw(self, index: Any) -> dict[str, Any]:
        message = cast("dict[str, Any]", settled(self.message))
        message.setdefault("content", None)
        if self.parts:
            message["content"] = settled(self.parts)
        message["role"] = message.get("role") or "assistant"
        if isinstance(sound := as_object(message.get("audio")).get("data"), str):
            message["audio"]["data"] = joined_base64(sound)
        if self.calls and self.older:
            message["function_call"] = self.calls[0].raw().get("function")
        elif self.calls:
            message["tool_calls"] = [call.raw() for call in self._in_order()]
        return {"finish_reason": None, **settled(self.rest), "index": index, "message": message}


class ChatAccumulator(Accumulator[ChunkT, ToolT]):
    """Combines chat completion chunks into a chat completion."""

    ended: bool
    answers: ClassVar[tuple[str, ...]] = ("choices", "usage")

    def __init__(
        self,
        chunk_type: type[ChunkT],
        tool_base: type[ToolT],
        tools: Sequence[type[BaseTool]] = (),
        partial: bool = False,
    ) -> None:
        super().__init__(chunk_type, tool_base, tools, partial)
        self._choices: dict[Any, _Choice] = {}
        self._text = Text()
        self._fast_path: DeltaFastPath | None = None
        self._called: Call | None = None
        """The tool call whose arguments the fast path extends; None if the fast path extends the text."""

    def read(self, events: Sequence[bytes]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        make, pieces = self.chunks.from_bytes, self._text
        for raw in events:
            if self._fast_path is not None and (text := self._fast_path.text(raw)) is not None:
                if self._called is None:
                    pieces.append(text)
                    yield make(raw, text), None
                else:
                    yield from self.pairs(make(raw, ""), self._add_arguments(self._called, text, shown=True))
            elif raw.startswith(b"[DONE]"):
                self.ended = True
            else:
                data, raw = self._decode(raw, events)
                yield from self._merge(data, raw)

    def _merge(self, data: Any, raw: bytes) -> Iterator[tuple[ChunkT, ToolT | None]]:
        if is_end(data):
            self.ended = True
            return
        if data is None or data == "":  # keeps a connection alive
            return
        self.raise_reported(data)
        if not isinstance(data, dict):
            raise MalformedEventError(f"an event is not a JSON object: {raw[:200]!r}")
        data = as_object(data)
        chunk = self._chunk(raw, data, chunk_text(as_list(data.get("choices"))))
        self._fast_path = DeltaFastPath.of(raw, "content", chunk.content, _PADDING) if _adds_text(data) else None
        self._called = None
        pairs = list(self.add(chunk, data))
        if (arguments := _adds_arguments(data)) is not None:
            self._called = find_call(self._choices[0].calls, arguments, self._names)
            self._fast_path = DeltaFastPath.of(raw, "arguments", arguments["function"]["arguments"], _PADDING)
        if self._halves:
            self._fast_path = None  # the other half of a character may be in the next event of the same kind
        yield from pairs

    def add(self, chunk: ChunkT, data: Mapping[str, Any]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        self.raise_reported(data)
        data = data if is_well_formed(data) else mended(data)
        if not is_well_formed(data):
            raise MalformedEventError(f"an event is not a chat completion chunk: {str(data)[:200]}")
        self._last = chunk
        choices: list[dict[str, Any]] = as_list(data.get("choices"))
        raise_choice_error(choices)
        if usage := as_object(usage_of(data)):
            self.top_fields["usage"] = newer_usage(as_object(self.top_fields.get("usage")), usage)
        merge_head(self.top_fields, self.unstamped({key: value for key, value in data.items() if key not in _APART}))
        shown: list[ToolT] = []
        for position, choice in enumerate(choices):
            shown += self._add_choice(chunk, choice, position)
        yield from self.pairs(chunk, shown)

    def _add_choice(self, chunk: ChunkT, choice: dict[str, Any], position: int) -> list[ToolT]:
        index = choice.get("index")
        index = position if index is None else index
        known = self._choices.setdefault(index, _Choice())
        delta = dict(choice_delta(choice))
        if "message" in choice and not choice.get("delta"):
            content = delta.pop("content", None)
            delta = {**new_fields(known.message, delta), "content": content}
            if index == 0:
                delta["content"] = chunk.content = self._new_text(content)
                set_thinking(chunk, message_thinking(delta) or "")
        pieces: list[dict[str, Any]] = as_list(delta.pop("tool_calls", None))
        sent = as_object(choice.get("delta")) or as_object(choice.get("message"))
        known.older = known.older or bool(pieces and sent.get("function_call") and not sent.get("tool_calls"))
        content = delta.get("content")
        if isinstance(content, list) or known.parts:
            self._add_parts(known, delta.pop("content", None), index)
        elif index == 0 and isinstance(content, str):
            del delta["content"]
            known.message.setdefault("content", self._text)
            if known.message["content"] is None:
                known.message["content"] = self._text
            self._text.append(content)
        merge(known.message, delta)
        rest = {key: value for key, value in choice.items() if key not in _OF_CHOICE}
        reason = newer_reason(known.rest.pop("finish_reason", None), choice.get("finish_reason"))
        merge(known.rest, {**rest, "finish_reason": reason})  # one that is a list is not merged with itself
        shown: list[ToolT] = []
        places: list[int] = []
        for piece in pieces:
            shown += self._add_call(known, piece, shown=index == 0, places=places)
        if index == 0:
            set_places(chunk, places)
            if known.rest.get("finish_reason"):
                shown += self._give(known)
        return shown

    def _new_text(self, content: Any) -> str:
        """Return the new text of a complete message that was sent in place of a delta. Some hosts send the whole
        text with each event.
        """
        text, known = content_text(content), str(self._text)
        return text[len(known) :] if known and text.startswith(known) else text

    def _add_parts(self, choice: _Choice, content: Any, index: Any) -> None:
        if not choice.parts and (before := str(choice.message.get("content") or "")):
            choice.parts.append({"type": "text", "text": Text([before])})
        text = add_parts(choice.parts, content)
        if index == 0:
            self._text.append(text)
            self._fast_path = None  # the next text belongs to the parts

    def _add_call(self, choice: _Choice, piece: dict[str, Any], *, shown: bool, places: list[int]) -> list[ToolT]:
        if is_empty(piece):
            places.append(max(len(choice.calls) - 1, 0))
            return []
        call = find_call(choice.calls, piece, self._names)
        given: list[ToolT] = []
        if call is None:
            given = self._give(choice) if shown else []  # when a new call begins, the earlier calls are complete
            call = Call(index=piece.get("index"), fields={})
            choice.calls.append(call)
        places.append(choice.calls.index(call))
        return given + self._add_arguments(call, call.add(piece), shown=shown)

    def _add_arguments(self, call: Call, delta: str, *, shown: bool) -> list[ToolT]:
        given: list[ToolT] = []
        if delta:
            call.pieces.append(delta)
        if not shown or call.given or self.add_answer_delta(call.name, delta, call):
            return given
        if self.partial and delta:
            given += self.partial_tool(self._call(call), delta)
        return given

    def _give(self, choice: _Choice, *, rest: bool = False) -> list[ToolT]:
        """Return the tools of complete calls, in order.

        Arguments that are not a non-empty object may still grow, even after a finish reason. Such a call is returned at
        the end of the stream, with `rest=True`.
        """
        given: list[ToolT] = []
        for call in choice.calls:
            if not call.given:
                if not rest and not call.settled:
                    break
                call.given = True
                given += self.finished_tool(self._call(call), last=call is choice.calls[-1])
        return given

    def _call(self, call: Call) -> ToolCall:
        found = call.call()
        if not call.custom:
            return found
        return replace(found, arguments=custom_arguments(found.name, found.arguments, self.tool_types))

    def rest(self) -> list[ToolT]:
        first = self._choices.get(0)
        return self._give(first, rest=True) if first is not None else []

    @property
    def complete(self) -> bool:
        """True after `[DONE]`, or when every choice has a finish reason, because some hosts send no `[DONE]`."""
        choices = self._choices.values()
        return self.ended or (bool(choices) and all(choice.rest.get("finish_reason") for choice in choices))

    def rebuild(self) -> dict[str, Any]:
        raw = cast("dict[str, Any]", settled(self.top_fields))
        raw["object"] = "chat.completion"
        choices = self._choices
        if choices and not self.complete:  # a stream that was cut before the first choice began has an empty one
            choices = {0: _Choice(), **choices}
        raw["choices"] = [choice.raw(index) for index, choice in sorted(choices.items())]
        return raw

    @property
    def no_output(self) -> bool:
        ended = self.finish_reasons and not self.failed
        return not ended and not str(self._text) and not any(choice.has_output() for choice in self._choices.values())

    @property
    def resumable_text(self) -> str | None:
        first = self._choices.get(0)
        if first is None or len(self._choices) > 1 or first.rest.get("finish_reason") or first.has_output("content"):
            return None
        return str(self._text)

    def resume_from(self, text: Text) -> None:
        self._text = text
        self._choices[0] = _Choice({"role": "assistant", "content": text})

    @property
    def content(self) -> str:
        return str(self._text)

    @property
    def finish_reasons(self) -> list[Any] | None:
        reasons = [choice.rest.get("finish_reason") for _, choice in sorted(self._choices.items())]
        return [reason for reason in reasons if reason] or None


def _adds_text(data: Mapping[str, Any]) -> bool:
    """Return True if an event only adds text to the first choice. The fast path can then read similar events."""
    return type(_only(data, "content")) is str


def _adds_arguments(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the tool call piece of an event that only adds arguments to a tool call of the first choice; None for
    any other event.
    """
    pieces: list[dict[str, Any]] = as_list(_only(data, "tool_calls"))
    if len(pieces) != 1 or as_object(pieces[0]).keys() != {"index", "function"}:
        return None
    function = as_object(pieces[0]["function"])
    plain = function.keys() == {"arguments"} and type(function["arguments"]) is str
    return pieces[0] if plain and type(pieces[0]["index"]) is int else None


def _only(data: Mapping[str, Any], key: str) -> Any:
    """Return the value of `key` in the delta of the first choice if the event adds nothing else; otherwise None."""
    choices = as_list(data.get("choices"))
    if len(choices) != 1 or data.get("usage") is not None:
        return None
    choice = as_object(choices[0])
    delta = as_object(choice.get("delta"))
    values = [*choice.items(), *delta.items()]
    adds_nothing = all(restates(name, value) for name, value in values if name not in ("delta", key))
    first = not choice.get("index") and not choice.get("finish_reason")
    return delta.get(key) if adds_nothing and first else None
