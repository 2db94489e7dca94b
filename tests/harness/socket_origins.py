"""Reports which test made a socket that was never closed. Python reports it when it is collected: in a later test."""

from __future__ import annotations

import inspect
import os
import re
import socket
from collections.abc import Callable
from typing import Any

DEPTH = 40
"""How many callers are named."""

_made: dict[int, str] = {}
"""Where the last socket with each file descriptor was made. A socket that is open still has its descriptor."""


def note_origins(report: Callable[[Any], object]) -> Callable[[Any], None]:
    """From now on, note where each socket is made. Return an unraisable hook that adds this to what it reports."""
    original = socket.socket.__init__

    def noted_init(this: socket.socket, *args: Any, **kwargs: Any) -> None:
        original(this, *args, **kwargs)
        _made[this.fileno()] = f"made in {os.environ.get('PYTEST_CURRENT_TEST', 'no test')}\n{_callers()}"

    def noted_report(unraisable: Any) -> None:
        error = unraisable.exc_value
        if isinstance(error, ResourceWarning) and (found := re.search(r"\bfd=(\d+)", str(error))):
            error.add_note(_made.get(int(found[1]), "made before the tests"))
        report(unraisable)

    socket.socket.__init__ = noted_init  # type: ignore[method-assign]
    return noted_report


def _callers() -> str:
    lines: list[str] = []
    frame = inspect.currentframe()
    while frame is not None and len(lines) < DEPTH and "/_pytest/" not in frame.f_code.co_filename:
        lines.append(f"  {frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}")
        frame = frame.f_back
    return "\n".join(lines)
