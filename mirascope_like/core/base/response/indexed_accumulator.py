"""The accumulator for providers that number the blocks of a response (Anthropic, Bedrock, Cohere)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from ..errors import MalformedEventError
from ..parsing import Text, is_end
from ..tools import BaseTool, ToolCall
from .accumulator import Accumulator
from .chunk import BaseCallResponseChunk

ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


class IndexedAccumulator(Accumulator[ChunkT, ToolT]):
    """Sums a response whose blocks are numbered, from events with a type."""

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

    def read(self, events: Sequence[bytes]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        make, grown = self.chunk_type.from_bytes, self._grown_text
        for raw in events:
            data, raw = self._decode(raw)
            if is_end(data):
                self.ended = True
                continue
            try:
                found = grown(data)
            except (LookupError, TypeError, AttributeError) as error:
                self.raise_reported(data)
                raise MalformedEventError(f"{error}: {raw[:200]!r}") from error
            if found is None:
                yield from self.add(make(raw, self.chunk_type.text_of(data)), data)
            else:
                text, piece = found
                text.append(piece)
                yield make(raw, piece), None

    def add(self, chunk: ChunkT, data: Mapping[str, Any]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        self.raise_reported(data)
        try:
            tools = self._sum(chunk, data)
        except (LookupError, TypeError, AttributeError) as error:
            raise MalformedEventError(f"{error!r}: {str(data)[:200]}") from error
        if tools is not None:
            self._last = chunk
            yield from self.pairs(chunk, tools)

    @abstractmethod
    def _sum(self, chunk: ChunkT, data: Mapping[str, Any]) -> list[ToolT] | None:
        """Add an event; return the tools that it completes, or None if the event yields no chunk."""

    def _grown_text(self, data: Any) -> tuple[Text, str] | None:
        """Return the text block that an event extends and its piece; None if it does anything else. Most events only
        add text.
        """
        return None

    @property
    def complete(self) -> bool:
        """True after the provider's final event."""
        return self._final

    @abstractmethod
    def _numbers(self) -> Iterable[int]:
        """Return the block numbers of the tool calls."""

    @abstractmethod
    def _call(self, number: int) -> ToolCall | None:
        """Return the tool call in a block, as far as it has arrived; None if the block is not a call."""

    def _grown(self, number: int, name: str, piece: str) -> list[ToolT]:
        """Record that a call grew; return it as a partial tool if partial tools were requested."""
        if self.add_answer_delta(name, piece, number) or not (self.partial and piece):
            return []
        call = self._call(number)
        return self.partial_tool(call, piece) if call is not None else []

    def _stop(self, number: int) -> list[ToolT]:
        """Return the finished call of a block as a tool. Returns it only once."""
        if number in self._given or (call := self._call(number)) is None:
            return []
        self._given.add(number)
        return self.finished_tool(call)

    def rest(self) -> list[ToolT]:
        return [tool for number in list(self._numbers()) for tool in self._stop(number)]

    @property
    def content(self) -> str:
        return "".join(str(self._texts[number]) for number in sorted(self._texts))
