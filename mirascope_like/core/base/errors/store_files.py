"""The files of caches and stores, which only their user may read."""

from __future__ import annotations

import os

from ..runtime import PRIVATE
from .exceptions import StoreError


def make_store_file(path: str, name: str) -> None:
    """Make an empty file that only this user may read, if there is no file at the path.

    Raises `StoreError` if the file cannot be made or written. `name` says in the message what it is, such as "cache".
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE))
    except OSError as error:
        raise StoreError(f"the {name} {path!r} cannot be written: {error.strerror}") from error
