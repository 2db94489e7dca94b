"""What a stream has received so far, in the types of the response that it builds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar, cast

from ..response import BaseCallResponse, CommonMetadata, Usage, last_user_message
from .stream_request import StreamRequest
from .stream_state import StreamState
from .transcript import Transcript

ResponseT_co = TypeVar("ResponseT_co", bound="BaseCallResponse[Any, Any]", covariant=True)
FinishT = TypeVar("FinishT", bound=str)
UsageT = TypeVar("UsageT")
AnswerT = TypeVar("AnswerT")
MessageT = TypeVar("MessageT")


class StreamMetadata(StreamRequest[ResponseT_co], CommonMetadata, Generic[ResponseT_co]):
    """Base class of streams: the state, the usage, the messages and what else was received so far.

    The annotations of `self` read the types of usage, finish reasons and messages from the type of the response.
    """

    _transcript: Transcript

    @property
    def state(self) -> StreamState:
        """The state of the stream: see `StreamState`."""
        return self._transcript.state

    @property
    def error(self) -> BaseException | None:
        """The error that ended the stream, including a cancellation or `KeyboardInterrupt`; otherwise None."""
        return self._transcript.error

    @property
    def content(self) -> str:
        """The text received so far, in all rounds of a tool loop."""
        return self._transcript.content

    @property
    def model(self) -> str | None:
        """The model that the provider reports; until it does, the requested model."""
        attempt = self._transcript.attempt
        return (attempt.accumulator.model or attempt.request.model) if attempt is not None else None

    @property
    def id(self) -> str | None:
        """The id of the response; None until it has arrived."""
        accumulator = self._transcript.accumulator
        return accumulator.id if accumulator is not None else None

    @property
    def finish_reasons(self: StreamMetadata[BaseCallResponse[Any, Any, FinishT]]) -> list[FinishT] | None:
        """The finish reasons in the provider's own terms; None until the provider reports them."""
        accumulator = self._transcript.accumulator
        return accumulator.finish_reasons if accumulator is not None else None

    @property
    def common_finish_reasons(self) -> list[str] | None:
        """The finish reasons in the form that is common to all providers; None until the generation ends."""
        so_far = self._so_far() if self.finish_reasons is not None else None
        return so_far.common_finish_reasons if so_far is not None else None

    @property
    def usage(self: StreamMetadata[BaseCallResponse[Any, Any, Any, UsageT]]) -> UsageT | None:
        """The usage object of the provider's SDK; None until it has arrived. In a tool loop, `usage`, `cost` and
        `message_param` are those of the last round from which anything has arrived.
        """
        so_far = self._so_far()
        return so_far.usage if so_far is not None else None

    @property
    def _usage(self) -> Usage | None:
        accumulator = self._transcript.accumulator
        return accumulator.usage if accumulator is not None else None

    @property
    def usage_missing(self) -> bool:
        """True if the stream is done and its usage was requested, but did not arrive. Its cost is then unknown.

        This happens if the connection is lost between the finish reason and the usage. False until the stream is done.
        """
        so_far = self._so_far() if self.state is StreamState.DONE else None
        return so_far is not None and so_far.usage_missing

    @property
    def cost(self) -> float | None:
        """The cost in US dollars; None while the usage or the price of the model is unknown."""
        so_far = self._so_far()
        return so_far.cost if so_far is not None else None

    @property
    def messages(self: StreamMetadata[BaseCallResponse[Any, Any, Any, Any, Any, MessageT]]) -> list[MessageT]:
        """The messages of the request, in the provider's own format."""
        attempt = self._transcript.attempt
        if attempt is None:
            return []
        messages: list[MessageT] = attempt.provider.messages_in(attempt.payload)
        return messages

    @property
    def message_param(self: StreamMetadata[BaseCallResponse[Any, Any, Any, Any, AnswerT]]) -> AnswerT | None:
        """The response received so far as a message for the next request; None until something has arrived."""
        so_far = self._so_far()
        return so_far.message_param if so_far is not None else None

    @property
    def user_message_param(
        self: StreamMetadata[BaseCallResponse[Any, Any, Any, Any, Any, MessageT]],
    ) -> MessageT | None:
        """The last message of the request if its role is "user", in the provider's own format; else None."""
        return cast("MessageT | None", last_user_message(self.messages))

    @property
    def start_time(self) -> float | None:
        """When the request was sent, in milliseconds since 1970; None before that. With a tool loop, the time of the
        first round; after a retry, the time when the request was sent again.
        """
        rounds = self._transcript.rounds
        return rounds[0].start_time if rounds else self._transcript.start_time

    @property
    def end_time(self) -> float | None:
        """When the stream ended, in milliseconds since 1970; None before, and if it was closed before its request."""
        return self._transcript.end_time

    @property
    def _caught(self) -> list[Exception]:
        """The errors after which a fallback was tried."""
        return self._transcript.earlier_errors

    def tool_message_params(
        self: StreamMetadata[BaseCallResponse[Any, Any, Any, Any, Any, MessageT]],
        tools_and_outputs: Sequence[tuple[Any, Any]],
    ) -> list[MessageT]:
        """Return the messages that send the outputs of tools to the model."""
        messages: list[MessageT] = self._transcript.provider.response_type.tool_message_params(tools_and_outputs)
        return messages

    def _so_far(self) -> ResponseT_co | None:
        """Return the response received so far. It is built again at each call until the stream is done."""
        so_far: ResponseT_co | None = self._transcript.response()
        return so_far
