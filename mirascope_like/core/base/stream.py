"""Streams: an answer that is read while it arrives, and loses nothing.

What the two kinds of stream do stands here side by side; what they decide stands in `progress`, `views` and
`deadlines`, once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator, Sequence
from types import TracebackType
from typing import Any, Generic, NamedTuple, Self, TextIO, TypeAlias, TypeVar
from weakref import finalize

from .chunk import BaseCallResponseChunk
from .deadlines import Deadline, Deadlines, Watchdog
from .errors import FallbackError, RequestTimeoutError, StreamClosedError, StreamNotConsumedError, StreamTimeoutError
from .progress import Ending, Progress, StreamState, aloop, loop
from .provider import Provider
from .request import Request
from .response import BaseCallResponse
from .stream_events import ErrorEvent, StreamEvent, ToolResultEvent
from .tool_loop import aran, ran
from .tools import BaseTool, delta_of
from .views import (
    LATE,
    Run,
    Show,
    Snapshot,
    TextUnit,
    View,
    events_of,
    events_view,
    items_view,
    pair_of,
    text_view,
)

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)
T = TypeVar("T")

__all__ = ["AsyncStream", "BaseStream", "Stream", "StreamState"]


Caught: TypeAlias = type[Exception] | tuple[type[Exception], ...]
"""Errors to catch."""


class Listener(NamedTuple):
    """Functions to call while a stream is read."""

    text: Callable[[str], object] | None
    tool: Callable[[Any], object] | None
    done: Callable[[Any], object] | None


class BaseStream(Generic[ResponseT, ChunkT, ToolT]):
    """What streams of both kinds share: all but the loop. Every property can be read at any time."""

    _progress: Progress[ResponseT, ChunkT, ToolT]
    _response: ResponseT | None = None
    _plain = False
    """Whether a step is just a step of the loop: it runs, nothing is left unread, nobody listens, nothing is timed."""

    def _begin(self, provider: Provider[ResponseT, ChunkT, ToolT], request: Request | None) -> None:
        self._progress = Progress(provider, request)
        self._unread: deque[StreamEvent[ToolT]] = deque()
        self._last: ChunkT | None = None
        self._listeners: list[Listener] = []
        self._deadlines: Deadlines | None = None
        self._limit: Callable[[str], bool] | None = None
        self._endings: list[Ending] = []
        self._others: list[Callable[[], Any]] = []
        self._catches: list[Caught] = []
        self._caught: list[Exception] = []

    @property
    def state(self) -> StreamState:
        """Where the stream stands."""
        return self._progress.state

    @property
    def error(self) -> BaseException | None:
        """Why the stream failed, or None."""
        return self._progress.error

    @property
    def content(self) -> str:
        """The text so far; with a tool loop, that of all rounds as it came."""
        fold = self._progress.fold
        return self._progress.said + fold.content if fold is not None else ""

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
        key = progress.provider.response_type.messages_key
        return list(progress.payload.get(key, ())) if progress.fold is not None else []

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
        before = self._progress.before
        return before[0].start_time if before else self._progress.start_time

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

    def on(
        self,
        *,
        text: Callable[[str], object] | None = None,
        tool: Callable[[ToolT], object] | None = None,
        done: Callable[[ResponseT], object] | None = None,
    ) -> Self:
        """Have functions called while the stream is read: with each piece of text, each whole tool, and the response.

        Returns the stream itself.
        """
        self._listeners.append(Listener(text, tool, done))
        self._plain = False
        return self

    def timeout(self, *, total: float | None = None, first: float | None = None, idle: float | None = None) -> Self:
        """Give the stream deadlines, in seconds: for the whole of it, for its first event, and between two events.

        Reading raises `StreamTimeoutError` when one passes, and the connection is let go; what has come stays readable.
        While it is opened the SDK makes no retries of its own. Returns the stream itself.
        """
        self._deadlines = Deadlines(total, first, idle)
        if self._progress.start_time is not None:
            self._deadlines.start()
            self._deadlines.seen = self._progress.fold is not None and not self._progress.fold.empty
        self._plain = False
        return self

    def until(self, stop: int | Callable[[str], bool]) -> Self:
        """Stop early: once the text has so many characters, or once `stop(text)` is true.

        The connection is let go at once and the loop ends; the stream is then closed, not done. Returns the stream.
        """
        self._limit = (lambda text: len(text) >= stop) if isinstance(stop, int) else stop
        self._plain = False
        return self

    def otherwise(
        self, catches: Sequence[Caught], others: Sequence[Callable[[], Any]], caught: Sequence[Exception] = ()
    ) -> Self:
        """Go on with another stream if this one fails before its first event.

        The first of `catches` are the errors after which the first of `others` is made and read instead, and so on; the
        last of them are those after which there is no other way. `caught` are errors that went before.
        """
        self._catches, self._others, self._caught = list(catches), list(others), list(caught)
        self._plain = False
        return self

    def ended(self, ending: Callable[[Self], Any]) -> Self:
        """Have a function called once when the stream has ended: done, closed, dropped or failed.

        It is given a stream that shares all that has come, as this one may be gone by then. Where the stream is read
        asynchronously, what the function returns is awaited if it can be. Returns the stream itself.
        """
        kind = type(self)
        self._endings.append(lambda progress: ending(kind._of(progress)))
        if not self._catches:
            self._progress.endings = self._endings
        return self

    @classmethod
    def _of(cls, progress: Progress[ResponseT, ChunkT, ToolT]) -> Self:
        stream = cls.__new__(cls)
        stream._begin(progress.provider, None)
        stream._progress = progress
        return stream

    def _other(self, error: Exception) -> Callable[[], Any] | Exception:
        """Return how to make the stream to go on with after an error, or what is to be raised."""
        if not self._catches or not isinstance(error, self._catches.pop(0)):
            return error
        self._caught.append(error)
        if self._others:
            return self._others.pop(0)
        failed = FallbackError(self._caught)
        failed.__cause__ = error
        return failed

    def _simple(self) -> bool:
        return not (self._unread or self._listeners or self._deadlines or self._limit or self._catches)

    def _step(self, chunk: ChunkT, tool: ToolT | None) -> bool:
        """Take note of a step, and tell it; return whether to stop here."""
        self._last = chunk
        self._progress.endings = self._endings
        self._others, self._catches = [], []
        if self._deadlines is not None:
            self._deadlines.seen = True
        for listener in self._listeners:
            if listener.text is not None and chunk.content:
                listener.text(chunk.content)
            if listener.tool is not None and tool is not None and delta_of(tool) is None:
                listener.tool(tool)
        return self._limit is not None and self._limit(self.content)

    def _finished(self) -> None:
        for listener in self._listeners:
            if listener.done is not None and self.state is StreamState.DONE:
                listener.done(self._rebuilt(False, ""))
        self._listeners = []

    def _rest(self) -> tuple[ChunkT, ToolT | None]:
        """Give what a view has left unread."""
        assert self._last is not None
        return pair_of(self._unread, self._last.spent())

    def _told(self, chunk: ChunkT, tool: ToolT | None) -> Iterator[StreamEvent[ToolT]]:
        results, self._progress.results = self._progress.results, []
        yield from results
        growing = tool is not None and delta_of(tool) is not None
        yield from events_of(chunk, tool, growing=growing)

    def _looped(self) -> bool:
        return self._progress.request.tool_loop is not None

    def _late(self, deadline: Deadline, cause: BaseException | None) -> StreamTimeoutError:
        """Return the error of a deadline that has passed; the stream has failed."""
        assert self._deadlines is not None
        seconds = getattr(self._deadlines, deadline)
        error = StreamTimeoutError(
            f"the stream passed its {deadline} deadline of {seconds:g} seconds", deadline=deadline
        )
        error.__cause__ = cause
        error._partial = self._progress.response  # pyright: ignore[reportPrivateUsage]  # and in Progress
        self._progress.state = StreamState.FAILED
        self._progress.error = error
        return error

    def _snapshot(self, chunk: ChunkT) -> Snapshot:
        return Snapshot(chunk.content, chunk.data, self, len(self.content))


class Stream(BaseStream[ResponseT, ChunkT, ToolT]):
    """An answer read while it arrives: each chunk, with the tool that it completes.

    It is its own iterator and a context manager. The request is sent by the first step, by `with`, or by `open()`; the
    connection is let go when the stream is exhausted, closed, left or dropped. A second loop goes on where the first
    stopped, and so does any other way of reading (`text()`, `events()` ...): there is one cursor. Raises the provider's
    errors while it is read.
    """

    _pairs: Generator[tuple[ChunkT, ToolT | None]] | None = None
    _watchdog: Watchdog | None = None

    def __init__(self, provider: Provider[ResponseT, ChunkT, ToolT], request: Request) -> None:
        self._begin(provider, request)

    def open(self) -> Self:
        """Send the request now; return once the answer begins."""
        self._check_open()
        if self._pairs is None:
            self._pairs = loop(self._progress)
            if self._deadlines is not None:
                self._deadlines.start()
                self._progress.hurry(self._deadlines.left())
            self._timed(self._pairs)
            self._plain = self._simple()
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[ChunkT, ToolT | None]:
        if self._plain:
            return next(self._pairs)  # type: ignore[arg-type]
        return self._next()

    def _next(self) -> tuple[ChunkT, ToolT | None]:
        if self._unread:
            return self._rest()
        if self._pairs is None and self._progress.state is not StreamState.NEW:
            raise StopIteration
        while True:
            try:
                if self._pairs is None:
                    self.open()
                self._plain = self._simple()
                assert self._pairs is not None
                chunk, tool = self._timed(self._pairs)
                break
            except StopIteration:
                self._finished()
                raise
            except Exception as error:
                alone = self._progress.endings is self._endings
                other = self._other(error)
                if isinstance(other, Exception):
                    for ending in [] if alone else self._endings:
                        self._progress.tell(ending)
                    raise other
                made: Stream[ResponseT, ChunkT, ToolT] = other()
                self._progress, self._pairs, self._watchdog = made._progress, None, None
        if self._step(chunk, tool):
            self.close()
        return chunk, tool

    def _timed(self, pairs: Generator[tuple[ChunkT, ToolT | None]]) -> tuple[ChunkT, ToolT | None]:
        left = self._deadlines.left() if self._deadlines is not None else None
        if left is None:
            return next(pairs)
        if self._watchdog is None:
            self._watchdog = Watchdog(self._progress.abort)
            finalize(self, self._watchdog.close)
        seconds, deadline = left
        try:
            if seconds <= 0:
                raise TimeoutError
            with self._watchdog.watching(seconds):
                return next(pairs)
        except (StopIteration, GeneratorExit):
            self._watchdog.close()
            raise
        except Exception as error:
            self._watchdog.close()
            opening = self._progress.source is None and isinstance(error, RequestTimeoutError)
            if self._watchdog.barked or opening or type(error) is TimeoutError:
                self.close()
                raise self._late(deadline, error)
            raise

    def close(self) -> None:
        """Let the connection go. What has come stays readable."""
        if self._pairs is not None:
            self._pairs.close()
        elif self._progress.state is StreamState.NEW:
            self._progress.state = StreamState.CLOSED
        if self._watchdog is not None:
            self._watchdog.close()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _event(self) -> StreamEvent[ToolT] | None:
        while not self._unread:
            try:
                chunk, tool = self._next()
            except StopIteration:
                return None
            except Exception as error:
                return ErrorEvent(error)
            self._unread.extend(self._told(chunk, tool))
            self._plain = False
        return self._unread.popleft()

    def _view(self, view: View) -> Iterator[Any]:
        answer: Any = None
        while True:
            try:
                wish = view.send(answer)
            except StopIteration:
                return
            answer = None
            if isinstance(wish, Show):
                yield wish.value
            elif isinstance(wish, Run):
                answer = ran(wish.tool, wish.tool.call)
            else:
                # A sync read cannot be left and taken up again, so what is held is shown with the next event.
                answer = self._event()

    def text(
        self,
        *,
        buffer: int = 1,
        min_chars: int = 0,
        max_delay: float | None = None,
        by: TextUnit | None = None,
    ) -> Iterator[str]:
        """Yield the text: pieces as they come, or whole words, lines or sentences. Joined, it is always the same.

        At least `buffer` pieces or units and `min_chars` characters are given at a time. What is held is given all the
        same with the first event after `max_delay` seconds, before a tool, before an error, and at the end.
        """
        return self._view(text_view(self._unread, buffer, min_chars, max_delay, by))

    def events(self) -> Iterator[StreamEvent[ToolT]]:
        """Yield everything that happens, to match on. An error is yielded, and then raised."""
        return self._view(events_view())

    def items(self) -> Iterator[str | ToolResultEvent[ToolT] | ResponseT]:
        """Yield pieces of text, tools that have been run (as soon as they were whole), and last the response.

        A tool that fails is yielded with its `error`. With a tool loop it is the loop that runs them, once a round is
        over, and the next rounds follow.
        """
        return self._view(items_view(self.construct_call_response, self._looped))

    def cumulative(self) -> Iterator[Snapshot]:
        """Yield a snapshot for each event: all the text so far, what the event added, and the event itself."""
        for chunk, _ in self:
            yield self._snapshot(chunk)

    def print(self, *, file: TextIO | None = None) -> ResponseT:
        """Print the text as it comes; return the full response."""
        for chunk, _ in self:
            print(chunk.content, end="", file=file, flush=True)
        print(file=file)
        return self.construct_call_response()

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

    _pairs: AsyncGenerator[tuple[ChunkT, ToolT | None]] | None = None
    _waiting: asyncio.Task[tuple[ChunkT, ToolT | None]] | None = None
    """A step that a view would not wait for; it is the next one of whoever reads on."""
    _waits_until: tuple[float, Deadline] | None = None

    def __init__(self, provider: Provider[ResponseT, ChunkT, ToolT], prepare: Callable[[], Awaitable[Request]]) -> None:
        self._begin(provider, None)
        self._prepare = prepare

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
            self._pairs = aloop(self._progress)
            if self._deadlines is not None:
                self._deadlines.start()
            await self._timed(self._pairs)
            self._plain = self._simple()
        return self

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Awaitable[tuple[ChunkT, ToolT | None]]:
        if self._plain:
            return self._pairs.__anext__()  # type: ignore[union-attr]
        return self._next()

    async def _next(self, within: float | None = None) -> tuple[ChunkT, ToolT | None]:
        if self._unread:
            return self._rest()
        if self._pairs is None and self._progress.state is not StreamState.NEW:
            raise StopAsyncIteration
        while True:
            try:
                if self._pairs is None:
                    await self.open()
                self._plain = self._simple() and within is None and self._waiting is None
                assert self._pairs is not None
                if within is None and self._waiting is None:
                    chunk, tool = await self._timed(self._pairs)
                else:
                    chunk, tool = await self._patient(self._pairs, within)
                break
            except _Late:
                raise
            except StopAsyncIteration:
                self._finished()
                raise
            except Exception as error:
                alone = self._progress.endings is self._endings
                other = self._other(error)
                if isinstance(other, Exception):
                    for ending in [] if alone else self._endings:
                        await self._progress.atell(ending)
                    raise other
                made: AsyncStream[ResponseT, ChunkT, ToolT] = other()
                self._progress, self._pairs = (await made._ready())._progress, None
        if self._step(chunk, tool):
            await self.close()
        return chunk, tool

    async def _timed(self, pairs: AsyncGenerator[tuple[ChunkT, ToolT | None]]) -> tuple[ChunkT, ToolT | None]:
        left = self._deadlines.left() if self._deadlines is not None else None
        if left is None:
            return await anext(pairs)
        seconds, deadline = left
        limit = asyncio.timeout(max(0.0, seconds))
        try:
            async with limit:
                return await anext(pairs)
        except Exception as error:
            if limit.expired():
                await self.close()
                raise self._late(deadline, error)
            raise

    async def _patient(
        self, pairs: AsyncGenerator[tuple[ChunkT, ToolT | None]], within: float | None
    ) -> tuple[ChunkT, ToolT | None]:
        """Take the next step; raise `_Late`, and leave it to the next reader, where it does not come within a time."""
        now = asyncio.get_running_loop().time
        if self._waiting is None:
            left = self._deadlines.left() if self._deadlines is not None else None
            self._waits_until = (now() + left[0], left[1]) if left is not None else None
            # The task knows nothing of the stream, so that a stream that is dropped meanwhile is closed.
            self._waiting = asyncio.ensure_future(_step_of(pairs))
            finalize(self, _abandon, self._waiting)
        waiting, until = self._waiting, self._waits_until
        limits = [one for one in (within, until and max(0.0, until[0] - now())) if one is not None]
        try:
            done, _ = await asyncio.wait({waiting}, timeout=min(limits, default=None))
        except asyncio.CancelledError:
            await self.close()
            raise
        if done:
            self._waiting = None
            return waiting.result()
        if until is not None and until[0] <= now():
            await self.close()
            raise self._late(until[1], None)
        raise _Late

    async def close(self) -> None:
        """Let the connection go. What has come stays readable."""
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            waiting.cancel()
            await asyncio.wait({waiting})
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

    async def _event(self, within: float | None = None) -> StreamEvent[ToolT] | None:
        while not self._unread:
            try:
                chunk, tool = await self._next(within)
            except _Late:
                late: StreamEvent[ToolT] | None = LATE
                return late
            except StopAsyncIteration:
                return None
            except Exception as error:
                return ErrorEvent(error)
            self._unread.extend(self._told(chunk, tool))
            self._plain = False
        return self._unread.popleft()

    async def _view(self, view: View) -> AsyncIterator[Any]:
        answer: Any = None
        while True:
            try:
                wish = view.send(answer)
            except StopIteration:
                return
            answer = None
            if isinstance(wish, Show):
                yield wish.value
            elif isinstance(wish, Run):
                answer = await aran(wish.tool)
            else:
                answer = await self._event(wish.within)

    def text(
        self,
        *,
        buffer: int = 1,
        min_chars: int = 0,
        max_delay: float | None = None,
        by: TextUnit | None = None,
    ) -> AsyncIterator[str]:
        """Yield the text: pieces as they come, or whole words, lines or sentences. Joined, it is always the same.

        At least `buffer` pieces or units and `min_chars` characters are given at a time. What is held is given all the
        same after `max_delay` seconds, before a tool, before an error, and at the end.
        """
        return self._view(text_view(self._unread, buffer, min_chars, max_delay, by))

    def events(self) -> AsyncIterator[StreamEvent[ToolT]]:
        """Yield everything that happens, to match on. An error is yielded, and then raised."""
        return self._view(events_view())

    def items(self) -> AsyncIterator[str | ToolResultEvent[ToolT] | ResponseT]:
        """Yield pieces of text, tools that have been run (as soon as they were whole), and last the response.

        Async tools are awaited, sync ones run in threads. A tool that fails is yielded with its `error`. With a tool
        loop it is the loop that runs them, once a round is over, and the next rounds follow.
        """
        return self._view(items_view(self.construct_call_response, self._looped))

    async def cumulative(self) -> AsyncIterator[Snapshot]:
        """Yield a snapshot for each event: all the text so far, what the event added, and the event itself."""
        async for chunk, _ in self:
            yield self._snapshot(chunk)

    async def print(self, *, file: TextIO | None = None) -> ResponseT:
        """Print the text as it comes; return the full response."""
        async for chunk, _ in self:
            print(chunk.content, end="", file=file, flush=True)
        print(file=file)
        return self.construct_call_response()

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


class _Late(Exception):
    """A step has not come within the time given; it has not failed."""


async def _step_of(pairs: AsyncGenerator[T]) -> T:
    return await anext(pairs)


def _abandon(task: asyncio.Task[Any]) -> None:
    loop = task.get_loop()
    if not loop.is_closed() and not task.done():
        loop.call_soon_threadsafe(task.cancel)
