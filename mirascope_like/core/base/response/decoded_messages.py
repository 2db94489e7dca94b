"""Converts the messages of a response to the common form."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ..errors import ResponseParseError
from ..messages import BaseMessageParam, MediaPart
from ..parsing import at
from .meant_calls import MeantCalls


class DecodedMessages(MeantCalls):
    """Base class of responses that converts their messages from the provider's format to the common form."""

    if TYPE_CHECKING:
        messages: list[Any]

    @property
    @abstractmethod
    def message_param(self) -> Any:
        """The response as a message in the provider's own format, for the next request."""

    @abstractmethod
    def _instructions(self) -> Sequence[Any]:
        """Return the system prompt as messages, if the provider keeps it separate from the messages; else nothing."""

    @classmethod
    @abstractmethod
    def _decode_message(cls, message: Any) -> BaseMessageParam:
        """Convert a message from the provider's own format to the common form."""

    @property
    def common_message_param(self) -> BaseMessageParam:
        """The response as a message in the common form.

        Raises `ResponseParseError` if the response has a structure that cannot be converted, which some gateways send.
        """
        try:
            return self._decode_answer()
        except (ValidationError, LookupError, TypeError, AttributeError) as error:
            text = f"the response cannot be converted to the common form: {error!r}"
            raise ResponseParseError(text, response=self) from error

    def _decode_answer(self) -> BaseMessageParam:
        return self._decode_message(self.message_param)

    @property
    def media(self) -> list[MediaPart]:
        """The images, audio and documents that the model generated."""
        content = self.common_message_param.content
        return [part for part in content if isinstance(part, MediaPart)]

    @property
    def common_messages(self) -> list[BaseMessageParam]:
        """The messages of the request in the common form, beginning with the system prompt."""
        return [self._decode_message(message) for message in (*self._instructions(), *self.messages)]

    @property
    def common_user_message_param(self) -> BaseMessageParam | None:
        """The last message of the request in the common form; None if its role is not "user"."""
        messages = self.common_messages
        return messages[-1] if messages and messages[-1].role == "user" else None


def last_user_message(messages: Sequence[Any]) -> Any:
    """Return the last message if its role is "user", else None."""
    last = messages[-1] if messages else None
    return last if at(last, "role") == "user" else None
