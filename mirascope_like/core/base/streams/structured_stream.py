"""Structured streams: a structured output, read while it arrives.

The sync and the async class share the decisions, which are in `Reading`; a test compares what they repeat. `Reading`
does not refer to the stream: when a structured stream is dropped, its stream is dropped and closed at once.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, cast, overload

from ..errors import ResponseParseError
from ..parsing import NOTHING, Partial
from ..response import BaseCallResponse
from ..tools import tool_output_text
from . import in_use
from .stream_state import StreamState
from .structured_reader import AnyStream, AsyncStreamT, Reading, StreamT

T = TypeVar("T")
ItemT = TypeVar("ItemT")
ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
AnyStreamT = TypeVar("AnyStreamT", bound=AnyStream[Any], covariant=True)


class BaseStructuredStream(Generic[T, AnyStreamT]):
    """The base class of `StructuredStream` and `AsyncStructuredStream`: everything but reading."""

    stream: AnyStreamT
    """The stream of the response, for properties such as `usage` and `tools`. Its chunks are read by this object."""
    _reading: Reading[T]

    @property
    def constructed_response_model(self) -> T:
        """The complete value, validated.

        Raises `StreamNotConsumedError` before the end, and `ResponseParseError` if the model returned none.
        """
        self._parse_if_done()
        return self._reading.constructed(ended=self.stream.state is StreamState.DONE)

    def _parse_if_done(self) -> T:
        """Return the complete value if the stream is done, else `NOTHING`; also if the model called a tool instead.

        Parses the output if that has not been done. Raises `ResponseParseError`, also again, if it does not fit.
        """
        if self.stream.state is not StreamState.DONE:
            nothing: T = NOTHING
            return nothing
        return self._reading.finish(self.stream.construct_call_response())

    @property
    def error(self) -> BaseException | None:
        """The error that ended the stream, or the `ResponseParseError` of its output; None if there is neither."""
        with suppress(ResponseParseError):
            self._parse_if_done()  # sets the error of an output that is complete and not parsed yet
        return self.stream.error or self._reading.error

    @property
    def response(self: BaseStructuredStream[Any, AnyStream[ResponseT]]) -> ResponseT:
        """The full response.

        Raises `StreamNotConsumedError` before the end.
        """
        return self.stream.construct_call_response()

    _response = response  # the same name as on a structured value

    def remaker(self) -> Callable[[Any], Self]:
        """Return a function that makes a structured stream, with the output read so far, around a detached stream.

        The function does not refer to this structured stream, so an on-end callback can keep it.
        """
        kind, reading = type(self), self._reading

        def remake(stream: Any) -> Any:
            other = kind.__new__(kind)
            other.stream = stream
            other._reading = reading
            return other

        return remake

    def detached(self) -> Self:
        """Return a structured stream that shares all that arrives and reads nothing; it does not keep this one open."""
        return self.remaker()(self.stream.detached())

    def _as_tool_output(self) -> str:
        """Return what a model is given of a stream that its tool returned: the value, as JSON unless it is text.

        Raises `StreamNotConsumedError` if the stream is not over.
        """
        return tool_output_text(self.constructed_response_model)

    def _failed(self, error: ResponseParseError) -> ResponseParseError:
        return self._reading.failed(error, self.stream.construct_call_response(partial=True))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._reading.model.kind!r} {self.stream.state.value}>"


class StructuredStream(BaseStructuredStream[T, StreamT]):
    """A value of type `T` read while it arrives: partial values, and last the complete value, validated.

    A partial of a model is an instance of `Partial[Book]`, a subclass of `Book` whose fields may be None. Each is a new
    object, and is yielded only if something changed. Open parts are not validated, closed parts once. Otherwise like
    `Stream`: its own iterator, a context manager, closed when exhausted, closed or dropped.

    Raises `ResponseParseError` at the end if the output does not validate; with `fail_fast=True`, at the first closed
    part that does not, which also ends the generation.
    """

    def __init__(self, stream: StreamT, reading: Reading[T]) -> None:
        self.stream = stream
        self._reading = reading

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Partial[T] | T:
        reading = self._reading
        if reading.over:
            raise StopIteration
        try:
            for chunk, _ in self.stream:
                if (so_far := reading.take(chunk.content)) is not NOTHING:
                    return cast("Partial[T]", so_far)
            reading.over = self.stream.state is StreamState.DONE
            if (whole := self._parse_if_done()) is not NOTHING:
                return whole
        except ResponseParseError as error:
            raise self._ended_by(error)
        raise StopIteration

    def _ended_by(self, error: ResponseParseError) -> ResponseParseError:
        """Close the stream because its output does not fit; return the error to raise."""
        self._reading.over = True
        failed = self._failed(error)  # set before `close` runs the on-end callbacks
        self.close()
        return failed

    @overload
    def each(self: StructuredStream[list[ItemT], Any]) -> Iterator[ItemT]: ...
    @overload
    def each(self) -> Iterator[Any]: ...
    def each(self) -> Iterator[Any]:
        """Yield the items of a list, each validated as soon as it is complete: of `list[T]`, or of a model's only list.

        Items yielded by earlier calls are not repeated. Raises `ResponseParseError` for an item that does not validate,
        and ends the generation.
        """
        return in_use.ViewIterator(self._each())

    def _each(self) -> Generator[Any]:
        try:
            yield from self._reading.items()
            for _ in self:
                yield from self._reading.items()
        except ResponseParseError as error:
            raise self._ended_by(error)

    def collect(self) -> T:
        """Read to the end; return the complete value."""
        for _ in self:
            pass
        return self.constructed_response_model

    def _read_for_tool(self) -> None:
        self.collect()

    def _as_tool_output(self) -> str:
        self._read_for_tool()
        return super()._as_tool_output()

    def open(self) -> Self:
        """Send the request now; return once the response begins."""
        self.stream.open()
        return self

    def close(self) -> None:
        """Release the connection. What has arrived stays readable in `stream`."""
        self.stream.close()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncStructuredStream(BaseStructuredStream[T, AsyncStreamT]):
    """`StructuredStream` for `async for`. The call that returns it may be awaited, or the stream iterated directly."""

    def __init__(self, stream: AsyncStreamT, reading: Reading[T]) -> None:
        self.stream = stream
        self._reading = reading

    def __await__(self) -> Generator[Any, Any, Self]:
        yield from self.stream.__await__()
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Partial[T] | T:
        reading = self._reading
        if reading.over:
            raise StopAsyncIteration
        try:
            async for chunk, _ in self.stream:
                if (so_far := reading.take(chunk.content)) is not NOTHING:
                    return cast("Partial[T]", so_far)
            reading.over = self.stream.state is StreamState.DONE
            if (whole := self._parse_if_done()) is not NOTHING:
                return whole
        except ResponseParseError as error:
            raise await self._ended_by(error)
        raise StopAsyncIteration

    async def _ended_by(self, error: ResponseParseError) -> ResponseParseError:
        """Close the stream because its output does not fit; return the error to raise."""
        self._reading.over = True
        failed = self._failed(error)  # set before `close` runs the on-end callbacks
        await self.close()
        return failed

    @overload
    def each(self: AsyncStructuredStream[list[ItemT], Any]) -> AsyncIterator[ItemT]: ...
    @overload
    def each(self) -> AsyncIterator[Any]: ...
    def each(self) -> AsyncIterator[Any]:
        """Yield the items of a list, each validated as soon as it is complete: of `list[T]`, or of a model's only list.

        Items yielded by earlier calls are not repeated. Raises `ResponseParseError` for an item that does not validate,
        and ends the generation.
        """
        return in_use.AsyncViewIterator(self._each())

    async def _each(self) -> AsyncGenerator[Any]:
        try:
            for item in self._reading.items():
                yield item
            async for _ in self:
                for item in self._reading.items():
                    yield item
        except ResponseParseError as error:
            raise await self._ended_by(error)

    async def collect(self) -> T:
        """Read to the end; return the complete value."""
        async for _ in self:
            pass
        return self.constructed_response_model

    async def _read_for_tool(self) -> None:
        await self.collect()

    async def open(self) -> Self:
        """Send the request now; return once the response begins."""
        await self.stream.open()
        return self

    async def close(self) -> None:
        """Release the connection. What has arrived stays readable in `stream`."""
        await self.stream.close()

    aclose = close

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
