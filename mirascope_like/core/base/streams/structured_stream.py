"""Structured streams: structured outputs that are read while they arrive.

The sync and the async class share `Reading`, which makes all decisions; a test compares the rest of the two classes.
`Reading` does not refer to the stream, so when a structured stream is dropped, its stream is dropped and closed too.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, overload

from ..errors import ResponseParseError
from ..parsing import NOTHING, Partial
from ..response import BaseCallResponse
from ..runtime import LazyModule
from ..tools import tool_output_text
from . import in_use
from .base_stream import BaseStream, detached
from .stream_state import StreamState
from .structured_reader import AnyStream, AsyncStreamT, Reading, StreamT
from .task_of_stream import Awaited

if TYPE_CHECKING:
    from . import live_display
else:
    live_display = LazyModule(f"{__package__}.live_display")

T = TypeVar("T")
ItemT = TypeVar("ItemT")
ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
AnyStreamT = TypeVar("AnyStreamT", bound=AnyStream[Any], covariant=True)


class BaseStructuredStream(Generic[T, AnyStreamT]):
    """The base class of `StructuredStream` and `AsyncStructuredStream`: everything except reading."""

    stream: AnyStreamT
    """The stream of the response. Use it for properties such as `usage` and `tools`; its chunks are read by the
    structured stream.
    """
    _reading: Reading[T]
    _detached: bool = False
    """True for a stream made by `detached()`, or received by an on-end callback: it yields nothing."""

    def __init__(self, stream: AnyStreamT, reading: Reading[T]) -> None:
        self.stream = stream
        self._reading = reading

    @property
    def constructed_response_model(self) -> T:
        """The complete, validated value.

        Raises `StreamNotConsumedError` before the end, and `ResponseParseError` if the model returned no valid value.
        """
        self._parse_if_done()
        return self._reading.constructed(ended=self.stream.state is StreamState.DONE)

    def _parse_if_done(self) -> T:
        """Return the complete value if the stream is done; otherwise, or if the model called a tool instead, `NOTHING`.

        Parses the output the first time. Raises `ResponseParseError`, each time, if the output does not validate.
        """
        if self.stream.state is not StreamState.DONE:
            nothing: T = NOTHING
            return nothing
        return self._reading.finish(self.stream.construct_call_response())

    @property
    def error(self) -> BaseException | None:
        """The error that ended the stream, or the `ResponseParseError` of its output; None if there is no error."""
        with suppress(ResponseParseError):
            self._parse_if_done()  # sets the error of an output that is complete and not parsed yet
        return self.stream.error or self._reading.error

    @property
    def response(self: BaseStructuredStream[Any, AnyStream[ResponseT]]) -> ResponseT:
        """The complete response. Raises `StreamNotConsumedError` before the end."""
        return self.stream.construct_call_response()

    _response = response  # the same name as on a structured value

    @property
    def response_model(self) -> type[T]:
        """The type of the value: the `response_model` of the call."""
        kind: type[T] = self._reading.model.kind
        return kind

    @property
    def fields_from_call_args(self) -> dict[str, Any]:
        """The values of the fields that are filled from the arguments of the call (`FromCallArgs`), by field name."""
        return self._reading.model.given(self.stream.fn_args)

    def _remaker(self) -> Callable[[Any], Self]:
        kind, reading = type(self), self._reading

        def remake(stream: Any) -> Any:
            other = kind.__new__(kind)
            other.stream = stream
            other._reading = reading
            other._detached = True
            return other

        return remake

    def _detached_copy(self) -> Self:
        return self._remaker()(detached(self.stream))

    def _as_tool_output(self) -> str:
        """Return the text that the model receives if a tool returned this stream: the value, as JSON unless it is a
        text.

        Raises `StreamNotConsumedError` if the stream has not ended.
        """
        return tool_output_text(self.constructed_response_model)

    def _failed(self, error: ResponseParseError) -> ResponseParseError:
        return self._reading.failed(error, self.stream.construct_call_response(partial=True))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._reading.model.kind!r} {self.stream.state.value}>"


class StructuredStream(BaseStructuredStream[T, StreamT]):
    """A value of type `T` that is read while it arrives. Yields partial values, and, last, the complete, validated
    value.

    A partial value of a model `Book` is an instance of `Partial[Book]`, a subclass of `Book` whose fields may be None.
    Each partial value is a new object, and is yielded only if something has changed. Incomplete parts are not
    validated; each complete part is validated once. Like a `Stream`, it is its own iterator and a context manager, and
    is closed when it is exhausted, closed or dropped.

    If the output does not validate, raises `ResponseParseError` at the end; with `fail_fast=True`, at the first
    complete part that does not validate, which also ends the generation.
    """

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Partial[T] | T:
        reading = self._reading
        if reading.over or self._detached:
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
        """Close the stream because its output does not validate; return the error to raise."""
        self._reading.over = True
        failed = self._failed(error)  # set before `close` runs the on-end callbacks
        self.close()
        return failed

    @overload
    def each(self: StructuredStream[list[ItemT], Any]) -> Iterator[ItemT]: ...
    @overload
    def each(self) -> Iterator[Any]: ...
    def each(self) -> Iterator[Any]:
        """Yield the items of a list, each validated as soon as it is complete. The list is the value itself
        (`list[T]`), or the only list in a model.

        Items that an earlier call has yielded are not repeated. If the model begins the JSON again, the items of both
        attempts are yielded. An item that does not validate raises `ResponseParseError` and ends the generation.
        """
        return in_use.ViewIterator(self._each())

    def _each(self) -> Generator[Any]:
        if self._detached:
            return
        try:
            yield from self._reading.items()
            for _ in self:
                yield from self._reading.items()
        except ResponseParseError as error:
            raise self._ended_by(error)

    def collect(self) -> T:
        """Read the stream to its end; return the complete value.

        Raises `ResponseParseError` if the model returned no valid value, and `StreamNotConsumedError` if the stream was
        closed before its end.
        """
        for _ in self:
            pass
        return self.constructed_response_model

    def display(self) -> T:
        """Show the value in a notebook or terminal while it arrives; return the complete value. Raises what `collect`
        raises, and `ConfigurationError` in a terminal without rich.
        """
        with live_display.LiveDisplay(self.stream) as live:
            for value in self:
                live.update(value)
            live.update(self.constructed_response_model)
        return self.constructed_response_model

    def _read_for_tool(self) -> None:
        self.collect()

    def _as_tool_output(self) -> str:
        self._read_for_tool()
        return super()._as_tool_output()

    def open(self) -> Self:
        """Send the request now; return the stream as soon as the response begins."""
        self.stream.open()
        return self

    def close(self) -> None:
        """Release the connection. Everything that was received stays readable in `stream`."""
        self.stream.close()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncStructuredStream(Awaited, BaseStructuredStream[T, AsyncStreamT]):
    """Async version of `StructuredStream`. The call that returns it may be awaited, or iterated directly with `async
    for`.
    """

    def __await__(self) -> Generator[Any, Any, Self]:
        yield from self.stream.__await__()
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Partial[T] | T:
        reading = self._reading
        if reading.over or self._detached:
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
        """Close the stream because its output does not validate; return the error to raise."""
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

        Items that an earlier call has yielded are not repeated. If the model begins the JSON again, the items of both
        attempts are yielded. An item that does not validate raises `ResponseParseError` and ends the generation.
        """
        return in_use.AsyncViewIterator(self._each())

    async def _each(self) -> AsyncGenerator[Any]:
        if self._detached:
            return
        try:
            for item in self._reading.items():
                yield item
            async for _ in self:
                for item in self._reading.items():
                    yield item
        except ResponseParseError as error:
            raise await self._ended_by(error)

    async def collect(self) -> T:
        """Read the stream to its end; return the complete value.

        Raises `ResponseParseError` if the model returned no valid value, and `StreamNotConsumedError` if the stream was
        closed before its end.
        """
        async for _ in self:
            pass
        return self.constructed_response_model

    async def display(self) -> T:
        """Show the value in a notebook or terminal while it arrives; return the complete value. Raises what `collect`
        raises, and `ConfigurationError` in a terminal without rich.
        """
        with live_display.LiveDisplay(self.stream) as live:
            async for value in self:
                live.update(value)
            live.update(self.constructed_response_model)
        return self.constructed_response_model

    async def _read_for_tool(self) -> None:
        await self.collect()

    async def open(self) -> Self:
        """Send the request now; return the stream as soon as the response begins."""
        await self.stream.open()
        return self

    async def close(self) -> None:
        """Release the connection. Everything that was received stays readable in `stream`."""
        await self.stream.close()

    aclose = close

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def when_ended(
    stream: BaseStream[Any, Any, Any] | BaseStructuredStream[Any, Any], callback: Callable[[Any], Any]
) -> None:
    """Register a function to call once when a stream has ended, structured or not, however it ended. It receives a
    detached copy, as in `BaseStream.ended`.
    """
    if isinstance(stream, BaseStructuredStream):
        own: Any = stream
        remake = own._remaker()  # the callback must not refer to the stream, or dropping it would not close it
        del own

        def ended(last: Any) -> Any:
            return callback(remake(last))

        stream.stream.ended(ended)
    else:
        stream.ended(callback)
