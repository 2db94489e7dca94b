"""Conversations: immutable lists of messages in the common form. Sends nothing.

Every method that adds messages returns a new conversation. A message that a model wrote is also kept in the format of
its provider: requests to the same provider send it in that format, and requests to other providers send the common
form.
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
"""The schema version of turns in files and stores. Increase it whenever a change of `Turn`, of messages or of parts
would make older versions of the library misread them.
"""


_ANY_CALLS = CallForm(ids=re.compile("(?s).*"), names=re.compile("(?s).*"), required=False)
"""Accepts every id and name of a tool call. The provider that the messages are sent to adapts ids and names itself."""


class Turn(BaseModel):
    """One message of a conversation, with the provider format it came from."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64"
    )

    message: BaseMessageParam
    """The message in the common form."""
    native: tuple[Any, ...] = ()
    """The message in its provider's format, if that can be stored as JSON; else empty. Some providers use several
    messages for it.
    """
    origin: str | None = None
    """The name of the provider format of `native`, such as "openai" or "openai.responses". None for a message that
    no provider returned.
    """
    partial: bool = False
    """True if the message is the received part of an interrupted or closed response."""


class HasProvider(Protocol):
    """An object with a `provider`: the `call` of a provider, or a model."""

    @property
    def provider(self) -> Provider[Any, Any, Any]:
        """The provider that receives the requests."""
        ...


@dataclass(frozen=True)
class Conversation:
    """An immutable list of messages. Every method that adds messages returns a new conversation.

    Reading a conversation from invalid data raises pydantic's `ValidationError`.
    """

    turns: tuple[Turn, ...] = ()

    def add(self, *messages: BaseMessageParam | Turn) -> Conversation:
        """Return a new conversation with the messages added at its end."""
        added = (one if isinstance(one, Turn) else Turn(message=one.model_copy(deep=True)) for one in messages)
        return Conversation((*self.turns, *added))

    def system(self, *content: Content) -> Conversation:
        """Return a new conversation with a system message added at its end. For providers that accept system
        messages only at the beginning, it is moved there when it is sent.
        """
        return self.add(Messages.System(*content))

    def user(self, *content: Content) -> Conversation:
        """Return a new conversation with a user message added at its end."""
        return self.add(Messages.User(*content))

    def assistant(self, *content: Content) -> Conversation:
        """Return a new conversation with an assistant message added at its end."""
        return self.add(Messages.Assistant(*content))

    def tool(self, *results: ToolResultPart) -> Conversation:
        """Return a new conversation with a message of tool results added at its end."""
        return self.add(Messages.Tool(*results))

    def fork(self, length: int | None = None) -> Conversation:
        """Return a new conversation with the first `length` messages; without `length`, with all of them."""
        return Conversation(self.turns[:length])

    def repair(self, *, answer: str | None = "This tool was not run.") -> Conversation:
        """Return a new conversation in which every tool call has a result and every tool result has a call.

        Use it after you cut a conversation. A result without its call is removed. A call without a result gets an error
        result with the text `answer`; with `answer=None`, the call is removed instead, and its message is kept in the
        common form only.
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
        """A copy of each message, in order."""
        return [turn.message.model_copy(deep=True) for turn in self.turns]

    def __len__(self) -> int:
        return len(self.turns)

    def __iter__(self) -> Iterator[BaseMessageParam]:
        return iter(self.messages)

    def sent_to(self, origin: str) -> list[Any]:
        """Return the messages in the form in which a provider receives them. `origin` is the name of that provider's
        format.

        Messages of that origin are in its own format, all others in the common form. Messages of other providers are
        sent without thinking and with new tool call ids that every provider accepts.

        Raises `PromptError` for a tool call without a result, and for a result without its call; the message has the
        tool's name and id, and `repair` corrects it.
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
        """Return the keyword arguments of the SDK's method that hold the messages, such as `messages` and `system`.

        `target` is a provider's `call`, or a model. Raises `PromptError` for a part that the provider does not accept.
        """
        provider, model, _ = target.provider.resolve(str(getattr(target, "name", "model")), None, OVERRIDES.get())
        full, empty = (
            provider.encode(Request(provider=provider.name, model=model, messages=provider.accepted(messages)))
            for messages in (self.sent_to(provider.origin(model)), [])
        )
        return {key: value for key, value in full.items() if key == "messages" or value != empty.get(key)}

    @classmethod
    def from_provider(cls, target: HasProvider, messages: Sequence[Any], **others: Any) -> Self:
        """Return a conversation made from messages in a provider's own format. `others` are further arguments of the
        SDK's method that hold messages, such as `system`.
        """
        kind = target.provider.response_type
        return cls(tuple(Turn(message=one) for one in read_native(kind, messages, others)))

    def to_json(self) -> str:
        """Return the turns as JSON text; bytes are base64."""
        return _TURNS.dump_json(self.turns).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return the conversation in a JSON text that `to_json` or `save` wrote.

        Raises `StoreError` if a later version of the library wrote the text.
        """
        return cls(_turns_of(text, "the conversation"))

    def save(self, path: str | Path) -> None:
        """Write the conversation and its schema version to a file, as JSON in UTF-8."""
        Path(path).write_text(f'{{"{VERSION_KEY}":{TURNS_VERSION},"turns":{self.to_json()}}}', "utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the conversation in a file that `save` wrote. Raises `StoreError` if a later version of the library
        wrote the file.
        """
        return cls(_turns_of(Path(path).read_text("utf-8"), f"the file {str(path)!r}"))


class _Saved(BaseModel):
    """The content of a conversation file. A file without a schema version (written by an early release) is only the
    list of turns.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(defer_build=True)

    schema_version: int
    turns: tuple[Turn, ...]


_TURNS: TypeAdapter[tuple[Turn, ...]] = TypeAdapter(tuple[Turn, ...])


def _turns_of(text: str | bytes, what: str) -> tuple[Turn, ...]:
    if text.lstrip()[:1] not in ("{", b"{"):
        return _TURNS.validate_json(text)
    with suppress(ValueError):  # pydantic raises the error for text that is not JSON
        check_schema_version(json.loads(text).get(VERSION_KEY), TURNS_VERSION, what)
    return _Saved.model_validate_json(text).turns


def _without(turn: Turn, dropped: Sequence[object]) -> Turn | None:
    """Return a turn without the parts in `dropped`; None if no part is left."""
    content = turn.message.content
    if isinstance(content, str) or not any(part is one for part in content for one in dropped):
        return turn
    kept = [part for part in content if not any(part is one for one in dropped)]
    message = BaseMessageParam(role=turn.message.role, content=kept)
    return Turn(message=message, origin=turn.origin, partial=turn.partial) if kept else None


def _with_results(missing: Sequence[ToolResultPart], turn: Turn | None = None) -> Turn:
    """Return a turn with tool results: the results of `turn`, if given, followed by the results in `missing`."""
    before = turn.message.content if turn is not None and not isinstance(turn.message.content, str) else ()
    message = BaseMessageParam(role="tool", content=[*before, *missing])
    return Turn(message=message, origin=turn.origin if turn is not None else None)


def read_native(kind: Any, messages: Sequence[Any], others: Mapping[str, Any]) -> list[BaseMessageParam]:
    """Convert messages in a provider's own format to the common form.

    `kind` is the provider's response class. `others` are further arguments of the SDK's method that hold messages, such
    as `system`.
    """
    holder = kind.model_construct(messages=list(messages), call_kwargs=dict(others))
    return cast("list[BaseMessageParam]", holder.common_messages)


def native_of(messages: Iterable[Any]) -> tuple[Any, ...]:
    """Return copies of messages in a provider's format; an empty tuple if they cannot be stored as JSON."""
    try:
        return tuple(json.loads(json.dumps(list(messages))))
    except (TypeError, ValueError):
        return ()
