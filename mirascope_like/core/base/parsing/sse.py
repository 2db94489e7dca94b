"""Splits the bytes of an HTTP response into server-sent events. Does no I/O and knows no provider.

Source: the event stream format of the HTML standard, section 9.2.6. Only the data of an event is kept: every provider
repeats the name of the event inside its data.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any, Self

import jiter
from pydantic_core import to_json

from .json_access import as_object
from .large_json import LARGE

MAX_EVENT_BYTES = 64 * 1024 * 1024
"""The maximum length of an event in bytes. A longer event is an error, so that an endless line cannot fill the
memory.
"""

_BOM = b"\xef\xbb\xbf"
"""The byte order mark, which may precede the first event."""

_DATA = re.compile(rb"data: ?")
_NAMED = re.compile(rb"^event: (?!error\n).*\ndata: (.*)\n\n", re.MULTILINE)
_ERROR_KEYS = ("message", "msg", "detail", "details", "errors", "error_message", "error_msg")
"""The keys with the text of an error in JSON that is not an event, in addition to "error"."""
_ERROR_LINE = re.compile(rb"^error: ?(.+)$", re.MULTILINE)
"""Matches an error under a field of its own, as older servers of llama.cpp send it."""
_ERROR = re.compile(rb"^event: ?error$", re.MULTILINE)


class EventTooLongError(ValueError):
    """An event is longer than `MAX_EVENT_BYTES`."""


class _LargeEvent:
    """An event of more than `LARGE` bytes that has one line of data, as far as it has arrived.

    `BytesIO` returns what was written to it without a copy.
    """

    __slots__ = ("_before", "data", "line_ended")

    def __init__(self, before: bytes, data: bytes) -> None:
        self._before = before
        self.data = BytesIO()
        self.data.write(data)
        self.line_ended = False
        """True if the line has ended, and the next line has not begun."""

    @classmethod
    def of(cls, block: bytes) -> Self | None:
        """Return the event that begins with these lines; None if the last one is not the only line of data."""
        begin = _DATA.match(block, block.rfind(b"\n") + 1)
        if begin is None or any(word in block[: begin.start()] for word in (b"data", b"error")):
            return None
        return cls(block[: begin.end()], block[begin.end() :])

    def parts(self) -> list[bytes]:
        """Return what has arrived, as it was sent."""
        return [self._before, self.data.getvalue(), b"\n" * self.line_ended]


class Events:
    """Splits buffers of any size into server-sent events; returns the data of each event as bytes."""

    __slots__ = ("_cr", "_held", "_large", "_parts", "_started")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._held = 0
        self._large: _LargeEvent | None = None
        self._cr = False
        self._started = False

    def feed(self, buffer: bytes) -> list[bytes]:
        """Return the data of the events that end in this buffer. The rest of the buffer is kept for the next call.

        Raises `EventTooLongError` for an event longer than `MAX_EVENT_BYTES`.
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
        if not buffer:
            return []
        if self._large is not None:
            return self._feed_large(self._large, buffer)
        if self._parts:
            # Joined only if an event ends here, so that lines without an empty line between them are copied once.
            if b"\n\n" not in buffer and not (buffer.startswith(b"\n") and self._parts[-1].endswith(b"\n")):
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
        found = (data for block in buffer.split(b"\n\n") if (data := self.data_of(block)) is not None)
        return [event for data in found for event in _separate(data)]

    def end(self) -> list[bytes]:
        """Return the data of a last event that has no empty line after it; an empty list if its JSON is incomplete."""
        if self._large is not None:
            self._parts, self._large = self._large.parts(), None
        block = b"".join(self._parts)
        self._parts.clear()
        data = self.data_of(block)
        return [event for event in _separate(data) if not _is_incomplete(event)] if data else []

    @staticmethod
    def data_of(block: bytes) -> bytes | None:
        """Return the data in the lines of one event; None if there is none.

        If a server sends an error as plain JSON instead of a stream, that JSON is the data.
        """
        # Comments and the fields event, id and retry are not used. Events with empty data are skipped: the standard
        # allows them, but no provider uses them.
        lines = [
            line[6:] if line.startswith(b"data: ") else line[5:]
            for line in block.split(b"\n")
            if line.startswith(b"data:") or line == b"data"
        ]
        data = b"\n".join(lines)
        if data and _ERROR.search(block):
            return _named_error(data)
        if not data and (line := _ERROR_LINE.search(block)) is not None:
            return _named_error(line[1])
        return data or (block if _is_bare_error(block) else None)

    def _hold(self, rest: bytes) -> None:
        before = self._held
        self._count(rest)
        self._parts.append(rest)
        if before <= LARGE < self._held and (large := _LargeEvent.of(b"".join(self._parts))) is not None:
            self._large = large
            self._parts.clear()

    def _count(self, added: bytes) -> None:
        self._held += len(added)
        if self._held > MAX_EVENT_BYTES:
            raise EventTooLongError(f"an event is longer than {MAX_EVENT_BYTES} bytes")

    def _feed_large(self, large: _LargeEvent, buffer: bytes) -> list[bytes]:
        if large.line_ended:
            large.line_ended, buffer = False, b"\n" + buffer
        end = buffer.find(b"\n")
        self._count(buffer)
        if end < 0:
            large.data.write(buffer)
            return []
        large.data.write(buffer[:end])
        if end == len(buffer) - 1:
            large.line_ended = True
            return []
        self._large = None
        if buffer.startswith(b"\n", end + 1):
            self._held = 0
            return [large.data.getvalue(), *self.feed(buffer[end + 2 :])]
        self._parts = large.parts()  # the event has another line: it is read like any other
        return self.feed(buffer[end:])

    def _newlines(self, buffer: bytes) -> bytes:
        # CR and CRLF become LF. A CRLF may be split between buffers, so a CR at the end of a buffer is recorded.
        if self._cr and buffer:
            self._cr = False
            buffer = buffer.removeprefix(b"\n")
        if buffer.endswith(b"\r"):
            self._cr = True
        return buffer.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _separate(data: bytes) -> list[bytes]:
    """Return the events in the data of one event: several if a server left out the empty lines between them.

    Each line is then a JSON object or `[DONE]`, so that together they are no JSON.
    """
    lines = data.split(b"\n")
    if len(lines) == 1 or not all(_is_whole(line) for line in lines):
        return [data]
    return lines


def _is_whole(line: bytes) -> bool:
    return line.strip() == b"[DONE]" or (line.startswith(b"{") and not _is_incomplete(line))


def _is_bare_error(block: bytes) -> bool:
    if not block.lstrip().startswith((b"{", b"[")):
        return False
    try:
        found: Any = jiter.from_json(block)
    except ValueError:
        return False
    fields = as_object(found[0] if isinstance(found, list) and found else found)
    texts = [fields.get(key) for key in _ERROR_KEYS]
    return bool(fields.get("error")) or any(one and isinstance(one, str | list) for one in texts)


def _named_error(data: bytes) -> bytes:
    """Return the data of an event named "error", with the error under the key `error`. So later code needs only the
    data to recognize it.
    """
    try:
        decoded: Any = jiter.from_json(data)
    except ValueError:
        decoded = data.decode(errors="replace")
    fields = as_object(decoded)
    if "error" in fields or fields.get("type") == "error":
        return data
    return to_json({"error": decoded})


def _is_incomplete(data: bytes) -> bool:
    # Every provider's data is JSON, except [DONE], which ends OpenAI's format.
    if data.strip() == b"[DONE]" or not data.startswith((b"{", b"[")):
        return False
    try:
        jiter.from_json(data)
    except ValueError:
        return True
    return False


def _usual(buffer: bytes) -> list[bytes] | None:
    """Return the data of complete events if all events have one of the two usual forms; None if any has another form.

    This avoids parsing events one by one: the number of line breaks shows that there are no other lines.
    """
    if buffer.startswith(b"data: "):
        events, lines = buffer[6:-2].split(b"\n\ndata: "), 2
    else:
        events, lines = _NAMED.findall(buffer), 3
    return events if buffer.count(b"\n") == lines * len(events) and all(events) else None
