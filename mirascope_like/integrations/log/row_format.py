"""How a row of a log is written as the columns of the table `calls`, and read from them."""

from __future__ import annotations

import json
from hashlib import blake2b
from sqlite3 import Connection
from typing import Any, cast

from pydantic_core import PydanticSerializationError, from_json, to_json

from .logged_call import Row
from .schema import BLOB, COLUMNS, JSON_FIELDS

INLINE = 256
"""The characters of JSON from which messages and settings are stored once, by their hash."""
LARGEST = 2**63
"""SQLite's integers are smaller. A larger number, such as a wrong count of tokens, is written as NULL."""
_WRITTEN = [name for name in COLUMNS if name != "id"]
_COLUMNS = [COLUMNS[name] for name in _WRITTEN]
INSERT = f"INSERT INTO calls ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"


def encoded(row: Row, database: Connection) -> list[Any]:
    """Return the values of a row for `INSERT`. Writes long messages to the table `blobs`."""
    row = {"kind": "call", "number": 0, "state": "done", "streamed": False, "datetime_utc": "", **row}
    return [None if (value := row.get(name)) is None else _encoded(name, value, database) for name in _WRITTEN]


def _encoded(name: str, value: Any, database: Connection) -> Any:
    if name == "messages":
        return f"[{','.join(_once(json_text(one), database) for one in value)}]"
    if name == "settings":
        return _once(json_text(value), database)
    if name in JSON_FIELDS:
        return json_text(value)
    if isinstance(value, str):
        return whole_characters(value)
    return value if not isinstance(value, int) or -LARGEST <= value < LARGEST else None


def _once(text: str, database: Connection) -> str:
    if len(text) < INLINE:
        return text
    found = blake2b(text.encode(), digest_size=16).hexdigest()
    database.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", (found, text))
    return f'{{"{BLOB}":"{found}"}}'


def json_text(value: Any) -> str:
    """Return a JSON value as text."""
    try:
        return to_json(value).decode()
    except (PydanticSerializationError, UnicodeEncodeError):  # half a character: a lone surrogate
        return json.dumps(value)


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
        found[name] = read_json(value) if name in JSON_FIELDS and value is not None else value
    found["messages"] = _with_blobs(found["messages"], database)
    settings = _with_blobs([found["settings"]], database)
    found["settings"] = settings[0] if settings is not None else None
    found["tags"] = found["tags"] or {}
    found["streamed"] = bool(found["streamed"])
    return found


def read_json(text: str | bytes) -> Any:
    """Return the value of JSON text. Raises `ValueError` for other text."""
    try:
        return from_json(text)
    except ValueError:
        return json.loads(text)  # it accepts half a character


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
        read_json(texts[hash]) if hash is not None and hash in texts else one
        for one, hash in zip(messages, hashes, strict=True)
    ]


def hash_of(message: Any) -> str | None:
    """Return the hash of a message that is stored in the table `blobs`; None for another message."""
    found = cast("dict[str, Any]", message) if isinstance(message, dict) else {}
    value = found.get(BLOB) if len(found) == 1 else None
    return value if isinstance(value, str) else None
