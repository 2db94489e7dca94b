"""Reports which test made a socket or a SQLite connection that was never closed, or the server of one of aiohttp.

Python reports it when it is collected, in a later test; a SQLite connection from 3.13 on.
"""

from __future__ import annotations

import inspect
import os
import re
import socket
import sqlite3
from collections.abc import Callable
from typing import Any

DEPTH = 40
"""How many callers are named."""

_made: dict[int | str, str] = {}
"""Where the last socket with each file descriptor, and the last connection at each address of memory, was made. Those
that are open still have it.
"""
_bound: dict[int, str] = {}
"""Where the last socket with each port was bound: a connection of aiohttp that was not closed names only its server."""


def note_origins(report: Callable[[Any], object]) -> Callable[[Any], None]:
    """From now on, note where each of them is made. Return an unraisable hook that adds this to what it reports."""
    original, bind, connect = socket.socket.__init__, socket.socket.bind, sqlite3.connect

    def noted_init(this: socket.socket, *args: Any, **kwargs: Any) -> None:
        original(this, *args, **kwargs)
        _made[this.fileno()] = _here()

    def noted_bind(this: socket.socket, address: Any) -> None:
        bind(this, address)
        if this.family == socket.AF_INET:
            _bound[this.getsockname()[1]] = _here()

    def noted_connect(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **kwargs)
        _made[hex(id(connection))] = _here()
        return connection

    def noted_report(unraisable: Any) -> None:
        error = unraisable.exc_value
        if isinstance(error, ResourceWarning):
            if found := re.search(r"\bfd=(\d+)", str(error)):
                error.add_note(_made.get(int(found[1]), "made before the tests"))
            elif found := re.search(r"Connection object at (0x[0-9a-f]+)", str(error)):
                error.add_note(_made.get(found[1], "made before the tests"))
            elif found := re.search(r"Unclosed connection .*\bport=(\d+)", str(error)):
                error.add_note("its server was " + _bound.get(int(found[1]), "made before the tests"))
        report(unraisable)

    socket.socket.__init__ = noted_init  # type: ignore[method-assign]
    socket.socket.bind = noted_bind  # type: ignore[method-assign]  # for the whole test session
    sqlite3.connect = noted_connect
    return noted_report


def _here() -> str:
    return f"made in {os.environ.get('PYTEST_CURRENT_TEST', 'no test')}\n{_callers()}"


def _callers() -> str:
    lines: list[str] = []
    frame = inspect.currentframe()
    while frame is not None and len(lines) < DEPTH and "/_pytest/" not in frame.f_code.co_filename:
        lines.append(f"  {frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}")
        frame = frame.f_back
    return "\n".join(lines)
