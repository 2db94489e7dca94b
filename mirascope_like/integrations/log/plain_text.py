"""Text in messages of any format, and text without keys of providers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ...core.base.parsing import as_object, is_list, is_mapping
from ...core.base.response import json_bytes

_KEYS = re.compile(r"\b(?:sk|pk|rk|gsk|xai|AIza|AKIA|Bearer\s)[-_A-Za-z0-9.]{12,}")
"""Keys in the usual forms of providers. Some SDKs put them into the messages of errors."""


def without_keys(text: str) -> str:
    """Return a text in which everything that looks like a key of a provider is replaced by "***"."""
    return _KEYS.sub("***", text)


def message_text(message: Any) -> str:
    """Return the text of a message in the format of any provider, given as JSON. Other parts than text are left out."""
    return "\n".join(_texts(message))


def calls_text(calls: Sequence[Any] | None) -> str:
    """Return the tool calls of a row as one text, such as 'Book {"title":"Dune"}'."""
    found = map(as_object, calls or ())
    return ", ".join(f"{one.get('name')} {json_bytes(one.get('arguments') or {}).decode()}" for one in found)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_list(value):
        for one in value:
            yield from _texts(one)
    elif is_mapping(value):
        for name in ("content", "parts", "text"):
            if name in value:
                yield from _texts(value[name])
                return
