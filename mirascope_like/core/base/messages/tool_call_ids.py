"""Replace or add the ids of tool calls, for messages that are sent to another provider than the one they came from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from .message import BaseMessageParam
from .parts import ToolCallPart, ToolResultPart


def short_id(text: str) -> str:
    """Return an id of nine letters and digits, a hash of the text. Every provider accepts its form."""
    return sha256(text.encode()).hexdigest()[:9]


class CallIds:
    """Gives new ids to the tool calls and results of one conversation.

    Without `keep`, every id is replaced. With `keep`, only ids that are missing or do not match `form` are replaced. A
    call and its result always get the same id.

    A result without an id belongs to the first call of its name that has no result yet, or else to the first call of
    any name.
    """

    def __init__(self, *, keep: bool = False, form: re.Pattern[str] | None = None) -> None:
        self._keep = keep
        self._form = form
        self._made = 0
        self._open: dict[str, str] = {}
        """The ids and tool names of the calls that have no result yet."""

    def adapted(self, message: BaseMessageParam) -> BaseMessageParam:
        """Return a copy of a message with the new ids. Call it for each message of the conversation, in order."""
        if isinstance(message.content, str):
            return message.model_copy()
        parts = [
            part.model_copy(update={"id": self._id(part)}) if isinstance(part, ToolCallPart | ToolResultPart) else part
            for part in message.content
        ]
        return message.model_copy(update={"content": parts})

    def _id(self, part: ToolCallPart | ToolResultPart) -> str:
        given = part.id
        if given is not None and not (self._keep and (self._form is None or self._form.fullmatch(given))):
            given = short_id(given)
        if isinstance(part, ToolCallPart):
            if given is None:
                self._made += 1
                given = short_id(f"{self._made} {part.name}")
            self._open[given] = part.name
            return given
        if given is None:
            first = next(iter(self._open), short_id(part.name))
            given = next((id for id, name in self._open.items() if name == part.name), first)
        self._open.pop(given, None)
        return given


def with_ids(messages: Sequence[Any], form: re.Pattern[str] | None = None) -> Sequence[Any]:
    """Return the messages, with an id for every tool call and tool result in the common form.

    Ids that are missing, or that do not match `form`, are replaced; a call and its result get the same id. Messages in
    a provider's own format are not changed.
    """
    if all(_has_ids(one, form) for one in messages):
        return messages
    ids = CallIds(keep=True, form=form)
    return [ids.adapted(one) if isinstance(one, BaseMessageParam) else one for one in messages]


def _has_ids(message: Any, form: re.Pattern[str] | None) -> bool:
    return not isinstance(message, BaseMessageParam) or all(
        part.id is not None and (form is None or form.fullmatch(part.id) is not None)
        for part in message.content
        if isinstance(part, ToolCallPart | ToolResultPart)
    )
