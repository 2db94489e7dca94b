"""Amazon's event stream encoding: binary messages with headers and a payload.

Source: the format of `vnd.amazon.eventstream` in Amazon's documentation of Transcribe's streams.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from zlib import crc32

_TEXT = b"\x07"
"""The type of a header whose value is text."""


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Return one message."""
    head = b"".join(
        bytes([len(name)]) + name.encode() + _TEXT + struct.pack(">H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    whole = prelude + struct.pack(">I", crc32(prelude)) + head + payload
    return whole + struct.pack(">I", crc32(whole))


def unframed(data: bytes) -> list[tuple[dict[str, str], bytes]] | None:
    """Return the headers and payloads of whole messages; None if `data` is something else, or `frame` would not make
    the same bytes of them.
    """
    found: list[tuple[dict[str, str], bytes]] = []
    at = 0
    while at < len(data):
        if len(data) - at < 16:
            return None
        size, head = struct.unpack_from(">II", data, at)
        if size < 16 + head or size > len(data) - at:
            return None
        headers = _headers(data[at + 12 : at + 12 + head])
        if headers is None:
            return None
        found.append((headers, data[at + 12 + head : at + size - 4]))
        at += size
    return found if b"".join(frame(*one) for one in found) == data else None


def _headers(data: bytes) -> dict[str, str] | None:
    found: dict[str, str] = {}
    at = 0
    try:
        while at < len(data):
            name = data[at + 1 : at + 1 + data[at]].decode()
            at += 1 + data[at]
            if data[at : at + 1] != _TEXT:
                return None
            (size,) = struct.unpack_from(">H", data, at + 1)
            found[name] = data[at + 3 : at + 3 + size].decode()
            at += 3 + size
    except (UnicodeDecodeError, struct.error, IndexError):
        return None
    return found
