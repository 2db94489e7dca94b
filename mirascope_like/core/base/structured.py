"""Structured streams: an answer of a type, read while it arrives.

The loop that reads comes twice, for sync and async; what is decided stands in `Reading`, once. `Reading` knows nothing
of the stream, so that a structured stream that is dropped drops its stream at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Generic, Self, TypeAlias, TypeVar, cast, overload

from typing_extensions import TypeVar as DefaultTypeVar

from .async_stream import AsyncStream
from .errors import ConfigurationError, ResponseParseError, StreamNotConsumedError, parse_error
from .flows import read, remember
from .parsing import NOTHING, Growth, Partial, Shape, shape_of
from .progress import StreamState
from .request import WRAPPED, Request, ResponseModel
from .response import BaseCallResponse
from .stream import Stream

T = TypeVar("T")
ItemT = TypeVar("ItemT")
ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
StreamT = DefaultTypeVar("StreamT", bound=Stream[Any, Any, Any], default=Stream[Any, Any, Any])
AsyncStreamT = DefaultTypeVar("AsyncStreamT", bound=AsyncStream[Any, Any, Any], default=AsyncStream[Any, Any, Any])
AnyStream: TypeAlias = Stream[ResponseT, Any, Any] | AsyncStream[ResponseT, Any, Any]
AnyStreamT = TypeVar("AnyStreamT", bound=AnyStream[Any], covariant=True)


class Reading(Generic[T]):
    """What has been read of a structured answer. Does no I/O."""

    def __init__(self, model: ResponseModel[T], *, fail_fast: bool) -> None:
        self.model = model
        self._fail_fast = fail_fast
        self._growth: Growth | None = None
        self._items = _items_of(model)
        self._yielded = 0
        self.over: bool = False
        self.value: T = NOTHING
        self.error: ResponseParseError | None = None
        """Why the answer does not fit, once that is known."""

    def ask(self, request: Request) -> Request:
        """Take the request that is sent; return it."""
        record = shape_of(self.model.object_type).record
        assert record is not None
        assert request.structure is not None
        watch = self._items[0] if self._items is not None else None
        given = self.model.given(request.fn_args)
        self._growth = Growth(record, given, watch=watch, fail_fast=self._fail_fast)
        self._request = request
        self._begin()
        return request

    def _begin(self) -> None:
        assert self._request.structure is not None
        self._by_call = self._request.structure.way == "tool"
        self._round = self._request.heard.round
        self._yielded = 0

    def take(self, content: str) -> Any:
        """Read what an event adds; return the answer so far if it has changed, else `NOTHING`."""
        assert self._growth is not None
        heard = self._request.heard
        if heard:
            self._by_call = True
            content = "".join(heard)
            heard.clear()
        elif self._by_call or not content:
            if heard.round != self._round:  # what was read is no answer: the model called tools beside it
                self._growth.begin_again()
                self._begin()
            return NOTHING  # what is said beside the call
        if not self._growth.feed(content):
            return NOTHING
        return self._unwrapped(self._growth.show())

    def _unwrapped(self, shown: Any) -> Any:
        if shown is NOTHING or not self.model.wrapped:
            return shown
        value = getattr(shown, WRAPPED)
        return NOTHING if value is None else value

    def finish(self, response: BaseCallResponse[Any, Any]) -> T:
        """Return the whole answer, or `NOTHING` where the model called a tool instead.

        Raises `ResponseParseError`.
        """
        assert self._growth is not None
        self.over = True
        if self.error is not None:
            raise self.error
        if response.tools or self.value is not NOTHING:
            return self.value
        try:
            whole = self._unwrapped(self._growth.value)
            if whole is NOTHING:
                whole = read(response, self.model, self._request.fn_args)
            else:
                remember(whole, response)
        except ResponseParseError as error:
            raise self.failed(error, response)
        self.value = whole
        return self.value

    def failed(self, error: ResponseParseError, response: BaseCallResponse[Any, Any]) -> ResponseParseError:
        """Note that the answer does not fit; return what is to be raised."""
        error.response = error.response or response
        self.error = error
        return error

    def constructed(self) -> T:
        """Return the whole answer.

        Raises `StreamNotConsumedError` before the end, and `ResponseParseError` where a tool was called instead.
        """
        if self.value is NOTHING:
            if self.over:
                raise ResponseParseError("the model gave no answer: it called a tool, or the answer does not fit")
            raise StreamNotConsumedError("the answer is not whole yet: read the stream to its end, or call collect()")
        return self.value

    def items(self) -> Iterator[Any]:
        """Yield the items that are whole by now, validated, each once.

        Raises `ResponseParseError` for one that does not fit.
        """
        if self._items is None:
            raise ConfigurationError(f"each() needs a list, or a model with one list: {self.model.kind!r} has no items")
        name, shape = self._items
        if self.value is not NOTHING:
            whole = self.value if self.model.wrapped else getattr(self.value, name)
            for item in list(cast("Any", whole))[self._yielded :]:
                self._yielded += 1
                yield item
        while self._growth is not None and self.value is NOTHING and self._growth.items:
            raw, value = self._growth.items.popleft()
            if value is NOTHING:
                try:
                    value = shape.validated(raw)
                except Exception as error:
                    raise parse_error(error, prefix=[name, self._yielded]) from error
            self._yielded += 1
            yield value


def _items_of(model: ResponseModel[Any]) -> tuple[str, Shape] | None:
    """Return the name and the item's shape of the array that `each` is about, if there is one."""
    if model.wrapped:
        item = shape_of(model.kind).item
        return (WRAPPED, item) if item is not None else None
    fields: dict[str, Any] = getattr(model.object_type, "model_fields", {})
    found = [(name, item) for name, field in fields.items() if (item := shape_of(field.annotation).item) is not None]
    return found[0] if len(found) == 1 else None


class BaseStructuredStream(Generic[T, AnyStreamT]):
    """What structured streams of both kinds share: all but the loop."""

    stream: AnyStreamT
    """The stream that is read: its chunks have been taken, its properties and tools are there."""
    _reading: Reading[T]

    @property
    def constructed_response_model(self) -> T:
        """The whole answer, validated.

        Raises `StreamNotConsumedError` before the end, and `ResponseParseError` where the model gave none.
        """
        reading = self._reading
        if not reading.over and self.stream.state is StreamState.DONE:
            try:
                reading.finish(self.stream.construct_call_response())
            finally:
                reading.over = False  # the loop is still to be given it
        return reading.constructed()

    @property
    def error(self) -> BaseException | None:
        """Why the stream failed, or why its answer does not fit; None where neither is so."""
        with suppress(ResponseParseError, StreamNotConsumedError):
            self.constructed_response_model  # noqa: B018  # reads an answer that is whole
        return self.stream.error or self._reading.error

    @property
    def response(self: BaseStructuredStream[Any, AnyStream[ResponseT]]) -> ResponseT:
        """The full response.

        Raises `StreamNotConsumedError` before the end.
        """
        return self.stream.construct_call_response()

    _response = response

    def remaker(self) -> Callable[[Any], Self]:
        """Return what makes a structured stream of what has been read, over a stream that shares what has come.

        It holds no reference to this one.
        """
        kind, reading = type(self), self._reading

        def remake(stream: Any) -> Any:
            other = kind.__new__(kind)
            other.stream = stream
            other._reading = reading
            return other

        return remake

    def _failed(self, error: ResponseParseError) -> ResponseParseError:
        return self._reading.failed(error, self.stream.construct_call_response(partial=True))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._reading.model.kind!r} {self.stream.state.value}>"


class StructuredStream(BaseStructuredStream[T, StreamT]):
    """An answer of type `T` read while it arrives: partial values as they grow, and last the validated whole.

    A partial of a model is an instance of `Partial[Book]`, a subclass of `Book` whose fields may be None; each is a new
    object, and given only when something has changed. Parts that are open are not validated, parts that are closed are
    validated once. A stream like `Stream`: its own iterator, a context manager, closed when exhausted, left or dropped.

    Raises `ResponseParseError` at the end where the answer does not fit; with `fail_fast=True`, as soon as a closed
    part does not, and the generation is then ended.
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
            return self._finish()
        except ResponseParseError as error:
            reading.over = True
            failed = self._failed(error)  # before the end is told
            self.close()
            raise failed

    def _finish(self) -> T:
        if self.stream.state is StreamState.DONE:
            whole = self._reading.finish(self.stream.construct_call_response())
            if whole is not NOTHING:
                return whole
        raise StopIteration

    @overload
    def each(self: StructuredStream[list[ItemT], Any]) -> Iterator[ItemT]: ...
    @overload
    def each(self) -> Iterator[Any]: ...
    def each(self) -> Iterator[Any]:
        """Yield the items of a list, each validated as soon as it is whole: of `list[T]`, or of a model's only list.

        What earlier calls have yielded is not yielded again. Raises `ResponseParseError` for an item that does not fit,
        and ends the generation.
        """
        try:
            yield from self._reading.items()
            for _ in self:
                yield from self._reading.items()
        except ResponseParseError as error:
            failed = self._failed(error)
            self.close()
            raise failed

    def collect(self) -> T:
        """Read to the end; return the whole answer."""
        for _ in self:
            pass
        return self.constructed_response_model

    def open(self) -> Self:
        """Send the request now; return once the answer begins."""
        self.stream.open()
        return self

    def close(self) -> None:
        """Let the connection go. What has come stays readable in `stream`."""
        self.stream.close()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncStructuredStream(BaseStructuredStream[T, AsyncStreamT]):
    """`StructuredStream`, to be read with `async for`. The call that made it may be awaited, or read at once."""

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
            return self._finish()
        except ResponseParseError as error:
            reading.over = True
            failed = self._failed(error)  # before the end is told
            await self.close()
            raise failed

    def _finish(self) -> T:
        if self.stream.state is StreamState.DONE:
            whole = self._reading.finish(self.stream.construct_call_response())
            if whole is not NOTHING:
                return whole
        raise StopAsyncIteration

    @overload
    def each(self: AsyncStructuredStream[list[ItemT], Any]) -> AsyncIterator[ItemT]: ...
    @overload
    def each(self) -> AsyncIterator[Any]: ...
    async def each(self) -> AsyncIterator[Any]:
        """Yield the items of a list, each validated as soon as it is whole: of `list[T]`, or of a model's only list.

        What earlier calls have yielded is not yielded again. Raises `ResponseParseError` for an item that does not fit,
        and ends the generation.
        """
        try:
            for item in self._reading.items():
                yield item
            async for _ in self:
                for item in self._reading.items():
                    yield item
        except ResponseParseError as error:
            failed = self._failed(error)
            await self.close()
            raise failed

    async def collect(self) -> T:
        """Read to the end; return the whole answer."""
        async for _ in self:
            pass
        return self.constructed_response_model

    async def open(self) -> Self:
        """Send the request now; return once the answer begins."""
        await self.stream.open()
        return self

    async def close(self) -> None:
        """Let the connection go. What has come stays readable in `stream`."""
        await self.stream.close()

    aclose = close

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
