"""Open binary files as bytes: `io.BytesIO`, what `open(path, "rb")` returns, temporary files, uploads of frameworks."""

from __future__ import annotations

from inspect import iscoroutinefunction
from io import TextIOBase
from typing import Any, Protocol

from ..errors import PromptError


class SupportsRead(Protocol):
    """An open binary file; `io.BytesIO` is one."""

    def read(self, size: int = -1, /) -> bytes:
        """Return its bytes."""
        ...


def is_open_file(value: object) -> bool:
    """Return True if a value has a `read` method, like an open file."""
    return callable(getattr(value, "read", None))


def read_open_file(file: Any) -> tuple[bytes, str]:
    """Return all bytes of an open file from its beginning, and its name, or "". The position in the file does not
    change.

    Raises `PromptError` for a file that is open as text, closed, or read asynchronously.
    """
    what = f"a {type(file).__name__}"
    if isinstance(file, TextIOBase):
        raise PromptError(f"{what} is open as text: open it with mode 'rb'")
    if iscoroutinefunction(file.read):
        raise PromptError(f"{what} is read asynchronously: await its read(), and give the bytes")
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
        raise PromptError(f"{what} returned {type(data).__name__}, not bytes: open it with mode 'rb'")
    name = getattr(file, "name", None)
    return data, name if isinstance(name, str) else ""
