"""A stream that is read with `for`."""

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
    from . import event_reader, observers, views
else:
    event_reader = LazyModule(f"{__package__}.event_reader")
    observers = LazyModule(f"{__package__}.observers")
    views = LazyModule(f"{__package__}.views")

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


class Stream(BaseStream[ResponseT, ChunkT, ToolT]):
    """A response read while it arrives: each chunk, with the tool that it completes.

    It is its own iterator and a context manager. The request is sent by the first step, by `with`, or by `open()`; the
    connection is released when the stream is exhausted, closed, left or dropped. A second loop continues where the
    first stopped, and so does any other way of reading (`text()`, `events()` ...): there is one cursor. Raises the
    provider's errors while it is read.
    """

    def __init__(self, provider: Provider[ResponseT, ChunkT, ToolT], request: Request) -> None:
        transcript = Transcript(provider, request)
        self._begin(transcript, read(transcript))

    def open(self) -> Self:
        """Send the request now; return once the response begins.

        Raises `StreamClosedError` for a stream that is closed, also if that happens meanwhile.
        """
        self._check_open()
        if self.state is StreamState.NEW and not self._detached:
            if self._loop.gi_running:
                raise in_use.error_for("thread")
            self._transcript.pause = Pause.OPENED
            try:
                next(self._loop, None)
            except ValueError as error:
                self._transcript.pause = None  # another thread has just begun to read: the pause is not for that one
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
        """Release the connection. What has arrived stays readable.

        If another thread is reading, its read ends without an error: at once if it waits for the provider (on a
        connection that can be shut, see `connection`) or before another attempt, else after the tool that it runs.
        """
        if self._detached:
            return
        try:
            self._loop.close()
        except ValueError as error:
            if not in_use.is_running(error):
                raise
            # The loop is running: in another thread, or in this one, in a tool or callback that closes the stream.
            self._step_through(observers.Closing(self._loop))
            self._transcript.closing.request()
        else:
            if self.state is StreamState.NEW:  # the loop had not begun, so its `finally` did not run the callbacks
                self._transcript.end(StreamState.CLOSED)
                run_on_end(self._transcript)

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
        """Yield the text: pieces as they arrive, or whole words, lines or sentences. Joined, it is always the same.

        At least `buffer` pieces or units and `min_chars` characters are given at a time. Held text is shown with the
        first event after `max_delay` seconds, before a tool, before an error, and at the end.
        """
        return self._view(views.text_view(self._events().unread, buffer, min_chars, max_delay, by))

    def events(self) -> Iterator[response.StreamEvent[ToolT]]:
        """Yield everything that happens, to match on. An error is yielded, and then raised."""
        return self._view(views.events_view())

    def items(self) -> Iterator[str | tools.ToolResultEvent[ToolT] | ResponseT]:
        """Yield pieces of text, tools that have been run (as soon as they were complete), and last the response.

        A tool that fails is yielded with its `error`. With a tool loop it is the loop that runs them, once a round is
        over, and the next rounds follow.
        """
        return self._view(views.items_view(self.construct_call_response, self._runs_tools))

    def cumulative(self) -> Iterator[views.Snapshot]:
        """Yield a snapshot for each pair: all the text so far, and the text and the wire event of its chunk."""
        return in_use.ViewIterator(self._snapshot(chunk) for chunk, _ in self)

    def print(self, *, file: TextIO | None = None) -> ResponseT:
        """Print the text as it arrives; return the full response."""
        for chunk, _ in self:
            print(chunk.content, end="", file=file, flush=True)
        print(file=file)
        return self._whole()

    def collect(self) -> ResponseT:
        """Read to the end; return the full response."""
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
        """Return the response that the provider would have sent unstreamed.

        If you have not started reading, it reads the stream to its end first. With `partial`, the response so far is
        returned.

        Raises `StreamNotConsumedError` when the stream has not been read to its end.
        """
        if self.state is StreamState.NEW and not partial:
            return self.collect()
        return self._whole(partial)

    def _whole(self, partial: bool = False) -> ResponseT:
        return self._rebuilt(partial, "read it to its end, or call collect()")
