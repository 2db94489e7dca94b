"""Reads open binary files: `io.BytesIO`, results of `open(path, "rb")`, temporary files, and uploads of web
frameworks.
"""

from __future__ import annotations

from inspect import iscoroutinefunction
from io import TextIOBase
from typing import Any, Protocol

from ..errors import PromptError


class SupportsRead(Protocol):
    """A binary file that is open for reading, such as `io.BytesIO`."""

    def read(self, size: int = -1, /) -> bytes:
        """Return bytes of the file, by default all that remain."""
        ...


def is_open_file(value: object) -> bool:
    """Return True if a value has a `read` method, like an open file."""
    return callable(getattr(value, "read", None))


def read_open_file(file: Any) -> tuple[bytes, str]:
    """Return all bytes of an open file, from its beginning, and the file's name (or ""). The position in the file is
    restored.

    Raises `PromptError` for a file that is open as text, is closed, or can only be read with `await`.
    """
    what = f"a {type(file).__name__}"
    if isinstance(file, TextIOBase):
        raise PromptError(f"{what} is open as text: open the file with mode 'rb'")
    if iscoroutinefunction(file.read):
        raise PromptError(f"{what} can only be read with await: pass the bytes, `await file.read()`")
    try:
        position = file.tell() if getattr(file, "seekable", bool)() else None
        if position is not None:
            file.seek(0)
        data = file.read()
        if position is not None:
            file.seek(position)
    except (OSError, ValueError) as error:  # closed, or not open for reading
        raise PromptError(f"{what} cannot be read: {error}") from error
    if not isinstance(data, bytes):
        raise PromptError(f"{what} returned {type(data).__name__}, not bytes: open the file with mode 'rb'")
    name = getattr(file, "name", None)
    return data, name if isinstance(name, str) else ""
