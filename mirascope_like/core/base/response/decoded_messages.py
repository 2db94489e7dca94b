"""Decode the messages of a response to the common form."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..messages import BaseMessageParam
from .meant_calls import MeantCalls


class DecodedMessages(MeantCalls):
    """The part of a response that decodes its native messages."""

    if TYPE_CHECKING:
        messages: list[Any]

    @property
    @abstractmethod
    def message_param(self) -> Any:
        """The response as a message to send back, in the provider's own format."""

    @abstractmethod
    def _instructions(self) -> Sequence[Any]:
        """Return the system prompt as messages, if the provider keeps it apart from them."""

    @classmethod
    @abstractmethod
    def decode_message(cls, message: Any) -> BaseMessageParam:
        """Decode a message from the provider's own format to the common form."""

    @property
    def common_message_param(self) -> BaseMessageParam:
        """`message_param` in the common form."""
        return self.decode_message(self.message_param)

    @property
    def common_messages(self) -> list[BaseMessageParam]:
        """The system prompt and `messages` in the common form."""
        return [self.decode_message(message) for message in (*self._instructions(), *self.messages)]

    @property
    def common_user_message_param(self) -> BaseMessageParam | None:
        """`user_message_param` in the common form."""
        messages = self.common_messages
        return messages[-1] if messages and messages[-1].role == "user" else None
