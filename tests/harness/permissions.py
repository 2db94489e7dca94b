"""Permissions of files, as they hold for a user who is not root: tests may run as root, who may write every file."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

_VERSION_3 = 0x20080522
_OVERRIDES = 0b110
"""The capabilities CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH. Source: linux/capability.h."""


@contextmanager
def ordinary_user() -> Generator[None]:
    """Context manager: take from this thread, and from those that it starts, the right to ignore permissions."""
    if sys.platform != "linux":
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, data) == 0
    before = data[0]
    data[0] &= ~_OVERRIDES
    assert libc.capset(header, data) == 0
    try:
        yield
    finally:
        data[0] = before
        assert libc.capset(header, data) == 0


@contextmanager
def read_only(folder: Path, *, file: int = 0o400, mode: int = 0o500) -> Generator[None]:
    """Context manager: the files of a folder have the mode `file`, the folder has `mode`, and permissions hold."""
    files = [one for one in folder.iterdir() if one.is_file()]
    _change(files, file)
    folder.chmod(mode)
    try:
        with ordinary_user():
            yield
    finally:
        folder.chmod(0o700)
        _change(files, 0o600)


def _change(files: Iterable[Path], mode: int) -> None:
    for one in files:
        if one.exists():
            one.chmod(mode)
