"""Messages to and from a model, in the common form.

The parts of messages are defined in `parts`; this module exports them too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from .media import Content, content_of
from .parts import Part, ToolResultPart

Role: TypeAlias = Literal["system", "developer", "user", "assistant", "tool"]
"""The author of a message. For a provider without the role "developer", such a message is sent with the role
"system".
"""


class BaseMessageParam(BaseModel):
    """A message in the common form: a role, and text or a list of parts.

    Can be dumped to JSON and read back unchanged. An unknown role or part raises pydantic's `ValidationError`.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        defer_build=True, ser_json_bytes="base64", val_json_bytes="base64", extra="forbid"
    )

    role: Role
    content: str | Sequence[Part]


class Messages:
    """Creates messages, with one method per role.

    Each method accepts text, parts, media in memory (bytes, open binary files, PIL images, pydub segments, `wave`
    readers) and lists of these, as positional arguments or as `content`. A single str is kept as a str; other values
    become parts. A str is never treated as a path or URL. Raises `PromptError` for a value that cannot be sent.
    """

    Type: TypeAlias = str | BaseMessageParam | Sequence[Any]
    """The return annotation of prompt functions: text, a message, or a list of messages or contents."""

    @staticmethod
    def System(*contents: Content, content: Content | None = None) -> BaseMessageParam:
        """Return a system message."""
        return _message_of("system", contents, content)

    @staticmethod
    def User(*contents: Content, content: Content | None = None) -> BaseMessageParam:
        """Return a user message."""
        return _message_of("user", contents, content)

    @staticmethod
    def Assistant(*contents: Content, content: Content | None = None) -> BaseMessageParam:
        """Return an assistant message."""
        return _message_of("assistant", contents, content)

    @staticmethod
    def Tool(*results: ToolResultPart) -> BaseMessageParam:
        """Return a message with the results of tool calls."""
        return BaseMessageParam(role="tool", content=content_of(results))


def without_developer(messages: Sequence[Any]) -> Sequence[Any]:
    """Return the messages with the role "developer" replaced by "system". Messages in a provider's own format are
    not changed.
    """
    if not any(map(_of_developer, messages)):
        return messages
    return [one.model_copy(update={"role": "system"}) if _of_developer(one) else one for one in messages]


def _of_developer(message: Any) -> bool:
    return isinstance(message, BaseMessageParam) and message.role == "developer"


def _message_of(role: Role, contents: Sequence[Content], content: Content | None) -> BaseMessageParam:
    return BaseMessageParam(role=role, content=content_of(contents if content is None else (*contents, content)))
