"""A conversation as data: messages in their order, in no provider's words. Sends nothing.

A conversation never changes: what adds to one gives a new one, so that a fork is just a name for it. A message of a
model is also kept in its provider's own form, for that provider alone; others are told it in neutral words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, cast

from pydantic import BaseModel, ConfigDict, TypeAdapter

from ..messages import BaseMessageParam, CallIds, Content, Messages, ToolResultPart
from ..parsing import VERSION_KEY, check_schema_version
from ..provider import Provider
from ..request import OVERRIDES, Request

TURNS_VERSION = 1
"""The schema version of turns in files and stores. Count it up with every change of `Turn`, messages or parts that
makes an older reader misread or refuse them."""


class Turn(BaseModel):
    """A message of a conversation, and where it comes from."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64"
    )

    message: BaseMessageParam
    """The message in no provider's words."""
    native: tuple[Any, ...] = ()
    """The message in the form of its origin, where that is JSON; it may be several there."""
    origin: str | None = None
    """Whose form that is: the provider that it came from, such as "openai", or one of its forms, "openai.responses"."""
    partial: bool = False
    """Whether it was broken off."""


class HasProvider(Protocol):
    """Something that calls a provider: a provider's `call`, or a model."""

    @property
    def provider(self) -> Provider[Any, Any, Any]:
        """The provider that is called."""
        ...


@dataclass(frozen=True)
class Conversation:
    """Messages in their order. Every method that adds gives a new conversation and leaves this one as it is.

    Raises pydantic's `ValidationError` where it is read from something that is none.
    """

    turns: tuple[Turn, ...] = ()

    def add(self, *messages: BaseMessageParam | Turn) -> Conversation:
        """Return the conversation with messages added."""
        added = (one if isinstance(one, Turn) else Turn(message=one.model_copy(deep=True)) for one in messages)
        return Conversation((*self.turns, *added))

    def system(self, *content: Content) -> Conversation:
        """Return the conversation with a system message added; a provider that wants it first is given it first."""
        return self.add(Messages.System(*content))

    def user(self, *content: Content) -> Conversation:
        """Return the conversation with a message of the user added."""
        return self.add(Messages.User(*content))

    def assistant(self, *content: Content) -> Conversation:
        """Return the conversation with a message of the model added."""
        return self.add(Messages.Assistant(*content))

    def tool(self, *results: ToolResultPart) -> Conversation:
        """Return the conversation with the results of tools added."""
        return self.add(Messages.Tool(*results))

    def fork(self, length: int | None = None) -> Conversation:
        """Return the first `length` messages as a conversation; all of them without it."""
        return Conversation(self.turns[:length])

    @property
    def messages(self) -> list[BaseMessageParam]:
        """The messages, copied."""
        return [turn.message.model_copy(deep=True) for turn in self.turns]

    def __len__(self) -> int:
        return len(self.turns)

    def __iter__(self) -> Iterator[BaseMessageParam]:
        return iter(self.messages)

    def sent_to(self, origin: str) -> list[Any]:
        """Return the messages as a provider is sent them: its own in its own form, others in neutral words.

        Others come without thinking, and with ids of tool calls that every provider takes.
        """
        ids = CallIds()
        sent: list[Any] = []
        for turn in self.turns:
            if turn.origin == origin and turn.native:
                sent += turn.native
            elif turn.message.content:
                foreign = turn.origin not in (None, origin)
                sent.append(ids.adapted(turn.message) if foreign else turn.message.model_copy(deep=True))
        return sent

    def to_provider(self, target: HasProvider) -> dict[str, Any]:
        """Return the arguments of the SDK's own call that hold the messages: `messages`, `system` and the like.

        `target` is a provider's `call`, or a model. Raises `PromptError` for a part that the provider cannot take.
        """
        provider, model, _ = target.provider.resolve(str(getattr(target, "name", "model")), None, OVERRIDES.get())
        full, empty = (
            provider.encode(provider.with_call_ids(Request(provider=provider.name, model=model, messages=messages)))
            for messages in (self.sent_to(provider.origin(model)), [])
        )
        return {key: value for key, value in full.items() if key == "messages" or value != empty.get(key)}

    @classmethod
    def from_provider(cls, target: HasProvider, messages: Sequence[Any], **others: Any) -> Self:
        """Return messages of a provider's own form as a conversation; `others` are arguments such as `system`."""
        kind = target.provider.response_type
        return cls(tuple(Turn(message=one) for one in read_native(kind, messages, others)))

    def to_json(self) -> str:
        """Return the conversation as JSON, bytes in base64."""
        return _TURNS.dump_json(self.turns).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a conversation from the JSON of `to_json` or of a file that `save` wrote.

        Raises `StoreError` if a later version of the library wrote it.
        """
        return cls(_turns_of(text, "the conversation"))

    def save(self, path: str | Path) -> None:
        """Write the conversation to a file, as JSON in UTF-8, with its schema version."""
        Path(path).write_text(f'{{"{VERSION_KEY}":{TURNS_VERSION},"turns":{self.to_json()}}}', "utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a conversation from a file. Raises `StoreError` if a later version of the library wrote it."""
        return cls(_turns_of(Path(path).read_text("utf-8"), f"the file {str(path)!r}"))


class _Saved(BaseModel):
    """A file of a conversation. Before there was a schema version, a file was the list of the turns alone."""

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


def read_native(kind: Any, messages: Sequence[Any], others: Mapping[str, Any]) -> list[BaseMessageParam]:
    """Return messages of a provider's own form in neutral words; its class of responses knows how."""
    holder = kind.model_construct(messages=list(messages), call_kwargs=dict(others))
    return cast("list[BaseMessageParam]", holder.common_messages)


def native_of(messages: Iterable[Any]) -> tuple[Any, ...]:
    """Return a provider's messages if they are JSON, copied; else none: only JSON can be kept."""
    try:
        return tuple(json.loads(json.dumps(list(messages))))
    except (TypeError, ValueError):
        return ()
