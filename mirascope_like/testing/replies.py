"""What the replies of a scripted model are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from pydantic import BaseModel
from pydantic_core import to_json

from .request import FakeRequest


@dataclass(frozen=True, slots=True)
class TextReply:
    """Text. `pieces` are those of a stream; None for a piece for each word."""

    text: str
    pieces: tuple[str, ...] | None = None
    gap: float = 0.0


@dataclass(frozen=True, slots=True)
class ThinkingReply(TextReply):
    """What the model thinks."""


@dataclass(frozen=True, slots=True)
class RefusalReply(TextReply):
    """The text with which the model refuses."""


@dataclass(frozen=True, slots=True)
class ToolReply:
    """A call of a tool. `arguments` is JSON text, which may be invalid. `pieces` are those of a stream; None for pieces
    that end with each colon and comma.
    """

    name: str
    arguments: str
    id: str | None = None
    pieces: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class AnswerReply:
    """A structured output."""

    value: Any


ReplyPart: TypeAlias = TextReply | ToolReply | AnswerReply
PartLike: TypeAlias = ReplyPart | BaseModel | str


@dataclass(frozen=True, slots=True)
class Reply:
    """One response of the model. `reply`, `cut` and every part make one."""

    parts: tuple[ReplyPart, ...]
    finish: str | None = None
    usage: tuple[int, int] | None = None
    cached: int | None = None
    model: str | None = None
    id: str | None = None
    gap: float = 0.0
    delay: float = 0.0
    cut: bool = False


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """A response with an error status."""

    status: int
    message: str
    code: str | None = None
    retry_after: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    times: int = 1
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class RawReply:
    """A response in the provider's own form."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Scripted: TypeAlias = Reply | ErrorReply | RawReply
ReplyLike: TypeAlias = Scripted | PartLike
Replying: TypeAlias = Callable[[FakeRequest], ReplyLike]
"""A function of the request that returns a reply."""


def text(*pieces: str, gap: float = 0.0) -> TextReply:
    """Return text. A stream has a piece for each argument, or for each word of a single one, and waits `gap` seconds
    between two pieces.
    """
    return TextReply("".join(pieces), pieces if len(pieces) > 1 else None, gap)


def thinking(*pieces: str, gap: float = 0.0) -> ThinkingReply:
    """Return what the model thinks before it answers. Pieces and gap are as in `text`.

    A format that does not show thinking (OpenAI's chat completions) leaves it out.
    """
    return ThinkingReply("".join(pieces), pieces if len(pieces) > 1 else None, gap)


def refusal(*pieces: str, gap: float = 0.0) -> RefusalReply:
    """Return the text with which the model refuses to answer: a refusal if the format has one (OpenAI's), otherwise
    text, which ends with the finish reason of a content filter if the provider has one.
    """
    return RefusalReply("".join(pieces), pieces if len(pieces) > 1 else None, gap)


def tool(name: str | Callable[..., Any], /, *arguments: Mapping[str, Any] | str, **given: Any) -> ToolReply:
    """Return a tool call: `tool("add", a=1)`, or `tool(add, a=1)` for a function or tool class.

    `arguments` is a mapping, for arguments whose names are no identifiers, or JSON text, which may be invalid. Several
    texts are the pieces of a stream. Raises `TypeError` for other values.
    """
    name = name if isinstance(name, str) else _tool_name(name)
    texts = tuple(one for one in arguments if isinstance(one, str))
    mappings = [one for one in arguments if isinstance(one, Mapping)]
    if len(texts) + len(mappings) < len(arguments) or (texts and (mappings or given)):
        raise TypeError(
            f"tool({name!r}) accepts arguments as JSON text, or as a mapping and by name, not {arguments!r}"
        )
    if texts:
        return ToolReply(name, "".join(texts), pieces=texts if len(texts) > 1 else None)
    named = {key: value for one in mappings for key, value in one.items()}
    return ToolReply(name, to_json({**named, **given}).decode())


def _tool_name(function: Any) -> str:
    named = getattr(function, "_name", None) if isinstance(function, type) else None
    return str(named() if callable(named) else function.__name__)


def answer(value: Any) -> AnswerReply:
    """Return a structured output, for values that are no Pydantic models: `answer(["a", "b"])` for a
    `response_model=list[str]`.

    It is sent as the request asks for it: a tool call, or JSON text. A plain value is wrapped in the object that the
    requested schema names. A value may be invalid for the schema, to test how the program handles that.
    """
    return AnswerReply(value)


def reply(
    *parts: PartLike,
    finish: str | None = None,
    usage: tuple[int, int] | None = None,
    cached: int | None = None,
    model: str | None = None,
    id: str | None = None,
    gap: float = 0.0,
    delay: float = 0.0,
) -> Reply:
    """Return one response of several parts: `reply("I will add.", tool("add", a=1), tool("add", a=2))`.

    `finish` is a common finish reason ("stop", "length", "tool_calls", "content_filter") or one of the provider's own.
    `usage` are the tokens (input, output), by default the numbers of words; `cached` is how many of the input tokens
    were read from a cache. `model` and `id` are those that the response names. `gap` is the time in seconds between two
    pieces of a stream, and `delay` the time before the response begins.
    """
    return Reply(tuple(map(part_of, parts)), finish, usage, cached, model, id, gap, delay)


def cut(*parts: PartLike, gap: float = 0.0, delay: float = 0.0) -> Reply:
    """Return a response whose connection is lost: after these parts, or before the response if there are none."""
    return Reply(tuple(map(part_of, parts)), gap=gap, delay=delay, cut=True)


def error(
    status: int,
    message: str = "scripted error",
    *,
    code: str | None = None,
    retry_after: float | None = None,
    headers: Mapping[str, str] | None = None,
    times: int = 1,
    delay: float = 0.0,
) -> ErrorReply:
    """Return an error of the provider with this HTTP status, in the provider's format.

    An SDK repeats a request after some errors (408, 409, 429, 5xx), and each repetition takes the next reply:
    `error(429, times=3)` exhausts the two retries of OpenAI's SDK. `retry_after` is the header of that name in seconds.
    Without it, SDKs that read `retry-after-ms` are asked to wait for a millisecond only. `code` is the provider's own
    code or type of the error.
    """
    return ErrorReply(status, message, code, retry_after, dict(headers or {}), times, delay)


def raw(body: Any, status: int = 200, *, headers: Mapping[str, str] | None = None) -> RawReply:
    """Return a response in the provider's own form: `bytes`, text, or a value that is sent as JSON."""
    own = {"content-type": "text/event-stream" if isinstance(body, bytes) else "application/json"}
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else to_json(body)
    return RawReply(content, status, {**own, **(headers or {})})


def part_of(part: PartLike) -> ReplyPart:
    """Return a part of a response."""
    if isinstance(part, str):
        return TextReply(part)
    if isinstance(part, TextReply | ToolReply | AnswerReply):
        return part
    if isinstance(cast("Any", part), BaseModel):
        return AnswerReply(part)
    raise TypeError(f"{part!r} is not a part of a reply: give a text, tool(...), a Pydantic model or answer(value)")


def reply_of(given: Any) -> Scripted:
    """Return a reply for what `fake` was given.

    Raises `TypeError` if it is not a reply.
    """
    if isinstance(given, Reply | ErrorReply | RawReply):
        return given
    if isinstance(given, TextReply | ToolReply | AnswerReply | BaseModel | str):
        return Reply((part_of(given),))
    raise TypeError(
        f"{given!r} is not a reply: give a text, tool(...), a Pydantic model, answer(value), reply(...), error(...), "
        "cut(...), raw(...) or a function of the request"
    )


def shown(given: Any) -> str:
    """Return a reply as errors show it."""
    if isinstance(given, Reply):
        parts = ", ".join(map(shown, given.parts))
        return f"cut({parts})" if given.cut else parts if len(given.parts) == 1 else f"reply({parts})"
    if isinstance(given, TextReply):
        return _short(repr(given.text))
    if isinstance(given, ToolReply):
        return _short(f"tool({given.name!r}, {given.arguments})")
    if isinstance(given, AnswerReply):
        return _short(repr(given.value))
    if isinstance(given, ErrorReply):
        return f"error({given.status})"
    return _short(repr(given))


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
