"""Chunks: one decoded event of a stream each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast

import jiter
from pydantic_core import to_json

from ..parsing import at, construct, construct_event, dumped, encode_json
from ..runtime import LazyModule
from .metadata import NativeMetadata
from .untyped_bases import ChunkMeta

if TYPE_CHECKING:
    from . import dump
else:
    dump = LazyModule(f"{__package__}.dump")  # few programs dump chunks

V1_PARAMETERS = 2
"""The number of type parameters of Mirascope v1's `BaseCallResponseChunk`: with so many, it is the base class of a
provider in v1's form.
"""
RawChunkT = TypeVar("RawChunkT")
FinishT = TypeVar("FinishT", bound=str)
UsageT = TypeVar("UsageT")

_FORMER_NAMES = {name: f"_{name}" for name in ("place", "places", "calls_before", "parted", "whole_thinking")}
"""Maps the names of attributes in pickles of earlier versions to those of today."""


@dataclass(frozen=True, slots=True)
class ToolDelta:
    """A piece of a tool call that one event adds."""

    index: int
    """The index of the tool call in the response."""
    arguments: str = ""
    """The piece of the arguments' JSON text."""
    id: str | None = None
    name: str | None = None
    """The tool's name, in the first piece of a tool call; else None."""


class BaseCallResponseChunk(NativeMetadata, Generic[RawChunkT, FinishT, UsageT], metaclass=ChunkMeta):
    """One event of a stream. The event is decoded when a property is first read.

    A value that the event does not contain is None; `content` is then the empty string.
    """

    __slots__ = ("_chunk", "_data", "_place", "_raw", "content")

    content: str
    """The text that this event adds."""
    _place: int
    """See `set_place`."""
    _raw: bytes | None
    _data: dict[str, Any]

    provider: ClassVar[str]
    _raw_type: ClassVar[Any]
    """The SDK's class of events, or a union of such classes."""
    _usage_places: ClassVar[tuple[str, ...]] = ("usage",)
    """The paths in the SDK's event object at which the usage may be."""

    if not TYPE_CHECKING:

        @classmethod
        def __class_getitem__(cls, parameters: Any) -> Any:
            if cls is BaseCallResponseChunk and isinstance(parameters, tuple) and len(parameters) == V1_PARAMETERS:
                return import_module(f"{__package__}.v1_form").V1CallResponseChunk  # which imports this class
            return super().__class_getitem__(parameters)

    def __init__(self, chunk: RawChunkT) -> None:
        """Make a chunk for an event that is an object of the provider's SDK."""
        self._data = self._dumped(chunk)
        if isinstance(chunk, Mapping):  # from a client that is not the SDK's own
            self._raw = encode_json(chunk)
        else:
            self._raw = None
            self._chunk: RawChunkT = chunk
        self.content = self._text()

    @classmethod
    def _from_bytes(cls, raw: bytes, content: str) -> Self:
        self = cls.__new__(cls)
        self._raw = raw
        self.content = content
        return self

    @classmethod
    def _from_object(cls, chunk: RawChunkT, content: str) -> Self:
        self = cls.__new__(cls)
        self._chunk = chunk
        self.content = content
        return self

    @classmethod
    def _from_data(cls, data: dict[str, Any]) -> Self:
        self = cls.__new__(cls)
        self._raw = None
        self._data = data
        self.content = cls._text_of(data)
        return self

    def _without_content(self) -> Self:
        other = type(self).__new__(type(self))
        other._raw = None
        other._data = {}
        other._chunk = self.chunk
        other.content = ""
        return other

    @property
    def data(self) -> dict[str, Any]:
        """The event as decoded JSON."""
        try:
            return self._data
        except AttributeError:
            raw = getattr(self, "_raw", None)
            self._data = self._dumped(self._chunk) if raw is None else jiter.from_json(raw)
            return self._data

    @property
    def chunk(self) -> RawChunkT:
        """The event as an object of the provider's SDK. Created when it is first read."""
        try:
            return self._chunk
        except AttributeError:
            self._chunk = self._type(to_json(self._data) if self._raw is None else self._raw or b"{}")
            return self._chunk

    @classmethod
    def _dumped(cls, chunk: Any) -> dict[str, Any]:
        """Return the JSON that the SDK's object was made from."""
        return dumped(chunk)

    @classmethod
    def _type(cls, raw: bytes) -> RawChunkT:
        """Return the SDK's object for an event in bytes."""
        if isinstance(cls._raw_type, type):
            return cast("RawChunkT", construct(cast("type[Any]", cls._raw_type), raw))
        return cast("RawChunkT", construct_event(cls._raw_type, raw))

    @classmethod
    def _text_of(cls, data: Mapping[str, Any]) -> str:
        raise NotImplementedError

    def _text(self) -> str:
        return self._text_of(self.data)

    @property
    def _top(self) -> Mapping[str, Any]:
        """The part of the event in which the paths of `facts` start."""
        return self.data

    @property
    def finish_reasons(self) -> list[FinishT] | None:
        """The finish reasons in the provider's own terms; None if there is none."""
        return super().finish_reasons

    @property
    def usage(self) -> UsageT | None:
        """The usage object of the provider's SDK; None if the event has no usage."""
        if at(self._top, self._facts.usage) is None:
            return None
        found = (at(self.chunk, place) for place in self._usage_places)
        return next((one for one in found if one is not None), None)

    @property
    def thinking(self) -> str:
        """The piece of the model's thinking that this event adds; empty if it adds none."""
        return ""

    def _placed(self, index: Any) -> int:
        """Return `_place`, or else the index in the event; 0 if neither is known."""
        return getattr(self, "_place", index if isinstance(index, int) else 0)

    @property
    def tool_deltas(self) -> Sequence[ToolDelta]:
        """The pieces of tool calls that this event adds."""
        return ()

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """Return the chunk as a dict of plain JSON values. `options` are `include`, `exclude` and `exclude_none` of
        pydantic.
        """
        return dump.chunk_values(self, options)

    def model_dump_json(self, *, indent: int | None = None, **options: Any) -> str:
        """Return the chunk as JSON, with the options of `model_dump`."""
        return to_json(self.model_dump(**options), indent=indent).decode()

    def __setstate__(self, state: tuple[Mapping[str, Any] | None, ...]) -> None:
        for part in state:  # the attributes of a subclass without slots, and those in slots
            for name, value in (part or {}).items():
                setattr(self, _FORMER_NAMES.get(name, name), value)

    def __str__(self) -> str:
        return self.content

    def __repr__(self) -> str:
        return f"{type(self).__name__}(chunk={self.chunk!r})"


ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])


class ChunkFactory(Generic[ChunkT]):
    """Makes the chunks of one type for an accumulator. A class of its own, so that editors do not complete its methods
    after a chunk.
    """

    __slots__ = ("_kind", "from_bytes", "from_object")

    def __init__(self, kind: type[ChunkT]) -> None:
        self._kind: Any = kind
        self.from_bytes: Callable[[bytes, str], ChunkT] = self._kind._from_bytes
        """Returns a chunk for an undecoded event. The second argument is the text that the event adds."""
        self.from_object: Callable[[Any, str], ChunkT] = self._kind._from_object
        """Returns a chunk for an event that is an object of the provider's SDK. The second argument is the text that
        the event adds.
        """

    def from_data(self, data: dict[str, Any]) -> ChunkT:
        """Return a chunk for a decoded event."""
        return cast("ChunkT", self._kind._from_data(data))

    def text_of(self, data: Mapping[str, Any]) -> str:
        """Return the text that a decoded event adds."""
        return cast("str", self._kind._text_of(data))


def without_content(chunk: ChunkT) -> ChunkT:
    """Return a copy of a chunk with empty content, so that a chunk that is yielded several times adds its text only
    once. The copy is yielded with the second and further tools that the chunk completes, and after the tools of a round
    have run.
    """
    own: Any = chunk
    return cast("ChunkT", own._without_content())


def set_place(chunk: BaseCallResponseChunk[Any, Any, Any], place: int) -> None:
    """Set the position of the block, item or tool call that the event of a chunk belongs to, for formats that number
    these, because the index in the event may be missing, or used several times.
    """
    own: Any = chunk
    own._place = place
