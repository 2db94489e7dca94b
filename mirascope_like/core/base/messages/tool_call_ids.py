"""Adapts the ids and names of tool calls in messages to what the receiving provider accepts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from .message import BaseMessageParam
from .parts import AnyPart, ToolCallPart, ToolResultPart
from .tool_names import valid_name


class CallForm(NamedTuple):
    """The form that a provider requires of tool call ids and tool names in messages."""

    ids: re.Pattern[str] = re.compile(r"(?s).{1,64}")
    """A pattern that valid ids match. Source of the default: OpenAI's Responses API, "call_id: ... Expected a string
    with maximum length 64".
    """
    names: re.Pattern[str] = re.compile(r"[a-zA-Z0-9_-]{1,64}")
    """A pattern that valid names match. Source of the default: the references of OpenAI, Mistral and Bedrock."""
    required: bool = True
    """True if every tool call and tool result must have an id. Calls without an id (Gemini may send such) then get a
    new one.
    """


def short_id(text: str) -> str:
    """Return an id of nine letters and digits that every provider accepts: a hash of the text."""
    return sha256(text.encode()).hexdigest()[:9]


@dataclass(slots=True)
class _OpenCall:
    """A tool call for which no result has been found yet."""

    given: str | None
    name: str
    """The name in the message that is sent."""
    id: str | None
    """The id in the message that is sent."""


class CallIds:
    """Adapts the tool calls and tool results of one conversation. Pass its messages in order, to `adapted` or `passed`.

    Valid ids and names are kept, invalid ones are replaced. The id of a call is also replaced if an earlier call has
    the same id: many models number their calls from 0 in every response. A call and its result always get the same id.

    A result with an id belongs to the first open call with that id, or else to the first open call without an id. A
    result without an id belongs to the first open call with its tool name, or else to the first open call. A call is
    open until its result is found.
    """

    def __init__(self, form: CallForm) -> None:
        self._form = form
        self._made = 0
        self._used: set[str] = set()
        self._open: list[_OpenCall] = []
        self._sent: dict[str, str] = {}
        """Maps each original id to the id that its newest call is sent with."""
        self._others = False
        """True once a message in a provider's own format was passed. Its tool calls are not known here."""

    def adapted(self, message: BaseMessageParam, *, foreign: bool = False) -> BaseMessageParam:
        """Return the message with valid ids and names; the same object if nothing has to change.

        With `foreign` (the message is from another provider), every id is replaced by one that all providers accept.
        """
        if isinstance(message.content, str):
            return message
        parts = [self._part(part, foreign) for part in message.content]
        same = all(new is old for new, old in zip(parts, message.content, strict=True))
        return message if same else message.model_copy(update={"content": parts})

    def passed(self, message: BaseMessageParam | None) -> None:
        """Record the tool calls and results of a message that is sent unchanged.

        Pass None for a message in a provider's own format: its tool calls are not known, so later results that answer
        no known call keep their ids.
        """
        self._others = self._others or message is None
        parts: Sequence[Any] = () if message is None or isinstance(message.content, str) else message.content
        for part in parts:
            if isinstance(part, ToolCallPart):
                self._keep(part, part.name, part.id)
            elif isinstance(part, ToolResultPart) and (call := self._call_of(part)) is not None:
                self._open.remove(call)

    def _part(self, part: AnyPart, foreign: bool) -> AnyPart:
        if isinstance(part, ToolCallPart):
            name, id = self._name(part.name), self._new_id(part, foreign)
            self._keep(part, name, id)
        elif isinstance(part, ToolResultPart):
            name, id = self._result(part, foreign)
        else:
            return part
        return part if (part.name, part.id) == (name, id) else part.model_copy(update={"name": name, "id": id})

    def _keep(self, part: ToolCallPart, name: str, id: str | None) -> None:
        self._open.append(_OpenCall(part.id or None, name, id))
        if id is not None:
            self._used.add(id)
            self._sent[part.id or id] = id

    def _name(self, name: str) -> str:
        return name if self._form.names.fullmatch(name) else valid_name(name)

    def _accepted(self, id: str, foreign: bool) -> bool:
        return not foreign and self._form.ids.fullmatch(id) is not None

    def _new_id(self, part: ToolCallPart, foreign: bool) -> str | None:
        given = part.id or None
        if given is None and not (self._form.required or foreign):
            return None
        if given is not None and given not in self._used and self._accepted(given, foreign):
            return given
        made = short_id(given) if given is not None else ""
        while not made or made in self._used:
            self._made += 1
            made = short_id(f"{self._made} {given or part.name}")
        return made

    def _result(self, part: ToolResultPart, foreign: bool) -> tuple[str, str | None]:
        """Return the name and the id with which a tool result is sent."""
        name = self._name(part.name) if part.name else ""
        if (call := self._call_of(part)) is not None:
            self._open.remove(call)
            return name or call.name, call.id
        if not part.id:
            return name, short_id(part.name) if self._form.required or foreign else part.id
        if part.id in self._sent:  # a second result of the same call
            return name, self._sent[part.id]
        # The call of this result may be in a message in the provider's own format.
        return name, part.id if self._others or self._accepted(part.id, foreign) else short_id(part.id)

    def _call_of(self, part: ToolResultPart) -> _OpenCall | None:
        """Return the open call that a tool result belongs to, or None."""
        found = [call for call in self._open if call.given == part.id] if part.id else self._open
        found = found or [call for call in self._open if call.given is None]
        return next((call for call in found if call.name == self._name(part.name)), next(iter(found), None))


def with_accepted_calls(messages: Sequence[Any], form: CallForm) -> Sequence[Any]:
    """Return the messages with the ids and names of all tool calls and results adapted to `form`.

    Messages in a provider's own format are not changed.
    """
    if not any(map(_has_calls, messages)):
        return messages
    ids, adapted = CallIds(form), list[Any]()
    for one in messages:
        if isinstance(one, BaseMessageParam):
            adapted.append(ids.adapted(one))
        else:
            ids.passed(None)
            adapted.append(one)
    return adapted


def _has_calls(message: Any) -> bool:
    if not isinstance(message, BaseMessageParam) or isinstance(message.content, str):
        return False  # a text has a character for each part, which takes a second for two million
    return any(isinstance(part, ToolCallPart | ToolResultPart) for part in message.content)
