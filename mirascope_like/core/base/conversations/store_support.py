"""Functions that the stores of this room share: checking names, converting errors, and locking files."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from io import FileIO
from typing import Any

from ..errors import StoreError, adopt_store_error


def checked_name(name: object) -> str:
    """Return the name of a conversation as a plain `str`.

    Raises `StoreError` if the name is not a str or contains half a surrogate pair, which some stores cannot save.
    """
    if not isinstance(name, str):
        raise StoreError(f"the name of a conversation must be a str, not {type(name).__name__}: {name!r}")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise StoreError(f"the name of a conversation cannot be written as UTF-8: {name!r}") from None
    return str.__str__(name)


@contextmanager
def store_errors(response: Any = None) -> Generator[None]:
    """Context manager: an error inside it becomes a `StoreError` as well, with `response` as its attribute.

    An error that already has an attribute `response` becomes the `__cause__` of a new `StoreError`.
    """
    try:
        yield
    except Exception as error:
        raise adopt_store_error(error, response)


@contextmanager
def file_lock(file: FileIO, *, shared: bool = False) -> Generator[None]:
    """Context manager that locks a file; other threads and processes wait. With `shared`, other readers do not wait,
    only writers.

    On a file system without locks, the file is used without one. The lock is released explicitly, so that a child
    process that was forked meanwhile does not keep it.
    """
    if sys.platform == "win32":  # lock one byte far behind the end of the file, so that others can still read the file
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
