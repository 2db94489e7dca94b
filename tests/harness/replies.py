"""Scripted HTTP replies: what the loopback server sends, in which pieces, and where it breaks off."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any, Literal, Self

from tests.harness.recordings import Exchange


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds, or until the client is gone."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Stall:
    """Send no more and keep the connection open until the client (or the server) closes it."""


@dataclass(frozen=True, slots=True)
class CloseEarly:
    """Close the connection here, politely (FIN) but without the end of the body."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Reset the connection here (RST)."""


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """Wait until the test calls `open()`: a pause of exactly the right length."""

    opened: Event = field(default_factory=Event)

    def open(self) -> None:
        self.opened.set()


@dataclass(frozen=True, slots=True, eq=False)
class Do:
    """Call something, in a thread of its own, and wait for it."""

    action: Callable[[], object]


Step = Pause | Stall | CloseEarly | Reset | Gate | Do
Piece = bytes | Step
StreamEvent = Mapping[str, Any] | str | bytes | Step
"""An event of a stream: JSON, text for one `data:` line, bytes as they are, or a step between two events."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply. Each piece of bytes is a write and, in a chunked reply, an HTTP chunk of its own.

    `framing` says how the client learns where the body ends: by HTTP chunks, by a content length (of all
    bytes in `pieces`, sent or not), or by the end of the connection. `delay` comes before the status line.
    """

    pieces: tuple[Piece, ...] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    framing: Literal["chunked", "length", "close"] = "chunked"
    delay: float = 0.0

    @classmethod
    def from_exchange(cls, exchange: Exchange, *, cut: int | None = None) -> Self:
        """The recorded response: whole, or cut at random places drawn from the seed `cut`."""
        response = exchange.response
        headers = dict(response.headers)
        if "content-type" not in {name.lower() for name in headers}:
            streamed = exchange.stream and not exchange.is_error
            headers["content-type"] = "text/event-stream" if streamed else "application/json"
        whole = cls((response.body,), response.status, headers, "chunked" if exchange.stream else "length")
        return whole if cut is None else whole.cut(cut)

    @classmethod
    def json(cls, content: Any, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Self:
        """A whole answer."""
        body = json.dumps(content, ensure_ascii=False).encode(errors="backslashreplace")
        return cls((body,), status, {"content-type": "application/json", **(headers or {})}, "length")

    @classmethod
    def error(cls, status: int, message: str = "scripted error", *, type: str = "error", **headers: str) -> Self:
        """An error in the form OpenAI and Anthropic share; `retry_after="0"` is the header `retry-after`."""
        content = {"type": "error", "error": {"type": type, "message": message, "code": None, "param": None}}
        return cls.json(content, status, headers={name.replace("_", "-"): value for name, value in headers.items()})

    @classmethod
    def sse(cls, *events: StreamEvent, named: bool = False, headers: Mapping[str, str] | None = None) -> Self:
        """A stream of server-sent events, a piece each; `named` adds `event:` lines from each `type`."""
        pieces = tuple(_encode(event, named) for event in events)
        return cls(pieces, 200, {"content-type": "text/event-stream; charset=utf-8", **(headers or {})})

    @classmethod
    def chat(cls, *chunks: StreamEvent) -> Self:
        """A chat completions stream: the chunks, then `[DONE]`."""
        return cls.sse(*chunks, "[DONE]")

    @classmethod
    def messages(cls, *events: StreamEvent) -> Self:
        """An Anthropic messages stream: events under their own names."""
        return cls.sse(*events, named=True)

    @property
    def body(self) -> bytes:
        """All bytes of the body, whether the steps let them through or not."""
        return b"".join(piece for piece in self.pieces if isinstance(piece, bytes))

    def cut(self, seed: int, *, mean: int = 24) -> Self:
        """The same bytes in other pieces: cut at random places, `mean` bytes apart, drawn from `seed`."""
        generator = random.Random(seed)
        pieces: list[Piece] = []
        for piece in self.pieces:
            if isinstance(piece, bytes):
                pieces.extend(_cut(piece, generator, mean))
            else:
                pieces.append(piece)
        return replace(self, pieces=tuple(pieces))

    def by_event(self) -> Self:
        """The same bytes with every event (up to its blank line) in a piece of its own."""
        separator = b"\r\n\r\n" if b"\r\n\r\n" in self.body else b"\n\n"
        pieces: list[Piece] = []
        for piece in self.pieces:
            if isinstance(piece, bytes):
                events = piece.split(separator)
                pieces.extend(event + separator for event in events[:-1])
                pieces.extend(event for event in events[-1:] if event)
            else:
                pieces.append(piece)
        return replace(self, pieces=tuple(pieces))

    def truncate(self, size: int) -> Self:
        """Only the first `size` bytes of the body, ended in good order."""
        return replace(self, pieces=self._split(size)[0])

    def at(self, size: int, *steps: Step) -> Self:
        """The same reply with these steps after `size` bytes of the body: `at(100, Reset())`."""
        before, after = self._split(size)
        return replace(self, pieces=(*before, *steps, *after))

    def _split(self, size: int) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
        before: list[Piece] = []
        after: list[Piece] = []
        for piece in self.pieces:
            if size <= 0:
                after.append(piece)
            elif not isinstance(piece, bytes):
                before.append(piece)
            else:
                before.append(piece[:size])
                after.extend([rest] if (rest := piece[size:]) else [])
                size -= len(piece)
        return tuple(before), tuple(after)

    def insert(self, position: int, *pieces: Piece) -> Self:
        """The same reply with other pieces before piece number `position`."""
        return replace(self, pieces=(*self.pieces[:position], *pieces, *self.pieces[position:]))

    def then(self, *pieces: Piece) -> Self:
        """The same reply with more pieces at its end."""
        return replace(self, pieces=(*self.pieces, *pieces))

    def paced(self, seconds: float) -> Self:
        """The same reply with a pause before every piece of bytes."""
        pieces: list[Piece] = []
        for piece in self.pieces:
            pieces += [Pause(seconds), piece] if isinstance(piece, bytes) else [piece]
        return replace(self, pieces=tuple(pieces))

    def with_headers(self, **headers: str) -> Self:
        """The same reply with these headers (`content_type=` is `content-type`) on top of its own."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})


def _encode(event: StreamEvent, named: bool) -> Piece:
    if isinstance(event, bytes | Step):
        return event
    if isinstance(event, str):
        return f"data: {event}\n\n".encode()
    data = json.dumps(event, ensure_ascii=False)
    name = f"event: {event['type']}\n" if named else ""
    return f"{name}data: {data}\n\n".encode(errors="backslashreplace")


def _cut(data: bytes, generator: random.Random, mean: int) -> Iterator[bytes]:
    count = min(len(data) - 1, max(1, len(data) // mean)) if len(data) > 1 else 0
    places: Iterable[int] = sorted(generator.sample(range(1, len(data)), count))
    start = 0
    for place in (*places, len(data)):
        yield data[start:place]
        start = place
