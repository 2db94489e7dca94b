"""Conversations: messages in order, in the common form. Sends nothing.

A conversation never changes: methods that add return a new one, so a fork is only another reference. A message of a
model is also kept in its provider's own format, for requests to that provider; others are sent the common form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, cast

from pydantic import BaseModel, ConfigDict, TypeAdapter

from ..messages import BaseMessageParam, CallForm, CallIds, Content, Messages, ToolResultPart, check_pairs, find_orphans
from ..parsing import VERSION_KEY, check_schema_version
from ..provider import Provider
from ..request import OVERRIDES, Request

TURNS_VERSION = 1
"""The schema version of turns in files and stores. Increase it with every change of `Turn`, messages or parts that an
older version of the library would misread.
"""


_ANY_CALLS = CallForm(ids=re.compile("(?s).*"), names=re.compile("(?s).*"), required=False)
"""The ids and names that stay in messages of no provider: the provider that is sent them adapts them."""


class Turn(BaseModel):
    """A message of a conversation and its origin."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64"
    )

    message: BaseMessageParam
    """The message in the common form."""
    native: tuple[Any, ...] = ()
    """The message in the format of its origin, if that is JSON; one message may be several there."""
    origin: str | None = None
    """The origin: the name of that format, such as "openai" or "openai.responses". None for messages in the common form
    only.
    """
    partial: bool = False
    """True if the message is the received part of a response that did not end normally."""


class HasProvider(Protocol):
    """An object that calls a provider: a provider's `call`, or a model."""

    @property
    def provider(self) -> Provider[Any, Any, Any]:
        """The provider that is called."""
        ...


@dataclass(frozen=True)
class Conversation:
    """Messages in order. Every method that adds returns a new conversation and does not change this one.

    Raises pydantic's `ValidationError` when it is read from invalid data.
    """

    turns: tuple[Turn, ...] = ()

    def add(self, *messages: BaseMessageParam | Turn) -> Conversation:
        """Return the conversation with messages added."""
        added = (one if isinstance(one, Turn) else Turn(message=one.model_copy(deep=True)) for one in messages)
        return Conversation((*self.turns, *added))

    def system(self, *content: Content) -> Conversation:
        """Return the conversation with a system message added; it is sent first to a provider that requires that."""
        return self.add(Messages.System(*content))

    def user(self, *content: Content) -> Conversation:
        """Return the conversation with a user message added."""
        return self.add(Messages.User(*content))

    def assistant(self, *content: Content) -> Conversation:
        """Return the conversation with an assistant message added."""
        return self.add(Messages.Assistant(*content))

    def tool(self, *results: ToolResultPart) -> Conversation:
        """Return the conversation with tool results added."""
        return self.add(Messages.Tool(*results))

    def fork(self, length: int | None = None) -> Conversation:
        """Return a conversation of the first `length` messages, or of all of them."""
        return Conversation(self.turns[:length])

    def repair(self, *, answer: str | None = "This tool was not run.") -> Conversation:
        """Return the conversation without the gaps that cutting it left between tool calls and their results.

        A result without its call is removed. A call without a result is given `answer` as its error; with
        `answer=None` the call is removed, and its message loses the provider's own form.
        """
        orphans = find_orphans([turn.message for turn in self.turns])
        dropped = [part for _, part in (*orphans.results, *(orphans.calls if answer is None else ()))]
        turns: list[Turn] = []
        missing: list[ToolResultPart] = []
        for number, turn in enumerate(self.turns):
            if (kept := _without(turn, dropped)) is None:
                continue
            if missing and kept.message.role == "tool":
                kept, missing = _with_results(missing, kept), []
            elif missing:
                turns, missing = [*turns, _with_results(missing)], []
            turns.append(kept)
            if answer is not None:
                calls = [call for of, call in orphans.calls if of == number]
                missing += [ToolResultPart(name=one.name, content=answer, id=one.id, is_error=True) for one in calls]
        return Conversation((*turns, *([_with_results(missing)] if missing else ())))

    @property
    def messages(self) -> list[BaseMessageParam]:
        """Copies of the messages."""
        return [turn.message.model_copy(deep=True) for turn in self.turns]

    def __len__(self) -> int:
        return len(self.turns)

    def __iter__(self) -> Iterator[BaseMessageParam]:
        return iter(self.messages)

    def sent_to(self, origin: str) -> list[Any]:
        """Return the messages to send for an origin: those of that origin in its own format, others in the common form.

        Messages from other providers are sent without thinking, and with tool call ids that every provider accepts.
        Raises `PromptError`, which gives the name and id of the call, for a tool call without a result and a result
        without its call: see `repair`.
        """
        check_pairs([turn.message for turn in self.turns])
        ids = CallIds(_ANY_CALLS)
        sent: list[Any] = []
        for turn in self.turns:
            if turn.origin == origin and turn.native:
                ids.passed(turn.message)
                sent += turn.native
            elif turn.message.content:
                message = turn.message.model_copy(deep=True)
                sent.append(ids.adapted(message, foreign=turn.origin not in (None, origin)))
        return sent

    def to_provider(self, target: HasProvider) -> dict[str, Any]:
        """Return the keyword arguments of the SDK's call that hold the messages: `messages`, `system` and the like.

        `target` is a provider's `call`, or a model. Raises `PromptError` for a part that the provider cannot take.
        """
        provider, model, _ = target.provider.resolve(str(getattr(target, "name", "model")), None, OVERRIDES.get())
        full, empty = (
            provider.encode(Request(provider=provider.name, model=model, messages=provider.accepted(messages)))
            for messages in (self.sent_to(provider.origin(model)), [])
        )
        return {key: value for key, value in full.items() if key == "messages" or value != empty.get(key)}

    @classmethod
    def from_provider(cls, target: HasProvider, messages: Sequence[Any], **others: Any) -> Self:
        """Return a conversation from messages in a provider's own format; `others` are arguments such as `system`."""
        kind = target.provider.response_type
        return cls(tuple(Turn(message=one) for one in read_native(kind, messages, others)))

    def to_json(self) -> str:
        """Return the conversation as JSON, with bytes in base64."""
        return _TURNS.dump_json(self.turns).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a conversation from the JSON of `to_json` or of a file that `save` wrote.

        Raises `StoreError` if a later version of the library wrote it.
        """
        return cls(_turns_of(text, "the conversation"))

    def save(self, path: str | Path) -> None:
        """Write the conversation to a file, as JSON in UTF-8 with its schema version."""
        Path(path).write_text(f'{{"{VERSION_KEY}":{TURNS_VERSION},"turns":{self.to_json()}}}', "utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a conversation from a file. Raises `StoreError` if a later version of the library wrote it."""
        return cls(_turns_of(Path(path).read_text("utf-8"), f"the file {str(path)!r}"))


class _Saved(BaseModel):
    """A conversation file. Files from before schema versions contain only the list of turns."""

    model_config: ClassVar[ConfigDict] = ConfigDict(defer_build=True)

    schema_version: int
    turns: tuple[Turn, ...]


_TURNS: TypeAdapter[tuple[Turn, ...]] = TypeAdapter(tuple[Turn, ...])


def _turns_of(text: str | bytes, what: str) -> tuple[Turn, ...]:
    if text.lstrip()[:1] not in ("{", b"{"):
        return _TURNS.validate_json(text)
    with suppress(ValueError):  # pydantic reports text that is not JSON
        check_schema_version(json.loads(text).get(VERSION_KEY), TURNS_VERSION, what)
    return _Saved.model_validate_json(text).turns


def _without(turn: Turn, dropped: Sequence[object]) -> Turn | None:
    """Return a turn without some of its parts; None if nothing is left."""
    content = turn.message.content
    if isinstance(content, str) or not any(part is one for part in content for one in dropped):
        return turn
    kept = [part for part in content if not any(part is one for one in dropped)]
    message = BaseMessageParam(role=turn.message.role, content=kept)
    return Turn(message=message, origin=turn.origin, partial=turn.partial) if kept else None


def _with_results(missing: Sequence[ToolResultPart], turn: Turn | None = None) -> Turn:
    """Return a turn with tool results: those of `turn`, if given, then the `missing` ones."""
    before = turn.message.content if turn is not None and not isinstance(turn.message.content, str) else ()
    message = BaseMessageParam(role="tool", content=[*before, *missing])
    return Turn(message=message, origin=turn.origin if turn is not None else None)


def read_native(kind: Any, messages: Sequence[Any], others: Mapping[str, Any]) -> list[BaseMessageParam]:
    """Convert messages in a provider's own format to the common form.

    `kind` is the provider's response class. `others` are further arguments of the SDK's call that hold messages, such
    as `system`.
    """
    holder = kind.model_construct(messages=list(messages), call_kwargs=dict(others))
    return cast("list[BaseMessageParam]", holder.common_messages)


def native_of(messages: Iterable[Any]) -> tuple[Any, ...]:
    """Return copies of a provider's messages if they can be stored as JSON, else an empty tuple."""
    try:
        return tuple(json.loads(json.dumps(list(messages))))
    except (TypeError, ValueError):
        return ()
