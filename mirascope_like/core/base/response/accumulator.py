"""The sum of a stream: what every dialect's accumulator shares. Does no I/O and knows nothing of `async`.

A accumulator holds memory in proportion to the reply, not to the number of events.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar, cast

from ..errors import ErrorEventError, reported_error
from ..parsing import Text, at
from ..tools import BaseTool, ToolCall, find_tool, offered_name, repaired, tool_name
from .chunk import BaseCallResponseChunk
from .finish_reasons import ended_for
from .usage import Usage

ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


class Accumulator(ABC, Generic[ChunkT, ToolT]):
    """Turns the events of one stream into pairs of chunk and tool, and sums them up.

    `tools` are the types offered to the model; with `partial` a tool is also given while it grows.
    """

    answers: ClassVar[tuple[str, ...]] = ("type",)
    """The keys that an event of an answer has, and one that is nothing but an error has not."""

    def __init__(
        self,
        chunk_type: type[ChunkT],
        tool_base: type[ToolT],
        tools: Sequence[type[BaseTool]] = (),
        partial: bool = False,
    ) -> None:
        self.chunk_type = chunk_type
        self.tool_base = tool_base
        self.tool_types = tools
        self.partial = partial
        self.tools: list[ToolT] = []
        """The tools that were whole so far."""
        self.ended: bool = False
        """The provider's final event has been seen."""
        self.top_fields: dict[str, Any] = {}
        """What the events say at the top of the answer."""
        self._last: ChunkT | None = None
        """The last event that was added."""
        self._answer: str | None = None
        self._answering: object = None
        self._first_delta = True
        self._answer_deltas: list[str] = []

    @cached_property
    def _names(self) -> frozenset[str]:
        """The names that the model may call."""
        offered = {tool_name(kind) for kind in self.tool_types}
        return frozenset(offered if self._answer is None else {*offered, self._answer})

    def collect_answer(self, answer: str, deltas: list[str]) -> None:
        """Take calls of this name for the structured answer, and put the first into `heard` as it grows: no tool."""
        self._answer = answer
        self._answer_deltas = deltas

    def add_answer_delta(self, name: str, piece: str, call: object) -> bool:
        """Take a piece of a call's arguments if it is of the answer, and return whether it is.

        `call` is something that tells the call from others.
        """
        if self._answer is None or offered_name(name, (self._answer,)) != self._answer:
            return False
        if self._answering is None:
            self._answering = call
        if self._answering is call:
            first, self._first_delta = self._first_delta, False
            if not (first and piece.strip() == "{}"):  # which says nothing; if nothing follows, the response has it
                self._answer_deltas.append(piece)
            if not piece:
                self._first_delta = first
        return True

    def raise_reported(self, data: Any) -> None:
        """Raise `ErrorEventError` for an event that is an error, whatever its shape."""
        if (error := reported_error(data, self.answers)) is not None:
            raise ErrorEventError(error)

    @abstractmethod
    def read(self, events: Sequence[bytes]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        """Add events as they came; yield a pair for each.

        Raises `MalformedEventError` for an event that cannot be read and `ErrorEventError` for one that is an error.
        """

    def read_objects(self, events: Iterable[Any]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        """`read`, for events that are objects of the provider's SDK already. Takes none after the final one."""
        for event in events:
            chunk = self.chunk_type(event)
            yield from self.add(chunk, chunk.data)
            if self.ended:
                break

    @abstractmethod
    def add(self, chunk: ChunkT, data: Mapping[str, Any]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        """Add one event, decoded; yield its pairs. Raises what `read` raises."""

    @abstractmethod
    def rest(self) -> list[ToolT]:
        """Return the tools that only the end of the stream shows to be whole."""

    def finish(self) -> Iterator[tuple[ChunkT, ToolT | None]]:
        """Yield the `rest`, with a chunk that adds nothing."""
        tools = self.rest()
        if tools and self._last is not None:
            yield from self.pairs(self._last.spent(), tools)

    @property
    @abstractmethod
    def complete(self) -> bool:
        """Whether the answer may honestly end here."""

    @property
    def no_output(self) -> bool:
        """Whether nothing has been said yet, though events may have come."""
        return self.empty

    @property
    def resumable_text(self) -> str | None:
        """The text so far, if the answer is nothing else and has not said why it ended; else None."""
        return None

    def resume_from(self, text: Text) -> None:
        """Begin with a text that has come before: what is read now goes on from it."""
        raise NotImplementedError

    @abstractmethod
    def rebuild(self) -> dict[str, Any]:
        """Return the raw response that the events sum up to, as the provider would have sent it whole."""

    @property
    @abstractmethod
    def content(self) -> str:
        """The text so far."""

    @property
    def model(self) -> str | None:
        """The model that answers, as the provider named it."""
        return at(self.top_fields, self.chunk_type.facts.model) or None

    @property
    def id(self) -> str | None:
        """The answer's id."""
        return at(self.top_fields, self.chunk_type.facts.id) or None

    @property
    def finish_reasons(self) -> list[Any] | None:
        """Why the generation ended, in the provider's words."""
        reason = ended_for(at(self.top_fields, self.chunk_type.facts.finish))
        return [reason] if reason is not None else None

    @property
    def failed(self) -> bool:
        """Whether the answer has ended for a reason that is an error."""
        return "error" in (self.chunk_type.common_reasons(self.finish_reasons) or ())

    @property
    def usage(self) -> Usage | None:
        """The tokens spent so far, in neutral words."""
        return self.chunk_type.read_usage(at(self.top_fields, self.chunk_type.facts.usage))

    @property
    def empty(self) -> bool:
        """Whether nothing has arrived yet."""
        return self._last is None

    def pairs(self, chunk: ChunkT, tools: Sequence[ToolT]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        """Yield a chunk with the tools that it completes; its text is seen once."""
        if not tools:
            yield chunk, None
            return
        yield chunk, tools[0]
        if len(tools) > 1:
            spent = chunk.spent()
            for tool in tools[1:]:
                yield spent, tool

    def finished_tool(self, call: ToolCall) -> list[ToolT]:
        """Return a finished call as a tool; nothing where no tools were offered."""
        call = repaired(call, self._names)
        if not self.tool_types or call.name == self._answer:
            return []
        tool = find_tool(self.tool_types, call, self.tool_base)
        self.tools.append(tool)
        return [tool]

    def partial_tool(self, call: ToolCall, delta: str) -> list[ToolT]:
        """Return a call that grew by `delta` as a tool, where such are wanted; it is shown and not kept."""
        if not self.partial:
            return []
        call = repaired(call, self._names)
        kinds = [kind for kind in self.tool_types if tool_name(kind) == call.name]
        return [cast("ToolT", kind.partial(call, delta)) for kind in kinds[:1]]
