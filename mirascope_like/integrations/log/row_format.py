"""How a row of a log is written as the columns of the table `calls`, and read from them."""

from __future__ import annotations

from hashlib import blake2b
from sqlite3 import Connection
from typing import Any, cast

from ...core.base.response import from_json_bytes, json_bytes
from .logged_call import Row
from .schema import BLOB, COLUMNS, JSON_FIELDS

INLINE = 256
"""The bytes of JSON from which messages and settings are stored once, by their hash."""
_NOT_JSON = (b"NaN", b"Infinity")
"""Numbers that SQLite may not read as JSON. Messages and settings with them are stored by their hash too, so that SQL
can read the columns.
"""
LARGEST = 2**63
"""SQLite's integers are smaller. A larger number, such as a wrong count of tokens, is written as NULL."""
_WRITTEN = [name for name in COLUMNS if name != "id"]
_COLUMNS = [COLUMNS[name] for name in _WRITTEN]
INSERT = f"INSERT INTO calls ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"


def plain(row: Row) -> Row:
    """Return a row with plain JSON values, for one whose `JSON_FIELDS` are JSON as bytes; `messages` is then a list of
    these.
    """
    found = {
        name: from_json_bytes(value) if name in JSON_FIELDS and isinstance(value, bytes) else value
        for name, value in row.items()
    }
    if (messages := row.get("messages")) is not None:
        found["messages"] = [from_json_bytes(one) for one in messages]
    return found


def in_json(row: Row) -> Row:
    """Return a row with JSON as bytes, as `plain` reads it, for one with plain JSON values."""
    found = {
        name: value if value is None or name not in JSON_FIELDS else json_bytes(value) for name, value in row.items()
    }
    if (messages := row.get("messages")) is not None:
        found["messages"] = [json_bytes(one) for one in messages]
    return {"kind": "call", "number": 0, "state": "done", "streamed": False, "datetime_utc": "", **found}


def insert(row: Row, database: Connection) -> None:
    """Write a row with JSON as bytes. Long messages are written to the table `blobs`."""
    messages, settings = row.get("messages"), row.get("settings")
    if messages is not None:
        row["messages"] = b"[%b]" % b",".join([_once(one, database) for one in messages])
    if settings is not None:
        row["settings"] = _once(settings, database)
    get = row.get
    values = [value.decode() if isinstance(value := get(name), bytes) else value for name in _WRITTEN]
    try:
        database.execute(INSERT, values)
    except (UnicodeEncodeError, OverflowError):
        database.execute(INSERT, [_accepted(value) for value in values])


def _accepted(value: Any) -> Any:
    if isinstance(value, str):
        return whole_characters(value)
    return value if not isinstance(value, int) or -LARGEST <= value < LARGEST else None


def _once(text: bytes, database: Connection) -> bytes:
    if len(text) < INLINE and not any(word in text for word in _NOT_JSON):
        return text
    found = blake2b(text, digest_size=16).hexdigest()
    database.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", (found, text.decode()))
    return f'{{"{BLOB}":"{found}"}}'.encode()


def json_text(value: Any) -> str:
    """Return a JSON value as text."""
    return json_bytes(value).decode()


def whole_characters(text: str) -> str:
    """Return a text in which halves of characters, which SQLite cannot hold, are replaced by "?"."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def decoded(row: Row, database: Connection) -> Row:
    """Return the row for the columns of the table `calls`, with the messages that are in the table `blobs`."""
    found: Row = {}
    for name, column in COLUMNS.items():
        value = row.get(column)
        found[name] = from_json_bytes(value) if name in JSON_FIELDS and value is not None else value
    found["messages"] = _with_blobs(found["messages"], database)
    settings = _with_blobs([found["settings"]], database)
    found["settings"] = settings[0] if settings is not None else None
    found["tags"] = found["tags"] or {}
    found["streamed"] = bool(found["streamed"])
    return found


def _with_blobs(messages: list[Any] | None, database: Connection) -> list[Any] | None:
    hashes = [hash_of(one) for one in messages or ()]
    if messages is None or not any(hashes):
        return messages
    wanted = list({one for one in hashes if one is not None})
    texts: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        query = f"SELECT hash, json FROM blobs WHERE hash IN ({', '.join('?' * len(part))})"
        texts.update(database.execute(query, part).fetchall())
    return [
        from_json_bytes(texts[hash]) if hash is not None and hash in texts else one
        for one, hash in zip(messages, hashes, strict=True)
    ]


def hash_of(message: Any) -> str | None:
    """Return the hash of a message that is stored in the table `blobs`; None for another message."""
    found = cast("dict[str, Any]", message) if isinstance(message, dict) else {}
    value = found.get(BLOB) if len(found) == 1 else None
    return value if isinstance(value, str) else None
