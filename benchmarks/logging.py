"""What a log costs: calls that a `SQLiteLog` records, beside the same calls without, sync."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mirascope_like.integrations.log import SQLiteLog, with_log

from .contenders import Contest
from .measure import Work

UNLOGGED, LOGGED = "ours", "ours, in a SQLite log"


def calling(contest: Contest, client: Any, folder: Path, times: int) -> dict[str, Work]:
    """Calls of one message. A logged round ends when all its calls are in the file, written by the log's thread."""
    return _works(contest.prompt(client, stream=False), folder, times, lambda response: None)


def streaming(contest: Contest, client: Any, folder: Path, times: int) -> dict[str, Work]:
    """Streams that are read to their end."""

    def read(stream: Any) -> None:
        for _ in stream:
            pass

    return _works(contest.prompt(client, stream=True), folder, times, read)


def _works(prompt: Callable[[], Any], folder: Path, times: int, use: Callable[[Any], None]) -> dict[str, Work]:
    log = SQLiteLog(folder / "calls.db")
    logged = with_log(log)(prompt)

    def without() -> int:
        for _ in range(times):
            use(prompt())
        return times

    def with_the_log() -> int:
        for _ in range(times):
            use(logged())
        assert log.flush()
        return times

    return {UNLOGGED: without, LOGGED: with_the_log}
