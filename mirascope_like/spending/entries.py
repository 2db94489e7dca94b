"""What a cache stores: a whole response, or the events of a stream. JSON; nothing of the request is in it."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from .cache_keys import KEY_VERSION


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored response."""

    raw: Any = None
    """The SDK's response object as JSON; None for a stream."""
    events: Sequence[bytes] | None = None
    """The events of a stream, as bytes; None for a whole response."""
    request_id: str | None = None
    """The provider's id of the request, which some SDKs keep outside of the body."""

    def encode(self) -> bytes:
        """Return the entry as bytes."""
        events = None if self.events is None else [_text(event) for event in self.events]
        found = {"version": KEY_VERSION, "raw": self.raw, "events": events, "request_id": self.request_id}
        return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")

    @classmethod
    def decode(cls, value: bytes) -> Self | None:
        """Return the entry in these bytes; None if it has another version, or cannot be read."""
        try:
            found = json.loads(value.decode("utf-8", "surrogatepass"))
            if found["version"] != KEY_VERSION:
                return None
            events = found["events"]
            bodies = None if events is None else [_bytes(event) for event in events]
            return cls(found["raw"], bodies, found["request_id"])
        except (ValueError, LookupError, TypeError):
            return None


def _text(event: bytes) -> Any:
    try:
        return event.decode()
    except UnicodeDecodeError:
        return [b64encode(event).decode()]


def _bytes(event: Any) -> bytes:
    return event.encode() if isinstance(event, str) else b64decode(event[0])


class Replay:
    """An open response that yields stored events, each by itself."""

    typed = False
    response = None

    def __init__(self, events: Sequence[bytes]) -> None:
        self._events = events

    def __iter__(self) -> Iterator[Sequence[bytes]]:
        for event in self._events:
            yield [event]

    def drain(self) -> None:
        """Do nothing: there is no connection."""

    def close(self) -> None:
        """Do nothing: there is no connection."""


class AsyncReplay:
    """Async version of `Replay`."""

    typed = False
    response = None

    def __init__(self, events: Sequence[bytes]) -> None:
        self._events = events

    async def __aiter__(self) -> AsyncIterator[Sequence[bytes]]:
        for event in self._events:
            yield [event]

    async def drain(self) -> None:
        """Do nothing: there is no connection."""

    async def close(self) -> None:
        """Do nothing: there is no connection."""
