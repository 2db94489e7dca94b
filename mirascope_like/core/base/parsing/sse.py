"""Server-sent events, cut from the bytes of a response as they come. Does no I/O and knows no provider.

Source: the event stream format of the HTML standard, section 9.2.6. Only the data of events is kept: every provider
repeats an event's name inside its data.
"""

from __future__ import annotations

import re
from typing import Any

import jiter
from pydantic_core import to_json

from .json_access import as_object

MAX_EVENT_BYTES = 64 * 1024 * 1024
"""An event longer than this is taken for garbage, so that an endless line cannot fill the memory."""

_BOM = b"\xef\xbb\xbf"
"""The mark of the byte order, which may stand before the first event."""

_NAMED = re.compile(rb"^event: (?!error\n).*\ndata: (.*)\n\n", re.MULTILINE)
_ERROR = re.compile(rb"^event: ?error$", re.MULTILINE)


class EventTooLongError(ValueError):
    """An event grew past `MAX_EVENT_BYTES`."""


class Events:
    """Cuts events from buffers, however these are cut themselves; gives each event's data as bytes."""

    __slots__ = ("_cr", "_held", "_parts", "_started")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._held = 0
        self._cr = False
        self._started = False

    def feed(self, buffer: bytes) -> list[bytes]:
        """Return the data of the events that this buffer completes.

        Raises `EventTooLongError` when an event is too long to be one.
        """
        if self._cr or b"\r" in buffer:
            buffer = self._newlines(buffer)
        if not self._started:
            buffer = b"".join([*self._parts, buffer])
            if _BOM.startswith(buffer):
                self._parts = [buffer]
                return []
            self._parts = []
            self._started = True
            buffer = buffer.removeprefix(_BOM)
        if self._parts:
            if b"\n" not in buffer:
                self._hold(buffer)
                return []
            buffer = b"".join([*self._parts, buffer])
            self._parts.clear()
            self._held = 0
        end = buffer.rfind(b"\n\n") + 2
        if end == 1:
            self._hold(buffer)
            return []
        if end < len(buffer):
            self._hold(buffer[end:])
            buffer = buffer[:end]
        if (events := _usual(buffer)) is not None:
            return events
        return [data for block in buffer.split(b"\n\n") if (data := self.data_of(block)) is not None]

    def end(self) -> list[bytes]:
        """Return the data of a last event that no empty line follows; nothing of one that is broken off itself."""
        block = b"".join(self._parts)
        self._parts.clear()
        data = self.data_of(block)
        return [data] if data and not _broken_off(data) else []

    @staticmethod
    def data_of(block: bytes) -> bytes | None:
        """Return the data of the lines between two empty ones, or None where they carry none.

        An error that stands there as bare JSON, as in place of a stream, is data too.
        """
        # Comments and the fields event, id and retry carry nothing that is used here; nor does an event of empty data,
        # which the standard gives and no provider means.
        lines = [
            line[6:] if line.startswith(b"data: ") else line[5:]
            for line in block.split(b"\n")
            if line.startswith(b"data:") or line == b"data"
        ]
        data = b"\n".join(lines)
        if data and _ERROR.search(block):
            return _named_error(data)
        return data or (block if _tells_error(block) else None)

    def _hold(self, rest: bytes) -> None:
        self._held += len(rest)
        if self._held > MAX_EVENT_BYTES:
            raise EventTooLongError(f"an event of more than {MAX_EVENT_BYTES} bytes")
        self._parts.append(rest)

    def _newlines(self, buffer: bytes) -> bytes:
        # CR and CRLF become LF; a CRLF may be cut in two, so a CR at the end of a buffer is remembered.
        if self._cr and buffer:
            self._cr = False
            buffer = buffer.removeprefix(b"\n")
        if buffer.endswith(b"\r"):
            self._cr = True
        return buffer.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _tells_error(block: bytes) -> bool:
    if not block.lstrip().startswith(b"{"):
        return False
    try:
        return bool(jiter.from_json(block).get("error"))
    except ValueError:
        return False


def _named_error(data: bytes) -> bytes:
    """Return the data of an event named "error", so that it says by itself that it is one."""
    try:
        told: Any = jiter.from_json(data)
    except ValueError:
        told = data.decode(errors="replace")
    fields = as_object(told)
    if "error" in fields or fields.get("type") == "error":
        return data
    return to_json({"error": told})


def _broken_off(data: bytes) -> bool:
    # Every provider's data is JSON, but for the word that OpenAI's format ends with.
    if data.strip() == b"[DONE]" or not data.startswith((b"{", b"[")):
        return False
    try:
        jiter.from_json(data)
    except ValueError:
        return True
    return False


def _usual(buffer: bytes) -> list[bytes] | None:
    """Return the data of whole events, all written in one of the two usual ways; None where any is not.

    Counting the ends of lines shows that there are no others, so that no event has to be looked at by itself.
    """
    if buffer.startswith(b"data: "):
        events, lines = buffer[6:-2].split(b"\n\ndata: "), 2
    else:
        events, lines = _NAMED.findall(buffer), 3
    return events if buffer.count(b"\n") == lines * len(events) and all(events) else None
