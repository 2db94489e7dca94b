"""Accumulators combine the events of one stream into a raw response. Do no I/O; sync and async code share them.

An accumulator's memory grows with the size of the response, not with the number of events.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar, cast

import jiter
from pydantic_core import to_json

from ..errors import ErrorEventError, MalformedEventError, reported_error
from ..parsing import (
    LARGE,
    PLAIN_TYPES,
    HalfCharacters,
    Text,
    all_paired,
    as_object,
    as_received,
    at,
    decode_json,
    decode_large,
    has_half,
    is_end,
    is_mapping,
)
from ..tools import (
    BaseTool,
    CallsOnce,
    ToolCall,
    find_tool,
    is_cut,
    may_be_cut,
    offered_name,
    partial_tool,
    repaired,
    tool_name,
)
from .chunk import BaseCallResponseChunk, ChunkFactory, without_content
from .finish_reasons import ended_for
from .metadata import common_reasons, facts_of, read_usage
from .usage import Usage

ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


_STAMPS = frozenset({"id", "created", "created_at", "model", "responseId", "createTime", "modelVersion"})


class Accumulator(ABC, Generic[ChunkT, ToolT]):
    """Converts the events of one attempt to (chunk, tool or None) pairs, and combines them into a raw response.

    A provider creates one accumulator per attempt. `tools` are the tool types that were offered to the model. With
    `partial`, a pair also has a partial tool while the arguments of a tool call arrive.
    """

    answers: ClassVar[tuple[str, ...]] = ("type",)
    """Keys that only an event with output has. They distinguish it from an event that reports an error."""

    def __init__(
        self,
        chunk_type: type[ChunkT],
        tool_base: type[ToolT],
        tools: Sequence[type[BaseTool]] = (),
        partial: bool = False,
    ) -> None:
        self.chunk_type = chunk_type
        self.chunks: ChunkFactory[ChunkT] = ChunkFactory(chunk_type)
        self.tool_base = tool_base
        self.tool_types = tools
        self.partial = partial
        self.tools: list[ToolT] = []
        """The tools whose calls are complete."""
        self.ended: bool = False
        """True after the provider's final event."""
        self.top_fields: dict[str, Any] = {}
        """The top-level fields of the response that have arrived."""
        self._last: ChunkT | None = None
        """The newest chunk; None before the first."""
        self._answer: str | None = None
        self._answering: object = None
        self._first_delta = True
        self._answer_deltas: list[str] = []
        self._halves = HalfCharacters()
        self._calls_once = CallsOnce()
        self._held: ToolCall | None = None
        """The newest tool call, if it may be cut off: see `complete_tool`."""

    @cached_property
    def _names(self) -> frozenset[str]:
        """The names of the tools that the model may call, including the one for structured output."""
        offered = {tool_name(kind) for kind in self.tool_types}
        return frozenset(offered if self._answer is None else {*offered, self._answer})

    def collect_answer(self, answer: str, deltas: list[str]) -> None:
        """Treat calls of the tool `answer` as structured output: append the argument pieces of the first such call
        to `deltas`.
        """
        self._answer = answer
        self._answer_deltas = deltas

    def add_answer_delta(self, name: str, piece: str, call: object) -> bool:
        """If a tool call is the structured output, append a piece of its arguments to the collected deltas and return
        True; else return False.

        `call` identifies the tool call. If the model calls the output tool several times, only the first call is
        collected.
        """
        if self._answer is None or offered_name(name, (self._answer,)) != self._answer:
            return False
        if self._answering is None:
            self._answering = call
        if self._answering is call:
            first, self._first_delta = self._first_delta, False
            if not (first and piece.strip() in ("{}", "null")):  # some hosts begin with an empty object: skip it
                self._answer_deltas.append(piece)
            if not piece:
                self._first_delta = first
        return True

    def raise_reported(self, data: Any) -> None:
        """Raise `ErrorEventError` if an event reports an error, in any structure that providers use."""
        if (error := reported_error(data, self.answers)) is not None:
            raise ErrorEventError(error)

    @abstractmethod
    def read(self, events: Sequence[bytes]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        """Add undecoded events, in order; yield a (chunk, tool or None) pair for each chunk and completed tool.

        Raises `MalformedEventError` for an event that cannot be decoded, and `ErrorEventError` for an event that
        reports an error.
        """

    def read_objects(self, events: Iterable[Any]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        """Version of `read` for events that are objects of the provider's SDK. Stops after the final event."""
        for event in events:
            if event is None:  # `null`, which keeps a connection alive
                continue
            if isinstance(event, PLAIN_TYPES):
                if event == "":  # keeps a connection alive too
                    continue
                self.raise_reported(as_received(event))
                raise MalformedEventError(f"an event is not a JSON object: {event!r:.200}")
            chunk = self.chunk_type(event)
            if self._halves or has_half(chunk.data):
                chunk = self.chunks.from_data(self._halves.joined(chunk.data))
            yield from self.add(chunk, chunk.data)
            if self.ended:
                break

    def _decode(self, raw: bytes, events: Sequence[bytes] = ()) -> tuple[Any, bytes]:
        """Return a decoded event and its bytes. The bytes are changed if halves of a character (surrogates) had to be
        joined, and are empty for a large event, which is then removed from `events`: only its decoded form is kept.

        Raises `MalformedEventError` for an event that is not JSON.
        """
        try:
            if len(raw) > LARGE and not self._halves and isinstance(events, list):
                decoded: Any = decode_large(raw, self._repeatable)
                if is_mapping(decoded):
                    events[events.index(raw)] = raw = b""
                return decoded, raw
            if not self._halves:
                return jiter.from_json(raw, cache_mode="keys"), raw
        except ValueError:
            pass
        try:
            data = decode_json(raw)
        except ValueError as error:
            if is_end(raw):
                return raw, raw
            raise MalformedEventError(f"{error}: {raw[:200]!r}") from error
        data = self._halves.joined(as_object(data)) if isinstance(data, dict) else all_paired(data)
        return data, to_json(data)

    @property
    def _repeatable(self) -> Any:
        """A JSON value with the texts received so far that later events may repeat."""
        return None

    def _chunk(self, raw: bytes, data: dict[str, Any], text: str) -> ChunkT:
        """Return the chunk of an event that `_decode` has decoded. `text` is the text that it adds."""
        return self.chunks.from_bytes(raw, text) if raw else self.chunks.from_data(data)

    @abstractmethod
    def add(self, chunk: ChunkT, data: Mapping[str, Any]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        """Add one decoded event; yield the (chunk, tool or None) pairs that it produces. `data` is the event as JSON.

        Raises `MalformedEventError` and `ErrorEventError`, as `read` does.
        """

    @abstractmethod
    def rest(self) -> list[ToolT]:
        """Return the tools whose calls are known to be complete only because the stream has ended."""

    def finish(self) -> Iterator[tuple[ChunkT, ToolT | None]]:
        """Yield the last pairs at the end of the stream: half characters without a second half, then the tools of
        `rest`.
        """
        for event in self._halves.rest():
            yield from self.add(self.chunks.from_data(event), event)
        tools = self.rest()
        if tools and self._last is not None:
            yield from self.pairs(without_content(self._last), tools)

    @property
    @abstractmethod
    def complete(self) -> bool:
        """True if the response may end here. If the stream ends while this is False, the response was interrupted."""

    @property
    def no_output(self) -> bool:
        """True until the first output (text, thinking or a tool call) arrives. Other events may have arrived before."""
        return self.empty

    @property
    def resumable_text(self) -> str | None:
        """The received text, if the response can be resumed from it: it has only text, and no finish reason yet.
        Otherwise None.
        """
        return None

    def resume_from(self, text: Text) -> None:
        """Start with a text that an earlier attempt received. The events of this attempt continue the text."""
        raise NotImplementedError

    @abstractmethod
    def rebuild(self) -> dict[str, Any]:
        """Return the raw response that the events add up to, in the same form as an unstreamed response of the
        provider.
        """

    @property
    @abstractmethod
    def content(self) -> str:
        """The text received so far."""

    def unstamped(self, head: Mapping[str, Any]) -> dict[str, Any]:
        """Return the top-level fields of an event, without the id, time and model if these are known already.

        Some hosts send different values with each event. The first non-empty value is kept.
        """
        return {key: value for key, value in head.items() if key not in _STAMPS or not self.top_fields.get(key)}

    @property
    def model(self) -> str | None:
        """The name of the model that responds, in the provider's spelling; None until it is known."""
        return at(self.top_fields, facts_of(self.chunk_type).model) or None

    @property
    def id(self) -> str | None:
        """The id of the response; None until it is known."""
        return at(self.top_fields, facts_of(self.chunk_type).id) or None

    @property
    def finish_reasons(self) -> list[Any] | None:
        """The finish reasons in the provider's own terms; None until they are known."""
        reason = ended_for(at(self.top_fields, facts_of(self.chunk_type).finish))
        return [reason] if reason is not None else None

    @property
    def common_finish_reasons(self) -> list[str] | None:
        """The finish reasons in the common form; None until they are known."""
        return common_reasons(self.chunk_type, self.finish_reasons)

    @property
    def failed(self) -> bool:
        """True if the generation ended with a finish reason that means an error."""
        return "error" in (self.common_finish_reasons or ())

    @property
    def usage(self) -> Usage | None:
        """The tokens used so far, in the common form; None until the provider reports usage."""
        return read_usage(self.chunk_type, at(self.top_fields, facts_of(self.chunk_type).usage))

    @property
    def empty(self) -> bool:
        """True until the first event arrives."""
        return self._last is None

    def pairs(self, chunk: ChunkT, tools: Sequence[ToolT]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        """Yield a (chunk, tool) pair for each tool that a chunk completes; (chunk, None) if there is none.

        Only the chunk of the first pair has content; the others are copies with empty content.
        """
        if not tools:
            yield chunk, None
            return
        yield chunk, tools[0]
        if len(tools) > 1:
            spent = without_content(chunk)
            for tool in tools[1:]:
                yield spent, tool

    def complete_tool(self, call: ToolCall) -> list[ToolT]:
        """Return the tools that are complete once a tool call has ended: that of the call, except if the response may
        end here because the call was cut off. Then `released` returns its tool.
        """
        tools = self.released()
        if may_be_cut(call):
            self._held = call
            return tools
        return [*tools, *self.finished_tool(call)]

    def released(self, *, last: bool = False) -> list[ToolT]:
        """Return a list with the tool that `complete_tool` held back; an empty list if there is none.

        `last` is True if the finish reason is known and no call follows.
        """
        call, self._held = self._held, None
        return self.finished_tool(call, last=last) if call is not None else []

    def finished_tool(self, call: ToolCall, *, last: bool = False) -> list[ToolT]:
        """Return a list with the tool of a tool call; an empty list if no tools were offered, if the call is the
        structured output, or if it repeats an earlier call.

        If the call is the `last` one, and the response ended before its arguments, the tool has an error.
        """
        call = repaired(call, self._names)
        if not self.tool_types or call.name == self._answer or not self._calls_once.is_new(call):
            return []
        cut = last and is_cut(call, self.common_finish_reasons)
        tool = find_tool(self.tool_types, call, self.tool_base, cut=cut)
        self.tools.append(tool)
        return [tool]

    def partial_tool(self, call: ToolCall, delta: str) -> list[ToolT]:
        """Return a list with a partial tool for a tool call that grew by `delta`; an empty list if partial tools
        were not requested.
        """
        if not self.partial:
            return []
        call = repaired(call, self._names)
        kinds = [kind for kind in self.tool_types if tool_name(kind) == call.name]
        return [cast("ToolT", partial_tool(kind, call, delta)) for kind in kinds[:1]]
