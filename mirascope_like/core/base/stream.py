"""Streams: an answer that is read while it arrives, and loses nothing.

The loop that reads comes twice, for sync and async, and is the same but for the words of async (a test holds it to
that). It refers to the `Progress` of a stream, never to the stream itself: so a stream that is dropped is closed at
once, by its reference count.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from enum import StrEnum
from time import time
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from .chunk import BaseCallResponseChunk
from .errors import StreamClosedError, StreamInterruptedError, StreamNotConsumedError
from .fold import Fold
from .provider import AsyncSource, Provider, Source
from .request import Request
from .response import BaseCallResponse
from .tools import BaseTool

ResponseT = TypeVar("ResponseT", bound=BaseCallResponse[Any, Any])
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


class StreamState(StrEnum):
    """Where a stream stands."""

    NEW = "new"
    """Nothing has been sent."""
    OPEN = "open"
    """The answer is arriving."""
    DONE = "done"
    """The whole answer has been read."""
    CLOSED = "closed"
    """Left before its end."""
    FAILED = "failed"
    """Broken off by an error."""


class Progress(Generic[ResponseT, ChunkT, ToolT]):
    """What a stream and its loop share: what was asked, and what has come so far."""

    def __init__(self, provider: Provider[ResponseT, ChunkT, ToolT], request: Request | None) -> None:
        self.provider = provider
        self.state = StreamState.NEW
        self.start_time: float | None = None
        self.end_time: float | None = None
        self.error: BaseException | None = None
        self.request: Request
        self.fold: Fold[ChunkT, ToolT] | None = None
        self.source: Source | AsyncSource | None = None
        if request is not None:
            self.ask(request)

    def ask(self, request: Request) -> None:
        """Take what is to be asked."""
        self.request = request
        self.payload = self.provider.encode(request)
        self.fold = self.provider.fold(request)

    def begin(self) -> Fold[ChunkT, ToolT]:
        """Note that the request is sent now."""
        assert self.fold is not None
        self.state = StreamState.OPEN
        self.start_time = time() * 1000
        return self.fold

    def end(self, state: StreamState) -> None:
        """Note how the stream ended."""
        if self.state is StreamState.OPEN:
            self.state = state
        self.end_time = time() * 1000

    def fail(self, error: BaseException) -> BaseException:
        """Note an error; return what is to be raised for it. A cancelled task or an interrupt is no failure."""
        self.end(StreamState.FAILED if isinstance(error, Exception) else StreamState.CLOSED)
        if isinstance(error, Exception):
            error = self.provider.failure(error, self.request, self.source)
        if isinstance(error, StreamInterruptedError):
            error._partial = self.response  # pyright: ignore[reportPrivateUsage]  # set here alone
        self.error = error
        return error

    def response(self) -> ResponseT | None:
        """Rebuild the response from what has come so far; None where nothing has."""
        fold = self.fold
        if fold is None or fold.empty:
            return None
        raw = self.provider.parse(fold.rebuild())
        start = self.start_time or 0.0
        response = self.provider.respond(self.request, self.payload, raw, start, self.end_time or time() * 1000)
        response.attach_tools(fold.tools)
        return response


OPENED: Any = None
"""What a loop yields first, once the answer begins; nobody sees it."""


def _loop(progress: Progress[Any, ChunkT, ToolT]) -> Generator[tuple[ChunkT, ToolT | None]]:
    fold = progress.begin()
    source: Source | None = None
    try:
        progress.source = source = progress.provider.open(progress.request, progress.payload)
        yield OPENED
        read = fold.read_objects if source.typed else fold.read
        for events in source:
            for pair in read(events):
                yield pair
            if fold.ended:
                source.drain()
                break
        if not fold.complete:
            raise StreamInterruptedError("the answer ended before the provider's final event")
        for pair in fold.finish():
            yield pair
        progress.end(StreamState.DONE)
    except GeneratorExit:
        progress.end(StreamState.CLOSED)
        raise
    except BaseException as error:
        raise progress.fail(error)
    finally:
        if source is not None:
            source.close()


async def _aloop(progress: Progress[Any, ChunkT, ToolT]) -> AsyncGenerator[tuple[ChunkT, ToolT | None]]:
    fold = progress.begin()
    source: AsyncSource | None = None
    try:
        progress.source = source = await progress.provider.aopen(progress.request, progress.payload)
        yield OPENED
        read = fold.read_objects if source.typed else fold.read
        async for events in source:
            for pair in read(events):
                yield pair
            if fold.ended:
                await source.drain()
                break
        if not fold.complete:
            raise StreamInterruptedError("the answer ended before the provider's final event")
        for pair in fold.finish():
            yield pair
        progress.end(StreamState.DONE)
    except GeneratorExit:
        progress.end(StreamState.CLOSED)
        raise
    except BaseException as error:
        raise progress.fail(error)
    finally:
        if source is not None:
            await source.close()


class BaseStream(Generic[ResponseT, ChunkT, ToolT]):
    """What streams of both kinds share: all but the loop. Every property can be read at any time."""

    _progress: Progress[ResponseT, ChunkT, ToolT]
    _response: ResponseT | None = None

    @property
    def state(self) -> StreamState:
        """Where the stream stands."""
        return self._progress.state

    @property
    def content(self) -> str:
        """The text so far."""
        fold = self._progress.fold
        return fold.content if fold is not None else ""

    @property
    def model(self) -> str | None:
        """The model that answers, or the one asked for while nothing has come."""
        fold = self._progress.fold
        return (fold.model or self._progress.request.model) if fold is not None else None

    @property
    def id(self) -> str | None:
        """The answer's id."""
        fold = self._progress.fold
        return fold.id if fold is not None else None

    @property
    def finish_reasons(self) -> list[Any] | None:
        """Why the generation ended, in the provider's words."""
        fold = self._progress.fold
        return fold.finish_reasons if fold is not None else None

    @property
    def usage(self) -> Any:
        """The provider's own account of tokens, or None while it has not come."""
        so_far = self._so_far()
        return so_far.usage if so_far is not None else None

    @property
    def input_tokens(self) -> int | None:
        """Tokens of the prompt, cached ones included."""
        usage = self._progress.fold.usage if self._progress.fold is not None else None
        return usage.input_tokens if usage is not None else None

    @property
    def cached_tokens(self) -> int | None:
        """Tokens of the prompt that came from the provider's cache; a part of `input_tokens`."""
        usage = self._progress.fold.usage if self._progress.fold is not None else None
        return usage.cached_tokens if usage is not None else None

    @property
    def output_tokens(self) -> int | None:
        """Tokens generated."""
        usage = self._progress.fold.usage if self._progress.fold is not None else None
        return usage.output_tokens if usage is not None else None

    @property
    def cost(self) -> float | None:
        """US dollars spent, or None while the usage, or the model's price, is unknown."""
        so_far = self._so_far()
        return so_far.cost if so_far is not None else None

    @property
    def tools(self) -> list[ToolT] | None:
        """The tools that were whole so far."""
        fold = self._progress.fold
        return list(fold.tools) or None if fold is not None else None

    @property
    def tool(self) -> ToolT | None:
        """The first of `tools`."""
        tools = self.tools
        return tools[0] if tools else None

    @property
    def messages(self) -> list[Any]:
        """The messages sent, in the provider's own form."""
        progress = self._progress
        return list(progress.payload.get("messages", ())) if progress.fold is not None else []

    @property
    def message_param(self) -> Any:
        """The answer so far as a message to send back, or None while nothing has come."""
        so_far = self._so_far()
        return so_far.message_param if so_far is not None else None

    @property
    def user_message_param(self) -> Any:
        """The user's last message, in the provider's own form."""
        progress = self._progress
        return progress.provider.response_type.last_user_message(self.messages) if progress.fold is not None else None

    @property
    def start_time(self) -> float | None:
        """When the request was sent, in milliseconds since 1970."""
        return self._progress.start_time

    @property
    def end_time(self) -> float | None:
        """When the stream ended, in milliseconds since 1970."""
        return self._progress.end_time

    def tool_message_params(self, tools_and_outputs: Sequence[tuple[ToolT, Any]]) -> list[Any]:
        """Return the messages that give the model the outputs of its tools."""
        return self._progress.provider.response_type.tool_message_params(tools_and_outputs)

    def _so_far(self) -> ResponseT | None:
        if self._response is None and self.state is StreamState.DONE:
            self._response = self._progress.response()
        return self._response or self._progress.response()

    def _rebuilt(self, partial: bool, hint: str) -> ResponseT:
        if self.state is not StreamState.DONE and not partial:
            raise StreamNotConsumedError(
                f"the stream is {self.state.value}: {hint}, or take what has come with partial=True"
            ) from self._progress.error
        so_far = self._so_far()
        if so_far is None:
            raise StreamNotConsumedError("nothing has come yet: there is no response to rebuild")
        return so_far

    def _check_open(self) -> None:
        if self.state is StreamState.CLOSED:
            raise StreamClosedError("the stream was closed")

    def __str__(self) -> str:
        return self.content

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.model} {self.state.value}>"


class Stream(BaseStream[ResponseT, ChunkT, ToolT]):
    """An answer read while it arrives: each chunk, with the tool that it completes.

    It is its own iterator and a context manager. The request is sent by the first step, by `with`, or by `open()`; the
    connection is let go when the stream is exhausted, closed, left or dropped. A second loop goes on where the first
    stopped. Raises the provider's errors while it is read.
    """

    def __init__(self, provider: Provider[ResponseT, ChunkT, ToolT], request: Request) -> None:
        self._progress = Progress(provider, request)
        self._pairs: Generator[tuple[ChunkT, ToolT | None]] | None = None

    def open(self) -> Self:
        """Send the request now; return once the answer begins."""
        self._check_open()
        if self._pairs is None:
            self._pairs = _loop(self._progress)
            next(self._pairs)
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[ChunkT, ToolT | None]:
        if self._pairs is None:
            if self._progress.state is StreamState.CLOSED:
                raise StopIteration
            return next(self.open())
        return next(self._pairs)

    def close(self) -> None:
        """Let the connection go. What has come stays readable."""
        if self._pairs is not None:
            self._pairs.close()
        elif self._progress.state is StreamState.NEW:
            self._progress.state = StreamState.CLOSED

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def collect(self) -> ResponseT:
        """Read to the end; return the full response."""
        for _ in self:
            pass
        return self.construct_call_response()

    def construct_call_response(self, *, partial: bool = False) -> ResponseT:
        """Return the response that the provider would have sent unstreamed.

        A stream that nobody has begun to read is read first. With `partial`, what has come so far will do.

        Raises `StreamNotConsumedError` when the stream has not been read to its end.
        """
        if self.state is StreamState.NEW and not partial:
            return self.collect()
        return self._rebuilt(partial, "read it to its end, or call collect()")


class AsyncStream(BaseStream[ResponseT, ChunkT, ToolT]):
    """`Stream`, to be read with `async for`. The call that made it may be awaited, or read at once."""

    def __init__(self, provider: Provider[ResponseT, ChunkT, ToolT], prepare: Callable[[], Awaitable[Request]]) -> None:
        self._progress = Progress(provider, None)
        self._prepare = prepare
        self._pairs: AsyncGenerator[tuple[ChunkT, ToolT | None]] | None = None

    async def _ready(self) -> Self:
        if self._progress.fold is None:
            self._progress.ask(await self._prepare())
        return self

    def __await__(self) -> Generator[Any, Any, Self]:
        return self._ready().__await__()

    async def open(self) -> Self:
        """Send the request now; return once the answer begins."""
        self._check_open()
        if self._pairs is None:
            await self._ready()
            self._pairs = _aloop(self._progress)
            await anext(self._pairs)
        return self

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Awaitable[tuple[ChunkT, ToolT | None]]:
        if self._pairs is None:
            return self._first()
        return self._pairs.__anext__()

    async def _first(self) -> tuple[ChunkT, ToolT | None]:
        if self._progress.state is StreamState.CLOSED:
            raise StopAsyncIteration
        await self.open()
        return await self.__anext__()

    async def close(self) -> None:
        """Let the connection go. What has come stays readable."""
        if self._pairs is not None:
            await self._pairs.aclose()
        elif self._progress.state is StreamState.NEW:
            self._progress.state = StreamState.CLOSED

    aclose = close

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def collect(self) -> ResponseT:
        """Read to the end; return the full response."""
        async for _ in self:
            pass
        return self.construct_call_response()

    def construct_call_response(self, *, partial: bool = False) -> ResponseT:
        """Return the response that the provider would have sent unstreamed.

        With `partial`, what has come so far will do.

        Raises `StreamNotConsumedError` when the stream has not been read to its end.
        """
        return self._rebuilt(partial, "read it to its end, or `await stream.collect()`")
