"""Text that grows piece by piece, and a function that merges JSON objects."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any, cast

from .json_access import is_list


class Text(list[str]):
    """A growing text: a list of pieces, which are joined when the text is read."""

    __slots__ = ()

    def __str__(self) -> str:
        if len(self) > 1:
            self[:] = ["".join(filter(None, self))]  # `join` returns a single piece itself, without a copy
        return self[0] if self else ""


def as_growing(value: Any) -> Text:
    """Return a growing text that begins with a value: a `Text` itself, or a new one. A value that is no text is left
    out.
    """
    return value if isinstance(value, Text) else Text([value] if isinstance(value, str) and value else [])


def grow(whole: dict[str, Any], piece: Mapping[str, Any], *, texts: Container[str] | None = None) -> None:
    """Merge a piece of a JSON object into `whole`.

    Strings under the keys in `texts` (under all keys, if None) and bytes are appended to the known value. Objects are
    merged key by key. null does not replace a known value, and no value replaces a text that arrives in pieces; any
    other value replaces the known one.
    """
    for key, value in piece.items():
        known = whole.get(key)
        if value is None and known is not None:
            continue
        if isinstance(value, str) and (texts is None or key in texts):
            whole[key] = text = as_growing(known)
            text.append(value)
        elif isinstance(known, Text):
            pass  # some gateways send another value between the pieces of a text
        elif isinstance(value, bytes) and isinstance(known, bytes):
            whole[key] = known + value
        elif isinstance(value, Mapping) and isinstance(known, dict | None):
            inner: dict[str, Any] = {**known} if known else {}
            grow(inner, cast("Mapping[str, Any]", value), texts=texts)
            whole[key] = inner
        else:
            whole[key] = value


def settled(value: Any) -> Any:
    """Return a copy of a value in which every `Text` is converted to a str."""
    if isinstance(value, Text):
        return str(value)
    if isinstance(value, dict):
        return {key: settled(one) for key, one in cast("dict[str, Any]", value).items()}
    if is_list(value):
        return [settled(one) for one in value]
    return value
