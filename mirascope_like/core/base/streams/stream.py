"""A stream that is read with `for`. What it decides stands in `progress`, `views` and `deadlines`, once."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO, TypeVar
from weakref import finalize

from .. import response, tools
from ..errors import RequestTimeoutError
from ..provider import Provider
from ..request import Request
from ..response import BaseCallResponse, BaseCallResponseChunk
from ..runtime import Later
from ..tools import BaseTool
from .base_stream import BaseStream
from .stream_loop import loop, raised_here
from .transcript import StreamState

if TYPE_CHECKING:
    from ..response import StreamEvent
    from ..tools import ToolResultEvent
    from . import deadlines, views
else:
    deadlines = Later(f"{__package__}.deadlines")
    views = Later(f"{__package__}.views")

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


class Stream(BaseStream[ResponseT, ChunkT, ToolT]):
    """An answer read while it arrives: each chunk, with the tool that it completes.

    It is its own iterator and a context manager. The request is sent by the first step, by `with`, or by `open()`; the
    connection is let go when the stream is exhausted, closed, left or dropped. A second loop goes on where the first
    stopped, and so does any other way of reading (`text()`, `events()` ...): there is one cursor. Raises the provider's
    errors while it is read.
    """

    _pairs: Generator[tuple[ChunkT, ToolT | None]] | None = None
    _watchdog: deadlines.Watchdog | None = None

    def __init__(self, provider: Provider[ResponseT, ChunkT, ToolT], request: Request) -> None:
        self._begin(provider, request)

    def open(self) -> Self:
        """Send the request now; return once the answer begins."""
        self._check_open()
        while self._pairs is None:
            try:
                self._start()
            except StopIteration:
                self._check_open()  # another thread has closed it
                raise
            except Exception as error:
                self._onward(error)
        return self

    def _start(self) -> None:
        self._pairs = loop(self._progress)
        self._hope()
        if self._progress.wait:
            next(self._pairs)  # no deadline but the last is about a wait, and there is time
        if self._deadlines is not None:
            self._deadlines.start(seen=self._progress.broken is not None)
        self._timed(self._pairs)
        self._plain = self._simple()

    def _onward(self, error: Exception) -> None:
        """Make ready to go on after an error, or raise."""
        other = self._recover(error)
        if callable(other):
            for ending in self._left():
                self._progress.tell(ending)
            try:
                self._take(other())
                other = None
            except Exception as failed:
                self._progress.error = other = failed
        if other is not None:
            for ending in self._untold():
                self._progress.tell(ending)
            raise other
        self._pairs = self._watchdog = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[ChunkT, ToolT | None]:
        if self._plain:
            return next(self._pairs)  # type: ignore[arg-type]
        return self._next()

    def _next(self) -> tuple[ChunkT, ToolT | None]:
        if self._unread:
            return self._rest()
        if self._progress.left:
            self._let_go()
        if self._progress.state not in (StreamState.NEW, StreamState.OPEN):
            raise StopIteration
        while True:
            try:
                if self._pairs is None:
                    self._start()
                self._plain = self._simple()
                assert self._pairs is not None
                chunk, tool = self._timed(self._pairs)
                break
            except StopIteration:
                self._finished()
                raise
            except Exception as error:
                self._onward(error)
        if self._step(chunk, tool):
            self.close()
        return chunk, tool

    def _timed(self, pairs: Generator[tuple[ChunkT, ToolT | None]]) -> tuple[ChunkT, ToolT | None]:
        left = self._deadlines.left(running=self._progress.running) if self._deadlines is not None else None
        if self._progress.source is None:
            self._progress.hurry(left)
        if left is None:
            return next(pairs)
        if self._watchdog is None:
            self._watchdog = deadlines.Watchdog(self._progress.abort)
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
                self._progress.pending = True  # the loop may not have failed yet
                self._let_go()
                raise self._late(deadline, error)
            raise

    def close(self) -> None:
        """Let the connection go. What has come stays readable.

        Another thread that is reading finds the end; where it waits for the answer to begin, it does once that has.
        """
        self._progress.left, self._plain = True, False
        self._let_go()
        if self._progress.state is StreamState.NEW:
            self._progress.state = StreamState.CLOSED
            for ending in self._untold():
                self._progress.tell(ending)

    def _let_go(self) -> None:
        if self._pairs is not None:
            try:
                self._pairs.close()
            except ValueError as error:
                if not raised_here(error):
                    raise
                self._progress.leave()  # it runs in another thread, or the tool that closes this
        if self._watchdog is not None:
            self._watchdog.close()

    def __del__(self) -> None:
        if self._unbegun():
            self.close()

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
                return response.ErrorEvent(error)
            self._unread.extend(self._told(chunk, tool))
            self._plain = False
        return self._unread.popleft()

    def _view(self, view: views.View) -> Iterator[Any]:
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
                answer = tools.ran(wish.tool, wish.tool.call)
            else:
                # A sync read cannot be left and taken up again, so what is held is shown with the next event.
                answer = self._event()

    def text(
        self,
        *,
        buffer: int = 1,
        min_chars: int = 0,
        max_delay: float | None = None,
        by: views.TextUnit | None = None,
    ) -> Iterator[str]:
        """Yield the text: pieces as they come, or whole words, lines or sentences. Joined, it is always the same.

        At least `buffer` pieces or units and `min_chars` characters are given at a time. What is held is given all the
        same with the first event after `max_delay` seconds, before a tool, before an error, and at the end.
        """
        return self._view(views.text_view(self._unread, buffer, min_chars, max_delay, by))

    def events(self) -> Iterator[StreamEvent[ToolT]]:
        """Yield everything that happens, to match on. An error is yielded, and then raised."""
        return self._view(views.events_view())

    def items(self) -> Iterator[str | ToolResultEvent[ToolT] | ResponseT]:
        """Yield pieces of text, tools that have been run (as soon as they were whole), and last the response.

        A tool that fails is yielded with its `error`. With a tool loop it is the loop that runs them, once a round is
        over, and the next rounds follow.
        """
        return self._view(views.items_view(self.construct_call_response, self._looped))

    def cumulative(self) -> Iterator[views.Snapshot]:
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
