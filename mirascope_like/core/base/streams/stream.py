"""Sync streams, which are read with `for`."""

from __future__ import annotations

from collections.abc import Generator, Iterator
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
from .on_end import run_on_end
from .stream_loop import read
from .stream_state import Pause, StreamState
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


class Stream(BaseStream[ResponseT, ChunkT, ToolT]):
    """A response that is read while it arrives. Iterating over it yields (chunk, tool) pairs; `tool` is the tool whose
    call the chunk completes, or None.

    A stream is its own iterator, and a context manager. The request is sent by the first step, by `with`, or by
    `open()`. The connection is released when the stream is exhausted, closed, dropped, or its `with` block ends. All
    readers (`for`, `text()`, `events()`, ...) share one position: each continues where the one before it stopped.
    Errors of the provider are raised while the stream is read.
    """

    def __init__(self, provider: Provider[ResponseT, ChunkT, ToolT], request: Request) -> None:
        transcript = Transcript(provider, request)
        self._begin(transcript, read(transcript))

    def open(self) -> Self:
        """Send the request now; return the stream as soon as the response begins.

        Raises `StreamClosedError` if the stream is closed, before or during the wait.
        """
        if self._detached:
            return self
        self._check_open()
        if self.state is StreamState.NEW:
            if self._loop.gi_running:
                raise in_use.error_for("thread")
            self._transcript.pause = Pause.OPENED
            try:
                next(self._loop, None)
            except ValueError as error:
                self._transcript.pause = None  # another thread has just begun to read, and must not pause
                raise in_use.converted(error)
            self._check_open()
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[ChunkT, ToolT | None]:
        try:
            return next(self._pairs)  # type: ignore[no-any-return]
        except ValueError as error:
            raise in_use.converted(error)

    def close(self) -> None:
        """Release the connection. Everything that was received stays readable.

        If another thread is reading, its read ends without an error. The read ends at once if it waits for the provider
        (on a connection that can be shut down, see `connection`) or before another attempt; otherwise when the running
        tool ends.
        """
        if self._detached:
            return
        if not in_use.closed(self._loop):
            # The loop is running: in another thread, or in this one, in a tool or callback that closes the stream.
            self._step_through(observers.Closing(self._loop))
            self._transcript.closing.request()
        elif self.state is StreamState.NEW:  # the loop had not begun, so its `finally` did not run the callbacks
            self._transcript.end(StreamState.CLOSED)
            run_on_end(self._transcript)
        if self._observed is not None:
            self._observed.raise_late()

    def __del__(self) -> None:
        if self._unread_callbacks():
            self.close()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _observe(self) -> observers.Observed:
        if self._observed is None:
            self._observed = observers.Observed(self._loop, self._transcript)
            if not self._transcript.closing.requested:
                self._step_through(self._observed)
        observed: observers.Observed = self._observed
        return observed

    def _events(self) -> event_reader.EventReader:
        if self._reader is None:
            self._reader = self._pairs = event_reader.EventReader(self._pairs, self._transcript)
        reader: event_reader.EventReader = self._reader
        return reader

    def _view(self, view: views.View) -> Iterator[Any]:
        return in_use.ViewIterator(self._shown(view))

    def _shown(self, view: views.View) -> Generator[Any]:
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
                sent = tools.ran(command.tool, command.tool.call)
            else:
                # `within` is ignored: a sync read cannot stop waiting and continue later. Held text waits for an event.
                sent = self._events().event()

    def text(
        self,
        *,
        buffer: int = 1,
        min_chars: int = 0,
        max_delay: float | None = None,
        by: views.TextUnit | None = None,
    ) -> Iterator[str]:
        """Yield the text: in pieces as they arrive, or in whole words, lines or sentences (`by`). Joined, they are the
        same text.

        At least `buffer` pieces or units, and at least `min_chars` characters, are yielded at a time. Text that is held
        back is yielded with the first event after `max_delay` seconds, before a tool, before an error, and at the end.
        """
        return self._view(views.text_view(self._events().unread, buffer, min_chars, max_delay, by))

    def events(self) -> Iterator[response.StreamEvent[ToolT]]:
        """Yield every event of the stream, for use in a `match` statement. An error is yielded as an event and then
        raised.
        """
        return self._view(views.events_view())

    def items(self) -> Iterator[str | tools.ToolResultEvent[ToolT] | ResponseT]:
        """Yield pieces of text, the results of tools, and, last, the response. Each tool runs as soon as its call is
        complete.

        The result of a tool that fails has an `error`. If the call has a tool loop, the loop runs the tools after each
        round, and the items of further rounds follow.
        """
        return self._view(views.items_view(self.construct_call_response, self._runs_tools))

    def cumulative(self) -> Iterator[views.Snapshot]:
        """Yield a snapshot for each (chunk, tool) pair: all text so far, and the chunk's text and wire event."""
        return in_use.ViewIterator(self._snapshot(chunk) for chunk, _ in self)

    def print(self, *, file: TextIO | None = None) -> ResponseT:
        """Print the text while it arrives; return the complete response."""
        for chunk, _ in self:
            print(chunk.content, end="", file=file, flush=True)
        print(file=file)
        return self._whole()

    def display(self) -> ResponseT:
        """Show the text in a notebook or terminal while it arrives, and then the response; return the complete
        response.

        Raises `ConfigurationError` in a terminal without rich.
        """
        with live_display.LiveDisplay(self) as live:
            for _ in self:
                live.update()
        return self._whole()

    def collect(self) -> ResponseT:
        """Read the stream to its end; return the complete response.

        Raises `StreamNotConsumedError` if the stream was closed before its end, also by `until`.
        """
        for _ in self:
            pass
        return self._whole()

    def _read_for_tool(self) -> None:
        for _ in self:
            pass

    def _as_tool_output(self) -> str:
        self._read_for_tool()
        return super()._as_tool_output()

    def construct_call_response(self, *, partial: bool = False) -> ResponseT:
        """Return the response that the provider would have sent if the call were not streamed.

        If the request has not been sent, the stream is read to its end first. Raises `StreamNotConsumedError` if it has
        been sent, also by `open` or `with`, and the end is not reached. With `partial=True`, return the response
        received so far instead.
        """
        if self.state is StreamState.NEW and not partial:
            return self.collect()
        return self._whole(partial)

    def _whole(self, partial: bool = False) -> ResponseT:
        return self._rebuilt(partial, "read it to its end, or call collect()")
