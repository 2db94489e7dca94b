"""Writes a file whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex


class NewFile:
    """Replaces a file at once, after its text is known. Several processes may do that: one of them is the last."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()  # the program may change its folder

    def begin(self) -> None:
        """Make the folder. Raises `OSError` if the file cannot be written, before anything is spent on its content."""
        if self._path.is_dir():
            raise IsADirectoryError(f"a recording is a file, but {self._path} is a folder")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._unfinished().unlink()

    @property
    def replaces(self) -> bool:
        """True if there is a file that `write` would replace."""
        return self._path.exists()

    def write(self, text: str) -> None:
        """Write the file."""
        unfinished = self._unfinished()
        try:
            unfinished.write_text(text, "utf-8", newline="\n")
            os.replace(unfinished, self._path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    def _unfinished(self) -> Path:
        """Make an empty file next to the one that is to be written."""
        made = self._path.with_name(f".{self._path.name[:100]}.{token_hex(8)}")
        made.touch(exist_ok=False)
        return made
