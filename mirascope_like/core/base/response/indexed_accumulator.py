"""The accumulator for providers that number the blocks of a response: Anthropic, Bedrock and Cohere."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from ..errors import MalformedEventError
from ..parsing import Text, is_end
from ..tools import BaseTool, ToolCall
from .accumulator import Accumulator
from .chunk import BaseCallResponseChunk, set_place

ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


_UNREADABLE = (LookupError, TypeError, AttributeError, ValueError)
"""The errors that an event in another structure causes."""


def _malformed(error: Exception, event: Any) -> MalformedEventError:
    shown = event[:200] if isinstance(event, bytes) else str(event)[:200]
    return MalformedEventError(f"an event cannot be decoded ({error!r}): {shown!r}")


class Positions:
    """Maps the indexes in events to the positions of blocks. Some hosts use one index several times, or leave it out.

    `known` are the positions of the blocks that have begun.
    """

    __slots__ = ("_newest",)

    def __init__(self) -> None:
        self._newest: dict[Any, int] = {}
        """Maps each index to the position of its newest block."""

    def of(self, index: Any, known: Iterable[int]) -> int:
        """Return the position of the block that an event belongs to. An event without an index belongs to the newest
        block.
        """
        if index is None:
            return max(known, default=0)
        return self._newest[index] if index in self._newest else int(index)

    def alias(self, index: Any, position: int) -> None:
        """Assign a further index to a block."""
        self._newest[index] = position

    def new(self, index: Any, known: Collection[int]) -> int:
        """Return the position for a new block: its index, or the next free position if the index is missing or
        already used.
        """
        position = max(known, default=-1) + 1 if index is None or int(index) in known else int(index)
        if index is not None:
            self._newest[index] = position
        return position


class IndexedAccumulator(Accumulator[ChunkT, ToolT]):
    """Combines events into a response that consists of numbered blocks (text, thinking, tool calls)."""

    def __init__(
        self,
        chunk_type: type[ChunkT],
        tool_base: type[ToolT],
        tools: Sequence[type[BaseTool]] = (),
        partial: bool = False,
    ) -> None:
        super().__init__(chunk_type, tool_base, tools, partial)
        self._texts: dict[int, Text] = {}
        self._given: set[int] = set()
        self._final = False
        self._touched: int | None = None
        """The position of the block or call that the current event belongs to; None until it is known."""

    def read(self, events: Sequence[bytes]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        make, grown = self._chunk, self._grown_text
        for raw in events:
            data, raw = self._decode(raw, events)
            if not data:  # `null` or `{}`, which keeps a connection alive
                continue
            if is_end(data):
                self.ended = True
                continue
            try:
                found = grown(data)
            except _UNREADABLE as error:
                self.raise_reported(data)
                raise _malformed(error, raw or data) from error
            if found is None:
                yield from self.add(make(raw, data, self.chunks.text_of(data)), data)
            else:
                text, piece = found
                text.append(piece)
                yield make(raw, data, piece), None

    def add(self, chunk: ChunkT, data: Mapping[str, Any]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        self.raise_reported(data)
        self._touched = None
        try:
            tools = self._sum(chunk, data)
        except MalformedEventError:
            raise
        except _UNREADABLE as error:
            raise _malformed(error, data) from error
        if self._held is not None and self.finish_reasons:
            tools = [*(tools or ()), *self.released(last=True)]
        if self._touched is not None:
            set_place(chunk, self._touched)
        if tools is not None:
            self._last = chunk
            yield from self.pairs(chunk, tools)

    @abstractmethod
    def _sum(self, chunk: ChunkT, data: Mapping[str, Any]) -> list[ToolT] | None:
        """Add an event; return the tools that it completes, or None if the event produces no chunk."""

    def _grown_text(self, data: Any) -> tuple[Text, str] | None:
        """Return (text block, new piece) for an event that only adds text, as most events do; None for any other event.

        The caller appends the piece to the block.
        """
        return None

    @property
    def complete(self) -> bool:
        """True after the provider's final event."""
        return self._final

    @abstractmethod
    def _numbers(self) -> Iterable[int]:
        """Return the numbers of the blocks that are tool calls."""

    @abstractmethod
    def _call(self, number: int) -> ToolCall | None:
        """Return the tool call in a block, as far as it has arrived; None if the block is not a tool call."""

    def _grown(self, number: int, name: str, piece: str) -> list[ToolT]:
        """Record a new piece of a tool call's arguments. Return a list with the partial tool; an empty list if
        partial tools were not requested.
        """
        if self.add_answer_delta(name, piece, number) or not (self.partial and piece):
            return []
        call = self._call(number)
        return self.partial_tool(call, piece) if call is not None else []

    def _stop(self, number: int) -> list[ToolT]:
        """Return the tools that are complete once a block has ended: see `complete_tool`. An empty list if the block
        is not a tool call, or has ended before.
        """
        if number in self._given or (call := self._call(number)) is None:
            return []
        self._given.add(number)
        return self.complete_tool(call)

    def rest(self) -> list[ToolT]:
        tools = [tool for number in list(self._numbers()) for tool in self._stop(number)]
        return [*tools, *self.released(last=True)]

    @property
    def content(self) -> str:
        return "".join(str(self._texts[number]) for number in sorted(self._texts))
