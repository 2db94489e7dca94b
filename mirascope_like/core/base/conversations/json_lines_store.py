"""Stores conversations in a JSON Lines file. Lines are appended while the file is locked; lines of other programs
are skipped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from pydantic import ConfigDict, TypeAdapter

from ..errors import StoreError
from ..parsing import VERSION_KEY, check_schema_version
from ..runtime import ForkSafeLock, make_private_file
from .conversation import TURNS_VERSION, Conversation, Turn
from .store_support import checked_name, file_lock, store_errors

_TURNS: TypeAdapter[list[Turn] | None] = TypeAdapter(list[Turn] | None, config=ConfigDict(defer_build=True))


class JSONLinesStore:
    """Stores conversations in a file, one line per exchange. Several threads and processes may append at the same time.

    Incomplete lines, and lines that are not part of a conversation, are ignored. If a line of a conversation is
    invalid, or was written by a later version of the library, `load` raises `StoreError` with the number of the line;
    other conversations can still be loaded. An append that fails leaves the file unchanged.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path).absolute()  # the program may change its folder
        self._lock = ForkSafeLock()

    def append(self, name: str, turns: Sequence[Turn]) -> None:
        """Append one line with the turns to the file. Does not read the file."""
        self._write(name, turns)

    def replace(self, name: str, turns: Sequence[Turn]) -> None:
        """Append one line that replaces all earlier turns of the conversation."""
        self._write(name, turns, replaces=True)

    def load(self, name: str) -> Conversation | None:
        """Return the conversation with this name, or None if there is none."""
        name = checked_name(name)
        kept: list[tuple[int, Mapping[str, Any]]] = []
        with store_errors():
            for number, entry in self._entries():
                if entry["session"] == name:
                    if entry["turns"] is None or entry.get("replaces"):
                        kept.clear()
                    kept.append((number, entry))
            turns = tuple(turn for number, entry in kept for turn in self._turns_of(number, entry))
        return Conversation(turns) if turns else None

    def names(self) -> list[str]:
        """Return the names of all conversations, sorted."""
        found: dict[str, bool] = {}
        with store_errors():
            for _, entry in self._entries():
                kept = not entry.get("replaces") and found.get(entry["session"], False)
                found[entry["session"]] = entry["turns"] is not None and (kept or bool(entry["turns"]))
        return sorted(name for name, kept in found.items() if kept)

    def delete(self, name: str) -> None:
        """Append one line that deletes the conversation."""
        self._write(name, None)

    def _write(self, name: str, turns: Sequence[Turn] | None, *, replaces: bool = False) -> None:
        name = checked_name(name)
        with store_errors():
            dumped = [turn.model_dump(mode="json") for turn in turns] if turns is not None else None
            line = {"session": name, "turns": dumped, VERSION_KEY: TURNS_VERSION}
            data = json.dumps({**line, "replaces": True} if replaces else line).encode() + b"\n"
            make_private_file(self._path)
            with self._lock, self._path.open("ab+", buffering=0) as file, file_lock(file):
                end = file.seek(0, os.SEEK_END)
                if end:
                    file.seek(end - 1)
                    data = data if file.read(1) == b"\n" else b"\n" + data
                try:
                    rest = memoryview(data)
                    while rest:
                        rest = rest[file.write(rest) :]
                except BaseException:
                    with suppress(OSError):
                        file.truncate(end)
                    raise

    def _entries(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield (line number, decoded line) for each line of the file that is part of a conversation."""
        try:
            file = self._path.open("rb", buffering=0)
        except FileNotFoundError:
            return
        with file, file_lock(file, shared=True):
            lines = file.readall().split(b"\n")
        for number, line in enumerate(lines, 1):
            try:
                decoded: Any = json.loads(line) if line else None
            except (ValueError, RecursionError):
                continue
            if not isinstance(decoded, dict):
                continue
            entry = cast("dict[str, Any]", decoded)
            if isinstance(entry.get("session"), str) and "turns" in entry:
                yield number, entry
            else:  # a later version may write lines that this one cannot assign to a conversation
                check_schema_version(entry.get(VERSION_KEY), TURNS_VERSION, self._line(number))

    def _turns_of(self, number: int, entry: Mapping[str, Any]) -> Sequence[Turn]:
        check_schema_version(entry.get(VERSION_KEY), TURNS_VERSION, self._line(number))
        try:
            return _TURNS.validate_python(entry["turns"]) or ()
        except ValueError as error:
            raise StoreError(f"{self._line(number)} is invalid: {error}") from error

    def _line(self, number: int) -> str:
        return f"line {number} of the store {str(self._path)!r}"
