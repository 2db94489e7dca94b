"""What streams of both kinds share: everything but reading. Every property reads the transcript, at any time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from ..errors import Caught, StreamClosedError, StreamNotConsumedError
from ..response import BaseCallResponse, BaseCallResponseChunk, CommonMetadata, Usage
from ..runtime import LazyModule
from ..tools import BaseTool
from .policies import Fallback
from .transcript import StreamState, Transcript

if TYPE_CHECKING:
    from . import observers, views
else:
    observers = LazyModule(f"{__package__}.observers")
    views = LazyModule(f"{__package__}.views")

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


class BaseStream(CommonMetadata, Generic[ResponseT, ChunkT, ToolT]):
    """What streams of both kinds share: everything but reading."""

    _transcript: Transcript
    _loop: Any
    """The generator that reads: `stream_loop.read` or `aread`."""
    _pairs: Any
    """The iterator that a step of this stream steps: `_loop`, with `_observed` and then `_reader` around it if used."""
    _observed: observers.Observed | None = None
    """The loop with listeners and `until`; None until one is used."""
    _reader: Any = None
    """What views read, an `EventReader`; None until one is used."""

    _detached = False
    """True for a stream that only shares what another one reads."""

    def _begin(self, transcript: Transcript, loop: Any) -> None:
        self._transcript = transcript
        self._loop = self._pairs = loop

    @classmethod
    def _of(cls, transcript: Transcript) -> Self:
        stream = cls.__new__(cls)
        stream._begin(transcript, observers.Ended())
        stream._detached = True
        return stream

    def detached(self) -> Self:
        """Return a stream that shares all that arrives, and reads nothing: keeping it does not keep this one open."""
        return self._of(self._transcript)

    @property
    def state(self) -> StreamState:
        """Where the stream stands."""
        return self._transcript.state

    @property
    def error(self) -> BaseException | None:
        """Why the stream failed, or None."""
        return self._transcript.error

    @property
    def content(self) -> str:
        """The text so far; with a tool loop, that of all rounds as it arrived."""
        return self._transcript.content

    @property
    def model(self) -> str | None:
        """The model that answers, or the requested one before the provider has named it."""
        attempt = self._transcript.attempt
        return (attempt.accumulator.model or attempt.request.model) if attempt is not None else None

    @property
    def id(self) -> str | None:
        """The answer's id."""
        accumulator = self._transcript.accumulator
        return accumulator.id if accumulator is not None else None

    @property
    def finish_reasons(self) -> list[Any] | None:
        """Why the generation ended, in the provider's words."""
        accumulator = self._transcript.accumulator
        return accumulator.finish_reasons if accumulator is not None else None

    @property
    def common_finish_reasons(self) -> list[str] | None:
        """`finish_reasons` in the same words for every provider."""
        so_far = self._so_far()
        return so_far.common_finish_reasons if so_far is not None else None

    @property
    def usage(self) -> Any:
        """The provider's own usage object, or None before it has arrived."""
        so_far = self._so_far()
        return so_far.usage if so_far is not None else None

    @property
    def _usage(self) -> Usage | None:
        accumulator = self._transcript.accumulator
        return accumulator.usage if accumulator is not None else None

    @property
    def cost(self) -> float | None:
        """US dollars spent, or None while the usage, or the model's price, is unknown."""
        so_far = self._so_far()
        return so_far.cost if so_far is not None else None

    @property
    def tools(self) -> list[ToolT] | None:
        """The tools that are complete so far."""
        accumulator = self._transcript.accumulator
        return list(accumulator.tools) or None if accumulator is not None else None

    @property
    def tool(self) -> ToolT | None:
        """The first of `tools`."""
        tools = self.tools
        return tools[0] if tools else None

    @property
    def messages(self) -> list[Any]:
        """The messages sent, in the provider's own form."""
        attempt = self._transcript.attempt
        if attempt is None:
            return []
        messages: list[Any] = attempt.provider.messages_in(attempt.payload)
        return messages

    @property
    def message_param(self) -> Any:
        """The answer so far as a message to send back, or None before any has arrived."""
        so_far = self._so_far()
        return so_far.message_param if so_far is not None else None

    @property
    def user_message_param(self) -> Any:
        """The user's last message, in the provider's own form."""
        attempt = self._transcript.attempt
        return attempt.provider.response_type.last_user_message(self.messages) if attempt is not None else None

    @property
    def start_time(self) -> float | None:
        """When the request was sent, in milliseconds since 1970."""
        rounds = self._transcript.rounds
        return rounds[0].start_time if rounds else self._transcript.start_time

    @property
    def end_time(self) -> float | None:
        """When the stream ended, in milliseconds since 1970."""
        return self._transcript.end_time

    @property
    def _caught(self) -> list[Exception]:
        """The errors after which a fallback was tried."""
        return self._transcript.caught

    def tool_message_params(self, tools_and_outputs: Sequence[tuple[ToolT, Any]]) -> list[Any]:
        """Return the messages that give the model the outputs of its tools."""
        messages: list[Any] = self._transcript.provider.response_type.tool_message_params(tools_and_outputs)
        return messages

    def on(
        self,
        *,
        text: Callable[[str], object] | None = None,
        tool: Callable[[ToolT], object] | None = None,
        done: Callable[[ResponseT], object] | None = None,
    ) -> Self:
        """Call functions while the stream is read: with each piece of text, each complete tool, and the response.

        Returns the stream itself.
        """
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
        """Set deadlines, in seconds; they replace those set before. Returns the stream itself.

        `total` is for the whole stream, `first` from each request to its first output, `stall` between two outputs,
        `idle` for the time without any byte from the provider; a keep-alive is a byte. Output is text, thinking or a
        piece of a tool call.

        Reading raises `StreamTimeoutError` when one passes, and the connection is released; what has arrived stays
        readable. While it is opened the SDK makes no retries of its own. With `retry` or `resume`, `total` covers all
        requests and the waits between them, and `first` counts for each request from zero.
        """
        self._transcript.set_deadlines(total=total, first=first, idle=idle, stall=stall)
        return self

    def until(self, stop: int | Callable[[str], bool]) -> Self:
        """Stop early: once the text has so many characters, or once `stop(text)` is true.

        The connection is released at once and the loop ends; the stream is then closed, not done. Returns the stream.
        """
        self._observe().stop = (lambda text: len(text) >= stop) if isinstance(stop, int) else stop
        return self

    def otherwise(
        self, catches: Sequence[Caught], others: Sequence[Callable[[], Any]], caught: Sequence[Exception] = ()
    ) -> Self:
        """Fall back to another stream if this one fails before any output. Returns the stream itself.

        After an error of the first of `catches`, the first of `others` makes the stream that is read instead, and so
        on. The last of `catches` are the errors after which `FallbackError` is raised. `caught` are earlier errors.
        """
        plan = self._transcript.plans[0]
        kept = [policy for policy in plan.policies if not isinstance(policy, Fallback)]
        plan.policies = [*kept, Fallback(list(zip(catches, others, strict=False)), catches[-1])]
        self._transcript.caught += caught
        return self

    def ended(self, ending: Callable[[Self], Any]) -> Self:
        """Call a function once when the stream has ended: done, closed, dropped or failed. Returns the stream itself.

        The function is given a stream that shares all that has arrived, as this one may be gone by then. Where the
        stream is read asynchronously, what the function returns is awaited if it can be.
        """
        detached = self._of
        self._transcript.plans[0].on_end.append(lambda transcript: ending(detached(transcript)))
        return self

    def _so_far(self) -> ResponseT | None:
        so_far: ResponseT | None = self._transcript.response()
        return so_far

    def _rebuilt(self, partial: bool, hint: str) -> ResponseT:
        if self.state is not StreamState.DONE and not partial:
            raise StreamNotConsumedError(
                f"the stream is {self.state.value}: {hint}, or take what has come with partial=True"
            ) from self._transcript.error
        so_far = self._so_far()
        if so_far is None:
            raise StreamNotConsumedError("nothing has come yet: there is no response to rebuild")
        return so_far

    def _check_open(self) -> None:
        if self.state is StreamState.CLOSED:
            raise StreamClosedError("the stream was closed")

    def _unread_callbacks(self) -> bool:
        """Return True if there are callbacks to run for a stream that is dropped before its first step."""
        transcript: Transcript | None = getattr(self, "_transcript", None)  # none where `__init__` has raised
        if transcript is None or self._detached:
            return False
        return transcript.state is StreamState.NEW and bool(transcript.plans[0].on_end)

    @abstractmethod
    def _observe(self) -> observers.Observed:
        """Return `_observed`, made if it is None."""

    def _step_through(self, pairs: Any) -> None:
        """Take the pairs from here on from another iterator."""
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

    def __str__(self) -> str:
        return self.content

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.model} {self.state.value}>"
