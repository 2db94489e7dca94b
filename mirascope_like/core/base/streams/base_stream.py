"""The base class of sync and async streams: everything except reading. `StreamMetadata` is what was received so far."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from ..errors import Caught, StreamClosedError, StreamError, StreamNotConsumedError
from ..response import BaseCallResponse, BaseCallResponseChunk
from ..runtime import LazyModule
from ..tools import BaseTool
from .stream_loop import NoLoop
from .stream_metadata import StreamMetadata
from .stream_state import StreamState
from .transcript import Fallbacks, Transcript

if TYPE_CHECKING:
    from . import observers, views
else:
    observers = LazyModule(f"{__package__}.observers")
    views = LazyModule(f"{__package__}.views")

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


class BaseStream(StreamMetadata[ResponseT], Generic[ResponseT, ChunkT, ToolT]):
    """The base class of `Stream` and `AsyncStream`: everything except reading.

    Each (chunk, tool or None) pair passes these iterators, from the innermost to the outermost, which is `_pairs`:

        _loop      always: sends requests and yields pairs
        _observed  once `on` or `until` is used: calls listeners, and closes the loop
        _reader    once a view is used: converts pairs to events, and keeps events that no view has yielded

    If the stream is closed while the loop is running, `observers.Closing` replaces the two inner ones.
    """

    if not TYPE_CHECKING:

        @classmethod
        def __class_getitem__(cls, parameters: Any) -> Any:
            # Mirascope v1's `BaseStream` has eleven parameters. `call_factory` makes such a class a stream.
            several = isinstance(parameters, tuple) and len(parameters) > 3
            return cls if several else super().__class_getitem__(parameters)

    _loop: Any
    """The generator that reads the stream (`stream_loop.read` or `aread`); `NoLoop` for a detached stream."""
    _pairs: Any
    """The outermost iterator: the one that `next(stream)` advances."""
    _observed: Any = None
    """The `Observed` or `AsyncObserved`; None until a listener or `until` is used."""
    _reader: Any = None
    """The `EventReader` or `AsyncEventReader` that views read; None until a view is used."""

    def _begin(self, transcript: Transcript, loop: Any) -> None:
        self._transcript = transcript
        self._loop = self._pairs = loop

    @classmethod
    def _of(cls, transcript: Transcript) -> Self:
        stream = cls.__new__(cls)
        stream._begin(transcript, NoLoop())
        return stream

    def _detached_copy(self) -> Self:
        return self._of(self._transcript)

    @property
    def _detached(self) -> bool:
        return isinstance(self._loop, NoLoop)

    @property
    def tools(self) -> list[ToolT] | None:
        """The tools whose calls are complete, in the current round of a tool loop; None if there are none."""
        accumulator = self._transcript.accumulator
        return list(accumulator.tools) or None if accumulator is not None else None

    @property
    def tool(self) -> ToolT | None:
        """The first of `tools`; None if there is none."""
        tools = self.tools
        return tools[0] if tools else None

    def on(
        self,
        *,
        text: Callable[[str], object] | None = None,
        tool: Callable[[ToolT], object] | None = None,
        done: Callable[[ResponseT], object] | None = None,
    ) -> Self:
        """Call functions while the stream is read: `text` with each piece of text, `tool` with each complete tool, and
        `done` with the response.

        `done` is called after the on-end callbacks, by the read that finds the end. If a function raises an error, the
        read raises it, and the next read returns the same pair without calling functions. Returns the stream itself.
        """
        self._check_attached()
        self._observe().listeners.append(observers.Listener(text, tool, done))
        return self

    def timeout(
        self,
        *,
        total: float | None = None,
        first: float | None = None,
        idle: float | None = None,
        stall: float | None = None,
    ) -> Self:
        """Set the deadlines, in seconds, in place of earlier ones. Returns the stream itself.

        `total` limits the whole stream; `first` the time from each request to its first output (text, thinking or a
        piece of a tool call); `stall` the time between two outputs; `idle` the time without any byte from the provider,
        and keep-alives are bytes.

        If a deadline passes, reading raises `StreamTimeoutError` and the connection is released; what was received
        stays readable. While a deadline is set, sync streams are opened without the SDK's own retries. With `retry` or
        `resume`, `total` includes all requests and waits, and `first` restarts for each request that does not resume a
        text.
        """
        self._check_attached()
        self._transcript.set_deadlines(total=total, first=first, idle=idle, stall=stall)
        return self

    def until(self, stop: int | Callable[[str], bool]) -> Self:
        """Stop the stream early: when the text has `stop` characters, or when `stop(text)` returns True. Returns the
        stream itself.

        The connection is released at once, and a loop over the stream or a view ends without an error. The stream is
        then CLOSED, not DONE. `collect`, `print` and `items` need the complete response and raise
        `StreamNotConsumedError` at their end; `construct_call_response(partial=True)` returns what was received.
        """
        self._check_attached()
        self._observe().stop = (lambda text: len(text) >= stop) if isinstance(stop, int) else stop
        return self

    def otherwise(
        self, catches: Sequence[Caught], others: Sequence[Callable[[], Any]], caught: Sequence[Exception] = ()
    ) -> Self:
        """Fall back to another stream if this one fails before its first output. Returns the stream itself.

        `catches` has one item more than `others`. After an error of `catches[0]`, `others[0]()` makes the stream to
        read; after an error of `catches[1]` in that stream, `others[1]()`, and so on. An error of the last item raises
        `FallbackError`. It also contains `caught`, the errors of calls that failed before this stream was made.
        """
        self._check_attached()
        *earlier, last = catches
        self._transcript.plans[0].fallbacks = Fallbacks(list(zip(earlier, others, strict=True)), last)
        self._transcript.earlier_errors += caught
        return self

    def ended(self, ending: Callable[[Self], Any]) -> Self:
        """Register a function to call once when the stream has ended: done, closed, dropped or failed. Returns the
        stream itself.

        The function receives a detached copy, because the stream itself may have been dropped. If the stream is async
        and the function returns an awaitable, that is awaited.

        All such functions are called, even if one raises an error. If the stream itself ended without an error, the
        first of their errors is raised, by the read or `close()` that ended the stream; other errors are logged.
        """
        self._check_attached()
        detached = self._of
        self._transcript.plans[0].on_end.append(lambda transcript: ending(detached(transcript)))
        return self

    def _rebuilt(self, partial: bool, hint: str) -> ResponseT:
        if self.state is not StreamState.DONE and not partial:
            if self.state in (StreamState.CLOSED, StreamState.FAILED):  # the stream cannot be read further
                hint = "it ended before the full response had arrived"
            raise StreamNotConsumedError(
                f"the stream is {self.state.value}: {hint}; "
                "construct_call_response(partial=True) returns what was received"
            ) from self._transcript.error
        so_far = self._so_far()
        if so_far is None:
            raise StreamNotConsumedError(
                "no event has been received yet, so there is no response: read the stream first"
            )
        return so_far

    def _check_attached(self) -> None:
        if self._detached:
            raise StreamError(
                "this stream is detached: it only shows what another stream receives. Set this on that one"
            )

    def _check_open(self) -> None:
        if self.state is StreamState.CLOSED:
            raise StreamClosedError("the stream was closed")

    def _unread_callbacks(self) -> bool:
        """Return True if the stream was never read and has on-end callbacks, which must run when it is dropped."""
        transcript: Transcript | None = getattr(self, "_transcript", None)  # None if `__init__` raised
        if transcript is None or transcript.state is not StreamState.NEW:
            return False
        return bool(transcript.plans[0].on_end) and not self._detached

    @abstractmethod
    def _observe(self) -> observers.BaseObserved:
        """Return `_observed`, after creating it if necessary."""

    def _step_through(self, pairs: Any) -> None:
        """Read the pairs from another iterator from now on. If there is a `_reader`, it reads from that iterator."""
        if self._reader is None:
            self._pairs = pairs
        else:
            self._reader.pairs = pairs

    def _runs_tools(self) -> bool:
        """Return True if a tool loop runs the tools of this stream."""
        attempt = self._transcript.attempt
        return attempt is not None and attempt.request.tool_loop is not None

    def _snapshot(self, chunk: ChunkT) -> views.Snapshot:
        return views.Snapshot(chunk.content, chunk.data, self, len(self.content))

    def _as_tool_output(self) -> str:
        """Return the text that the model receives if a tool returned this stream.

        Raises `StreamNotConsumedError` if the stream has not ended.
        """
        hint = "it was returned by a tool; read it to its end first (a tool loop does that)"
        return self.content if self.state is StreamState.CLOSED else self._rebuilt(False, hint).content

    def __getstate__(self) -> Any:
        raise TypeError("a stream cannot be pickled, as it holds a connection: pickle the response, `collect()`")

    def __str__(self) -> str:
        return self.content

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.model} {self.state.value}>"


AnyT = TypeVar("AnyT")


def detached(stream: AnyT) -> AnyT:
    """Return a copy of a stream that shows all that the stream has received and will receive, and reads nothing itself.
    A reference to the copy does not keep the stream open. A structured stream can be copied, too.

    Opening or closing the copy does nothing. Its `on`, `until`, `timeout`, `otherwise` and `ended` raise `StreamError`.
    """
    own: Any = stream
    return cast("AnyT", own._detached_copy())
