"""A stream that is read with `async for`; else the same as `stream`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO, TypeVar
from weakref import finalize

from .. import response, tools
from ..provider import Provider
from ..request import Request
from ..response import BaseCallResponse, BaseCallResponseChunk
from ..runtime import Later
from ..tools import BaseTool
from .base_stream import BaseStream
from .stream_loop import Ending, Progress, aloop, raised_here
from .transcript import StreamState

if TYPE_CHECKING:
    from ..response import StreamEvent
    from ..tools import ToolResultEvent
    from . import views
    from .deadlines import Deadline
else:
    views = Later(f"{__package__}.views")

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)
T = TypeVar("T")


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
        return self._given().__await__()

    async def _given(self) -> Self:
        while self._progress.fold is None and self.state is StreamState.NEW:
            try:
                await self._ready()
            except Exception as error:
                await self._onward(error)
        return self

    async def open(self) -> Self:
        """Send the request now; return once the answer begins."""
        self._check_open()
        while self._pairs is None:
            try:
                await self._start()
            except StopAsyncIteration:
                self._check_open()  # another task has closed it
                raise
            except Exception as error:
                await self._onward(error)
        return self

    async def _start(self) -> None:
        await self._ready()
        self._pairs = aloop(self._progress)
        self._hope()
        if self._progress.wait:
            await anext(self._pairs)  # no deadline but the last is about a wait, and there is time
        if self._deadlines is not None:
            self._deadlines.start(seen=self._progress.broken is not None)
        await self._timed(self._pairs)
        self._plain = self._simple()

    async def _onward(self, error: Exception) -> None:
        """Make ready to go on after an error, or raise."""
        other = self._recover(error)
        if callable(other):
            for ending in self._left():
                await self._progress.atell(ending)
            try:
                made = other()
                self._take(await made._ready() if isinstance(made, AsyncStream) else made)
                other = None
            except Exception as failed:
                self._progress.error = other = failed
        if other is not None:
            for ending in self._untold():
                await self._progress.atell(ending)
            raise other
        self._pairs = None

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Awaitable[tuple[ChunkT, ToolT | None]]:
        if self._plain:
            return self._pairs.__anext__()  # type: ignore[union-attr]
        return self._next()

    async def _next(self, within: float | None = None) -> tuple[ChunkT, ToolT | None]:
        if self._unread:
            return self._rest()
        if self._progress.left:
            await self._let_go()
        if self._progress.state not in (StreamState.NEW, StreamState.OPEN):
            raise StopAsyncIteration
        while True:
            try:
                if self._pairs is None:
                    await self._start()
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
                await self._onward(error)
        if self._step(chunk, tool):
            await self.close()
        return chunk, tool

    async def _timed(self, pairs: AsyncGenerator[tuple[ChunkT, ToolT | None]]) -> tuple[ChunkT, ToolT | None]:
        left = self._deadlines.left(running=self._progress.running) if self._deadlines is not None else None
        if left is None:
            return await anext(pairs)
        seconds, deadline = left
        limit = asyncio.timeout(max(0.0, seconds))
        self._progress.late = limit.expired
        try:
            async with limit:
                return await anext(pairs)
        except Exception as error:
            if limit.expired():
                await self._let_go()
                raise self._late(deadline, error)
            raise

    async def _patient(
        self, pairs: AsyncGenerator[tuple[ChunkT, ToolT | None]], within: float | None
    ) -> tuple[ChunkT, ToolT | None]:
        """Take the next step; raise `_Late`, and leave it to the next reader, where it does not come within a time."""
        now = asyncio.get_running_loop().time
        if self._waiting is None:
            left = self._deadlines.left(running=self._progress.running) if self._deadlines is not None else None
            self._waits_until = (now() + left[0], left[1]) if left is not None else None
            # The task knows nothing of the stream, so that a stream that is dropped meanwhile is closed.
            self._waiting = asyncio.ensure_future(_step_of(pairs))
            finalize(self, _abandon, self._waiting, self._progress)
        waiting, until = self._waiting, self._waits_until
        limits = [one for one in (within, until and max(0.0, until[0] - now())) if one is not None]
        try:
            done, _ = await asyncio.wait({waiting}, timeout=min(limits, default=None))
        except asyncio.CancelledError:
            await self._let_go()
            raise
        if done:
            self._waiting = None
            if self._progress.left and waiting.cancelled():
                raise StopAsyncIteration
            return waiting.result()
        if until is not None and until[0] <= now():
            self._progress.late = lambda: True
            await self._let_go()
            raise self._late(until[1], None)
        raise _Late

    async def close(self) -> None:
        """Let the connection go. What has come stays readable.

        Another task that is reading finds the end; where it waits for the answer to begin, it does once that has.
        """
        self._progress.left, self._plain = True, False
        await self._let_go()
        if self._progress.state is StreamState.NEW:
            self._progress.state = StreamState.CLOSED
            for ending in self._untold():
                await self._progress.atell(ending)

    async def _let_go(self) -> None:
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            waiting.cancel()
            await asyncio.wait({waiting})
        if self._pairs is not None:
            try:
                await self._pairs.aclose()
            except RuntimeError as error:
                if not raised_here(error):
                    raise
                self._progress.leave()  # it runs in another task, or the tool that closes this

    aclose = close

    def __del__(self) -> None:
        if self._unbegun():
            self._progress.state = StreamState.CLOSED
            _tell(self._progress, self._untold())

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
                late: StreamEvent[ToolT] | None = views.LATE
                return late
            except StopAsyncIteration:
                return None
            except Exception as error:
                return response.ErrorEvent(error)
            self._unread.extend(self._told(chunk, tool))
            self._plain = False
        return self._unread.popleft()

    async def _view(self, view: views.View) -> AsyncIterator[Any]:
        answer: Any = None
        while True:
            try:
                wish = view.send(answer)
            except StopIteration:
                return
            answer = None
            if isinstance(wish, views.Show):
                yield wish.value
            elif isinstance(wish, views.Run):
                answer = await tools.aran(wish.tool)
            else:
                answer = await self._event(wish.within)

    def text(
        self,
        *,
        buffer: int = 1,
        min_chars: int = 0,
        max_delay: float | None = None,
        by: views.TextUnit | None = None,
    ) -> AsyncIterator[str]:
        """Yield the text: pieces as they come, or whole words, lines or sentences. Joined, it is always the same.

        At least `buffer` pieces or units and `min_chars` characters are given at a time. What is held is given all the
        same after `max_delay` seconds, before a tool, before an error, and at the end.
        """
        return self._view(views.text_view(self._unread, buffer, min_chars, max_delay, by))

    def events(self) -> AsyncIterator[StreamEvent[ToolT]]:
        """Yield everything that happens, to match on. An error is yielded, and then raised."""
        return self._view(views.events_view())

    def items(self) -> AsyncIterator[str | ToolResultEvent[ToolT] | ResponseT]:
        """Yield pieces of text, tools that have been run (as soon as they were whole), and last the response.

        Async tools are awaited, sync ones run in threads. A tool that fails is yielded with its `error`. With a tool
        loop it is the loop that runs them, once a round is over, and the next rounds follow.
        """
        return self._view(views.items_view(self.construct_call_response, self._looped))

    async def cumulative(self) -> AsyncIterator[views.Snapshot]:
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


_TELLING: set[asyncio.Task[None]] = set()


def _tell(progress: Progress[Any, Any, Any], endings: Sequence[Ending]) -> None:
    """Tell that a dropped stream has ended, in a task; where no loop runs, as far as nothing has to be waited for."""

    async def tell() -> None:
        for ending in endings:
            await progress.atell(ending)

    try:
        task = asyncio.get_running_loop().create_task(tell())
    except RuntimeError:
        telling = tell()
        with suppress(StopIteration):
            telling.send(None)
        telling.close()
    else:
        _TELLING.add(task)  # a loop does not keep its tasks
        task.add_done_callback(_TELLING.discard)


def _abandon(task: asyncio.Task[Any], progress: Progress[Any, Any, Any]) -> None:
    loop = task.get_loop()
    if not loop.is_closed() and not task.done():
        progress.left = True
        loop.call_soon_threadsafe(task.cancel)
