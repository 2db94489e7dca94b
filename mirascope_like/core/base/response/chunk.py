"""One event of a streamed answer."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar, cast

import jiter
from pydantic_core import to_json

from ..parsing import at, construct, construct_event, dumped
from .metadata import NativeMetadata

RawChunkT = TypeVar("RawChunkT")
FinishT = TypeVar("FinishT", bound=str)
UsageT = TypeVar("UsageT")


@dataclass(frozen=True, slots=True)
class ToolDelta:
    """A piece of a tool call, as one event of a stream brings it."""

    index: int
    """Which of the answer's calls it belongs to."""
    arguments: str = ""
    """The piece of the arguments, as JSON text."""
    id: str | None = None
    name: str | None = None
    """The tool's name, in the piece that begins a call."""


class BaseCallResponseChunk(NativeMetadata, ABC, Generic[RawChunkT, FinishT, UsageT]):
    """What one event of a stream says. Nothing is worked out before it is asked for.

    What an event does not say is `None`, for every provider; `content` is then the empty string.
    """

    __slots__ = ("_chunk", "_data", "_raw", "content")

    content: str
    """The text that this event adds."""
    _raw: bytes | None
    _data: dict[str, Any]

    provider: ClassVar[str]
    raw_type: ClassVar[Any]
    """The SDK's class of an event, or the union of its classes."""
    usage_places: ClassVar[tuple[str, ...]] = ("usage",)
    """Where the SDK's object tells the tokens."""

    def __init__(self, chunk: RawChunkT) -> None:
        """Wrap an object of the provider's SDK."""
        self._data = self._dumped(chunk)
        if isinstance(chunk, Mapping):  # of a client that is not the SDK's own
            self._raw = to_json(chunk)
        else:
            self._raw = None
            self._chunk: RawChunkT = chunk
        self.content = self._text()

    @classmethod
    def from_bytes(cls, raw: bytes, content: str) -> Self:
        """Wrap an event as it came; `content` is the text in it."""
        self = cls.__new__(cls)
        self._raw = raw
        self.content = content
        return self

    @classmethod
    def from_object(cls, chunk: RawChunkT, content: str) -> Self:
        """Wrap an object of the provider's SDK; `content` is the text in it."""
        self = cls.__new__(cls)
        self._chunk = chunk
        self.content = content
        return self

    def spent(self) -> Self:
        """Return this event without what it adds, for a second tool that it completes."""
        other = type(self).__new__(type(self))
        other._raw = None
        other._data = {}
        other._chunk = self.chunk
        other.content = ""
        return other

    @property
    def data(self) -> dict[str, Any]:
        """The event, decoded."""
        try:
            return self._data
        except AttributeError:
            raw = getattr(self, "_raw", None)
            self._data = self._dumped(self._chunk) if raw is None else jiter.from_json(raw)
            return self._data

    @property
    def chunk(self) -> RawChunkT:
        """The event as an object of the provider's SDK; made when first asked for."""
        try:
            return self._chunk
        except AttributeError:
            self._chunk = self._type(self._raw or b"{}")
            return self._chunk

    @classmethod
    def _dumped(cls, chunk: Any) -> dict[str, Any]:
        """Return the JSON that the SDK's object was made of."""
        return dumped(chunk)

    @classmethod
    def _type(cls, raw: bytes) -> RawChunkT:
        """Make the SDK's object."""
        if isinstance(cls.raw_type, type):
            return cast("RawChunkT", construct(cast("type[Any]", cls.raw_type), raw))
        return cast("RawChunkT", construct_event(cls.raw_type, raw))

    @classmethod
    def text_of(cls, data: Mapping[str, Any]) -> str:
        """Return the text that an event adds."""
        raise NotImplementedError

    def _text(self) -> str:
        return self.text_of(self.data)

    @property
    def _top(self) -> Mapping[str, Any]:
        """What of the event tells what the top of a whole answer does."""
        return self.data

    @property
    def finish_reasons(self) -> list[FinishT] | None:
        """Why the generation ended, in the provider's words."""
        return super().finish_reasons

    @property
    def usage(self) -> UsageT | None:
        """The provider's own account of tokens."""
        if at(self._top, self.facts.usage) is None:
            return None
        told = (at(self.chunk, place) for place in self.usage_places)
        return next((one for one in told if one is not None), None)

    @property
    def thinking(self) -> str:
        """The piece of the model's thinking that this event adds, where it is shown; else empty."""
        return ""

    @property
    def tool_deltas(self) -> Sequence[ToolDelta]:
        """The pieces of tool calls that this event adds."""
        return ()

    def __str__(self) -> str:
        return self.content

    def __repr__(self) -> str:
        return f"{type(self).__name__}(chunk={self.chunk!r})"
