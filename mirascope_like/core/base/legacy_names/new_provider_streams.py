"""Streams of a provider in Mirascope v1's form: its `handle_stream` yields the pairs, and its stream class builds the
response.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from inspect import isawaitable
from typing import Any, TypeVar

from ..response import Accumulator, BaseCallResponse, BaseCallResponseChunk, Usage, last_user_message
from ..streams import AsyncStream, BaseStream, Stream
from ..tools import BaseTool

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)

_SET = ("content", "model", "id", "finish_reasons", "usage", "cost", "messages", "message_param", "start_time")
_UNSET = ("user_message_param", "end_time", "input_tokens", "cached_tokens", "output_tokens", "common_finish_reasons")
_OF_REQUEST = (
    "metadata",
    "tool_types",
    "prompt_template",
    "fn_args",
    "dynamic_config",
    "call_params",
    "call_kwargs",
)
"""The attributes that streams have of their request, and that v1's stream classes set."""


class Received(BaseStream[Any, Any, Any]):
    """What one attempt of a stream has received, with the attributes and methods of v1's `BaseStream`.

    `call_factory` joins it with the provider's stream class, whose `construct_call_response` reads the attributes.
    """

    def __init__(self, *, stream: Any, messages: Sequence[Any], **attributes: Any) -> None:
        vars(self).update(attributes, stream=stream, messages=messages, content="", start_time=0.0, end_time=0.0)
        vars(self)["user_message_param"] = last_user_message(messages)

    @property
    def provider(self) -> str:
        """The name of the provider."""
        return str(self.call_response_type.provider)

    def _update_properties(self, chunk: Any) -> None:
        """Add a chunk, as v1 does: tokens are summed; of other values the last is kept."""
        own: dict[str, Any] = vars(self)
        own["content"] += chunk.content
        for name in ("input_tokens", "cached_tokens", "output_tokens"):
            if (count := getattr(chunk, name)) is not None:
                own[name] = (getattr(self, name) or 0) + count
        for name in ("model", "id", "finish_reasons"):
            if (value := getattr(chunk, name)) is not None:
                own[name] = value


def _set_as_attributes(kind: type[Any]) -> None:
    """Replace the read-only properties of streams by attributes, which v1's stream classes set."""
    for name in (*_SET, *_UNSET, *_OF_REQUEST, "call_response_type", "stream"):
        if name != "cost":
            setattr(kind, name, None)


_set_as_attributes(Received)


class NewAccumulator(Accumulator[Any, Any]):
    """Adds the pairs of a provider's `handle_stream` to its `Received`, which each pair names."""

    received: Any = None
    """The `Received` of this attempt; None before the first pair."""
    json_output: Callable[[Any], str]
    """Returns the piece of the structured output that a chunk adds."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.output: list[str] = []
        """The pieces of a structured output that is not the text."""

    def read_objects(self, events: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        """Add (received, chunk, tool or None) triples; yield their pairs."""
        for self.received, chunk, tool in events:
            self.received._update_properties(chunk)
            if self._answer is not None and (piece := self.json_output(chunk)) and piece != chunk.content:
                self._answer_deltas.append(piece)
                self.output.append(piece)
            if tool is not None and getattr(tool, "delta", None) is None:
                self.tools.append(tool)
            self._last = chunk
            yield chunk, tool

    def read(self, events: Sequence[bytes]) -> Iterator[tuple[Any, Any]]:
        """Raise `NotImplementedError`: the provider's own code reads the bytes."""
        raise NotImplementedError

    def add(self, chunk: Any, data: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
        """Raise `NotImplementedError`: the provider's own code reads the events."""
        raise NotImplementedError

    def rest(self) -> list[Any]:
        """Return no tools: `handle_stream` has yielded all."""
        return []

    @property
    def complete(self) -> bool:
        """True: only the provider's own code knows its final event."""
        return True

    def rebuild(self) -> dict[str, Any]:
        """Raise `NotImplementedError`: the provider's `construct_call_response` builds the response."""
        raise NotImplementedError

    @property
    def content(self) -> str:
        """The text received so far."""
        return self.received.content if self.received is not None else ""

    @property
    def model(self) -> str | None:
        """The name of the model that responds; None until it is known."""
        return self.received.model if self.received is not None else None

    @property
    def id(self) -> str | None:
        """The id of the response; None until it is known."""
        return self.received.id if self.received is not None else None

    @property
    def finish_reasons(self) -> list[Any] | None:
        """The finish reasons in the provider's own terms; None until they are known."""
        return (self.received.finish_reasons or None) if self.received is not None else None

    @property
    def usage(self) -> Usage | None:
        """The tokens used so far; None until the provider reports usage."""
        found = self.received
        if found is None or (found.input_tokens is None and found.output_tokens is None):
            return None
        return Usage(found.input_tokens, found.cached_tokens, found.output_tokens)

    def response(self, start_time: float, end_time: float) -> Any:
        """Return the response that the provider's `construct_call_response` builds."""
        found, calls = self.received, [call for tool in self.tools if (call := tool.tool_call) is not None]
        found.start_time, found.end_time = start_time, end_time
        found.message_param = found._construct_message_param(calls or None, found.content)
        return found.construct_call_response()


class NewSource:
    """An open response whose pairs the provider's `handle_stream` yields."""

    typed = True
    response = None

    def __init__(self, received: Any, raw: Any, pairs: Iterable[tuple[Any, Any]]) -> None:
        self._received, self._raw, self._pairs = received, raw, pairs

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for chunk, tool in self._pairs:
            yield [(self._received, chunk, tool)]

    def drain(self) -> None:
        """Do nothing: the provider's own code reads the connection."""

    def close(self) -> None:
        """Close the provider's generator, and the response that it reads."""
        for one in (self._pairs, self._raw):
            if (close := getattr(one, "close", None)) is not None:
                close()


class NewAsyncSource:
    """Async version of `NewSource`."""

    typed = True
    response = None

    def __init__(self, received: Any, raw: Any, pairs: AsyncIterable[tuple[Any, Any]]) -> None:
        self._received, self._raw, self._pairs = received, raw, pairs

    async def __aiter__(self) -> AsyncIterator[Sequence[Any]]:
        async for chunk, tool in self._pairs:
            yield [(self._received, chunk, tool)]

    async def drain(self) -> None:
        """Do nothing: the provider's own code reads the connection."""

    async def close(self) -> None:
        """Close the provider's generator, and the response that it reads."""
        for one in (self._pairs, self._raw):
            close = getattr(one, "aclose", None) or getattr(one, "close", None)
            if close is not None and isawaitable(closing := close()):
                await closing


class _V1Attributes:
    _transcript: Any

    def __getattr__(self, name: str) -> Any:
        # `metadata`, `tool_types`, `call_kwargs` and so on, and those that the provider's own class adds
        accumulator = (
            self._transcript.accumulator if not name.startswith("__") and "_transcript" in vars(self) else None
        )
        if accumulator is None or accumulator.received is None:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}, or not before its first chunk")
        return getattr(accumulator.received, name)


def _request_value(name: str) -> property:
    """Return a property with the value that the provider's stream class has, or will have once there is a chunk."""

    def read(self: Any) -> Any:
        attempt: Any = self._transcript.attempt
        if attempt is None:
            return getattr(super(_V1Attributes, self), name)
        if (received := attempt.accumulator.received) is not None:
            return getattr(received, name)
        made: dict[str, Any] = attempt.provider.attributes(attempt.request, attempt.payload)
        return made[name]

    return property(read)


for _name in _OF_REQUEST:
    setattr(_V1Attributes, _name, _request_value(_name))


class NewStream(_V1Attributes, Stream[ResponseT, ChunkT, ToolT]):
    """A stream of a provider in Mirascope v1's form. It is also an instance of the provider's own stream class."""


class NewAsyncStream(_V1Attributes, AsyncStream[ResponseT, ChunkT, ToolT]):
    """Async version of `NewStream`."""


def joined(kind: type[Any], base: type[Any], *, first: bool) -> type[Any]:
    """Return a subclass of the provider's stream class `kind` and of `base`, whose methods come first or last."""
    bases = (base, kind) if first else (kind, base)
    return type(kind.__name__, bases, {"__module__": kind.__module__, "__doc__": kind.__doc__})
