"""What streams of both kinds share: all that has come, readable at any time, and how they are to be read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Self, TypeVar, cast

from .. import flows
from ..errors import (
    Caught,
    ConfigurationError,
    FallbackError,
    StreamClosedError,
    StreamNotConsumedError,
    StreamTimeoutError,
)
from ..provider import Provider
from ..request import Request
from ..response import BaseCallResponse, BaseCallResponseChunk, Neutral, Usage
from ..runtime import Later
from ..tools import BaseTool, delta_of
from .stream_loop import Ending, Progress
from .transcript import StreamState

if TYPE_CHECKING:
    from ..response import StreamEvent
    from . import deadlines, views
else:
    deadlines = Later(f"{__package__}.deadlines")
    views = Later(f"{__package__}.views")

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


class Listener(NamedTuple):
    """Functions to call while a stream is read."""

    text: Callable[[str], object] | None
    tool: Callable[[Any], object] | None
    done: Callable[[Any], object] | None


class BaseStream(Neutral, Generic[ResponseT, ChunkT, ToolT]):
    """What streams of both kinds share: all but the loop. Every property can be read at any time."""

    _progress: Progress[ResponseT, ChunkT, ToolT]
    _response: ResponseT | None = None
    _endings: Sequence[Ending] = ()
    _plain = False
    """Whether a step is just a step of the loop: it runs, nothing is left unread, nobody listens, nothing is timed."""

    def _begin(self, provider: Provider[ResponseT, ChunkT, ToolT], request: Request | None) -> None:
        self._progress = Progress(provider, request)
        self._unread: deque[StreamEvent[ToolT]] = deque()
        self._last: ChunkT | None = None
        self._listeners: list[Listener] = []
        self._deadlines: deadlines.Deadlines | None = None
        self._limit: Callable[[str], bool] | None = None
        self._endings = []
        self._taken: list[Ending] = []
        """Those of the stream that is gone on with."""
        self._after: int = 0
        """How many streams there are to go on with once that one's own ways are used up."""
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
    def common_finish_reasons(self) -> list[str] | None:
        """`finish_reasons` in the same words for every provider."""
        so_far = self._so_far()
        return so_far.common_finish_reasons if so_far is not None else None

    @property
    def usage(self) -> Any:
        """The provider's own account of tokens, or None while it has not come."""
        so_far = self._so_far()
        return so_far.usage if so_far is not None else None

    @property
    def _usage(self) -> Usage | None:
        fold = self._progress.fold
        return fold.usage if fold is not None else None

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
        While it is opened the SDK makes no retries of its own. Where the stream asks again (`retry`, `resume`), `total`
        counts all requests and the waits between them, and `first` each request anew. Returns the stream itself.
        """
        self._deadlines = deadlines.Deadlines(total, first, idle)
        self._progress.hopeful = True
        if self._progress.start_time is not None:
            self._deadlines.start(seen=self._progress.fold is not None and not self._progress.fold.empty)
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
        """Go on with another stream if this one fails before it has said anything.

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
        self._endings = [*self._endings, lambda progress: ending(kind._of(progress))]
        self._progress.endings = [*self._taken, *self._endings]
        return self

    def _untold(self) -> list[Ending]:
        """Return the endings that the loop has left to be called; they are called once."""
        if not self._progress.pending:
            return []
        endings, self._progress.endings, self._progress.pending = self._progress.endings, [], False
        return endings

    def _unbegun(self) -> bool:
        """Whether there is something to tell of a stream that is dropped and was never read."""
        return bool(self._endings) and self._progress.state is StreamState.NEW

    def _left(self) -> list[Ending]:
        """Return the endings of a stream that was gone on with, if all of its ways have failed."""
        if len(self._others) >= self._after:
            return []
        endings, self._taken = self._taken, []
        return endings

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
        return not (self._unread or self._listeners or self._deadlines or self._limit or self._progress.hopeful)

    def _hope(self) -> None:
        """Note whether there are errors after which the stream may go on, or which deadlines make others of."""
        fold = self._progress.fold
        if self._catches and fold is not None and not fold.silent:
            self._others, self._catches = [], []
        timed = self._deadlines is not None
        self._progress.hopeful = timed or bool(self._catches) or self._progress.mendable

    def _recover(self, error: Exception) -> Callable[[], Any] | Exception | None:
        """Make ready to go on after an error: with the same progress (None), or with a stream that is to be made.

        Else return what is to be raised.
        """
        if isinstance(error, StreamTimeoutError) and error.deadline == "total":
            return error
        left = self._deadlines.remaining() if self._deadlines is not None else None
        found = self._progress.mend(error, left)
        other = self._other(found) if found is not None else None
        if not isinstance(other, Exception):
            flows.forget(error)
        else:
            self._progress.error = other
            if self.state is StreamState.NEW:
                self._progress.state = StreamState.FAILED
        return other

    def _take(self, made: Any) -> None:
        """Go on with another stream, which may have ways of its own to go on."""
        if not isinstance(made, BaseStream):
            raise ConfigurationError(f"a fallback of a stream has to give a stream, not {type(made).__name__}")
        other = cast("Self", made)
        if other._progress.fold is None:
            raise ConfigurationError("an async call cannot be the fallback of a sync stream")
        if not self._taken:
            self._after = len(self._others)
        self._others = [*other._others, *self._others]
        self._catches = [*other._catches[:-1], *self._catches]
        self._caught += other._caught
        self._taken = [*other._endings, *self._taken]
        other._endings = []  # it is dropped, and has not ended
        other._progress.left = self._progress.left
        self._progress = other._progress
        self._progress.endings = [*self._taken, *self._endings]

    def _step(self, chunk: ChunkT, tool: ToolT | None) -> bool:
        """Take note of a step, and tell it; return whether to stop here."""
        self._last = chunk
        if self._progress.hopeful:
            self._hope()
        if self._deadlines is not None:
            self._deadlines.seen = True
            if self._progress.source is None:
                self._deadlines.again()  # a round is over
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
        return views.pair_of(self._unread, self._last.spent())

    def _told(self, chunk: ChunkT, tool: ToolT | None) -> Iterator[StreamEvent[ToolT]]:
        results, self._progress.results = self._progress.results, []
        yield from results
        growing = tool is not None and delta_of(tool) is not None
        yield from views.events_of(chunk, tool, growing=growing)

    def _looped(self) -> bool:
        return self._progress.request.tool_loop is not None

    def _late(self, deadline: deadlines.Deadline, cause: BaseException | None) -> StreamTimeoutError:
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

    def _snapshot(self, chunk: ChunkT) -> views.Snapshot:
        return views.Snapshot(chunk.content, chunk.data, self, len(self.content))
