"""Async streams, which are read with `async for`. Otherwise the same as `stream`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO, TypeVar

from .. import response, tools
from ..provider import Provider
from ..request import Request
from ..response import BaseCallResponse, BaseCallResponseChunk
from ..runtime import LazyModule
from ..tools import BaseTool
from . import in_use
from .base_stream import BaseStream
from .on_end import arun_on_end, run_on_end_now
from .stream_loop import aread
from .stream_state import Pause, StreamState
from .task_of_stream import Awaited
from .transcript import Transcript

if TYPE_CHECKING:
    from . import event_reader, live_display, observers, views
else:
    event_reader = LazyModule(f"{__package__}.event_reader")
    live_display = LazyModule(f"{__package__}.live_display")
    observers = LazyModule(f"{__package__}.observers")
    views = LazyModule(f"{__package__}.views")

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


class AsyncStream(Awaited, BaseStream[ResponseT, ChunkT, ToolT]):
    """A response that is read with `async for` while it arrives. The call that returns it may be awaited, or iterated
    directly.

    Otherwise the same as `Stream`.
    """

    def __init__(self, provider: Provider[ResponseT, ChunkT, ToolT], prepare: Callable[[], Awaitable[Request]]) -> None:
        transcript = Transcript(provider, None, prepare)
        self._begin(transcript, aread(transcript))

    def __await__(self) -> Generator[Any, Any, Self]:
        return self._prepared().__await__()

    async def _prepared(self) -> Self:
        """Call the prompt function; if it raises an error, fall back. Sends nothing."""
        if self.state is StreamState.NEW and self._transcript.attempt is None and not self._detached:
            await self._read_until(Pause.PREPARED)
        return self

    async def open(self) -> Self:
        """Send the request now; return the stream as soon as the response begins.

        Raises `StreamClosedError` if the stream is closed, before or during the wait.
        """
        if self._detached:
            return self
        self._check_open()
        if self.state is StreamState.NEW:
            await self._read_until(Pause.OPENED)
            self._check_open()
        return self

    async def _read_until(self, pause: Pause) -> None:
        if self._loop.ag_running:
            raise in_use.error_for("task")
        self._transcript.pause = pause  # only another thread could begin to read before the next line
        await anext(self._loop, None)

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Awaitable[tuple[ChunkT, ToolT | None]]:
        # If there is a reader, it checks this itself, because its read may run in a task that nothing awaits.
        if self._loop.ag_running and self._reader is None:
            raise in_use.error_for("task")
        return self._pairs.__anext__()  # type: ignore[no-any-return]

    async def close(self) -> None:
        """Release the connection. Everything that was received stays readable.

        If another task is reading, its read ends without an error. The read ends at once if it waits for the provider
        (on a connection that can be shut down, see `connection`) or before another attempt; otherwise when the running
        tool or prompt function ends.
        """
        if self._detached:
            return
        if self._reader is not None:
            self._transcript.closing.request()  # so that cancelling the read in the task is not an error
            await self._reader.cancel()
        try:
            await self._loop.aclose()
        except RuntimeError as error:
            if not in_use.is_running(error):
                raise
            # The loop is running: in another task, or in this one, in a tool or callback that closes the stream.
            self._step_through(observers.Closing(self._loop))
            self._transcript.closing.request()
        else:
            if self.state is StreamState.NEW:  # the loop had not begun, so its `finally` did not run the callbacks
                self._transcript.end(StreamState.CLOSED)
                await arun_on_end(self._transcript)
        if self._observed is not None:
            self._observed.raise_late()

    aclose = close

    def __del__(self) -> None:
        if self._unread_callbacks():
            self._transcript.end(StreamState.CLOSED)
            _run_on_end(self._transcript)

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _observe(self) -> observers.AsyncObserved:
        if self._observed is None:
            self._observed = observers.AsyncObserved(self._loop, self._transcript)
            if not self._transcript.closing.requested:
                self._step_through(self._observed)
        observed: observers.AsyncObserved = self._observed
        return observed

    def _events(self) -> event_reader.AsyncEventReader:
        if self._reader is None:
            self._reader = self._pairs = event_reader.AsyncEventReader(self._pairs, self._transcript)
        reader: event_reader.AsyncEventReader = self._reader
        return reader

    def _view(self, view: views.View) -> AsyncIterator[Any]:
        return in_use.AsyncViewIterator(self._shown(view))

    async def _shown(self, view: views.View) -> AsyncGenerator[Any]:
        sent: Any = None
        while True:
            try:
                command = view.send(sent)
            except StopIteration:
                return
            sent = None
            if isinstance(command, views.Show):
                yield command.value
            elif isinstance(command, views.Run):
                sent = await tools.aran(command.tool)
            else:
                sent = await self._events().aevent(command.within)

    def text(
        self,
        *,
        buffer: int = 1,
        min_chars: int = 0,
        max_delay: float | None = None,
        by: views.TextUnit | None = None,
    ) -> AsyncIterator[str]:
        """Yield the text: in pieces as they arrive, or in whole words, lines or sentences (`by`). Joined, they are the
        same text.

        At least `buffer` pieces or units, and at least `min_chars` characters, are yielded at a time. Text that is held
        back is yielded after `max_delay` seconds, before a tool, before an error, and at the end.
        """
        return self._view(views.text_view(self._events().unread, buffer, min_chars, max_delay, by))

    def events(self) -> AsyncIterator[response.StreamEvent[ToolT]]:
        """Yield every event of the stream, for use in a `match` statement. An error is yielded as an event and then
        raised.
        """
        return self._view(views.events_view())

    def items(self) -> AsyncIterator[str | tools.ToolResultEvent[ToolT] | ResponseT]:
        """Yield pieces of text, the results of tools, and, last, the response. Each tool runs as soon as its call is
        complete.

        Async tools are awaited; sync tools run in threads. The result of a tool that fails has an `error`. If the call
        has a tool loop, the loop runs the tools after each round, and the items of further rounds follow.
        """
        return self._view(views.items_view(self.construct_call_response, self._runs_tools))

    def cumulative(self) -> AsyncIterator[views.Snapshot]:
        """Yield a snapshot for each (chunk, tool) pair: all text so far, and the chunk's text and wire event."""
        return in_use.AsyncViewIterator(self._snapshot(chunk) async for chunk, _ in self)

    async def print(self, *, file: TextIO | None = None) -> ResponseT:
        """Print the text while it arrives; return the complete response."""
        async for chunk, _ in self:
            print(chunk.content, end="", file=file, flush=True)
        print(file=file)
        return self.construct_call_response()

    async def display(self) -> ResponseT:
        """Show the text in a notebook or terminal while it arrives, and then the response; return the complete
        response.

        Raises `ConfigurationError` in a terminal without rich.
        """
        with live_display.LiveDisplay(self) as live:
            async for _ in self:
                live.update()
        return self.construct_call_response()

    async def collect(self) -> ResponseT:
        """Read the stream to its end; return the complete response.

        Raises `StreamNotConsumedError` if the stream was closed before its end, also by `until`.
        """
        async for _ in self:
            pass
        return self.construct_call_response()

    async def _read_for_tool(self) -> None:
        async for _ in self:
            pass

    def construct_call_response(self, *, partial: bool = False) -> ResponseT:
        """Return the response that the provider would have sent if the call were not streamed.

        Raises `StreamNotConsumedError` if the stream was not read to its end. With `partial=True`, return the response
        received so far instead.
        """
        return self._rebuilt(partial, "read it to its end, or `await stream.collect()`")


_RUNNING: set[asyncio.Task[None]] = set()
"""The tasks that run callbacks of dropped streams. They are stored here because an event loop does not keep its
tasks alive.
"""


def _run_on_end(transcript: Transcript) -> None:
    """Run the callbacks of a dropped stream: in a task, or, without a running event loop of asyncio, immediately."""
    try:
        task = asyncio.get_running_loop().create_task(arun_on_end(transcript))
    except RuntimeError:
        run_on_end_now(transcript)
    else:
        _RUNNING.add(task)
        task.add_done_callback(_RUNNING.discard)
