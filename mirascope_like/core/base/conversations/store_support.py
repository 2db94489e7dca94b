"""What the stores of this room share: checked names, errors, and the lock of a file."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from io import FileIO
from typing import Any

from ..errors import StoreError, adopt_store_error


def checked_name(name: object) -> str:
    """Return the name of a conversation as a plain `str`.

    Raises `StoreError` for what is no text, or has half a surrogate pair: not every store can keep such a name.
    """
    if not isinstance(name, str):
        raise StoreError(f"the name of a conversation is a str, not {type(name).__name__}: {name!r}")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise StoreError(f"the name of a conversation cannot be written as UTF-8: {name!r}") from None
    return str.__str__(name)


@contextmanager
def store_errors(response: Any = None) -> Generator[None]:
    """Raise every error within as a `StoreError` too, with the response that could not be stored."""
    try:
        yield
    except Exception as error:
        raise adopt_store_error(error, response)


@contextmanager
def file_lock(file: FileIO, *, shared: bool = False) -> Generator[None]:
    """Lock a file for other threads and processes, which wait; `shared` excludes only those that write.

    A file system without locks is used without. A child that is forked meanwhile does not keep the lock: it is released
    explicitly, for all duplicates of the descriptor.
    """
    if sys.platform == "win32":  # a lock of one byte far behind the end, which others can read
        import msvcrt

        place = 1 << 60
        file.seek(place)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        try:
            file.seek(0)
            yield
        finally:
            file.seek(place)
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        try:
            yield
        finally:
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_UN)
