"""Files that only the user who makes them may read: logs, caches and stored conversations hold private texts."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PRIVATE = 0o600
"""The mode of a private file: only its user may read and write it."""


def make_private_file(path: str | Path) -> None:
    """Make an empty file that only this user may read, if there is no file at the path.

    A file that is there keeps its mode. If the file cannot be made, nothing happens: what opens it next reports that.
    """
    with suppress(OSError, ValueError):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE))


def file_identity(path: str | Path) -> tuple[int, int] | None:
    """Return the device and the number of a file, which differ once it was deleted or replaced; None if it is not
    there.
    """
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
