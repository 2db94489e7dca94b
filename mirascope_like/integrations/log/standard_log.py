"""`StandardLog`: a line of the standard logging, or of structlog, for each call."""

from __future__ import annotations

import logging
from typing import Any

from .logged_call import Row
from .redaction import Redact, RowMaker, Written

_SHORT = ("function", "provider", "model", "state", "duration_ms", "input_tokens", "output_tokens", "cost", "error")


_STANDARD: tuple[type[Any], ...] = (logging.Logger, logging.LoggerAdapter)


class StandardLog:
    """Writes a message for each call to a logger: of `logging`, or of structlog.

    The message of `logging` is one line, and the record has the row of the call as its attribute `llm_call`. A logger
    of structlog receives the event "llm call" with the values of the row. The level is "error" for a call that failed,
    otherwise `level`. Rows of earlier requests of a call have the level "debug". Without a `logger`, it is
    `logging.getLogger("mirascope_like.calls")`. `redact` is that of `SQLiteLog`.

    Handlers run in the thread of the call. Their errors do not change the call.
    """

    def __init__(self, logger: Any = None, *, level: str = "info", redact: Redact | None = None) -> None:
        self.logger: Any = logging.getLogger("mirascope_like.calls") if logger is None else logger
        self._level = level
        self._maker = RowMaker(redact, "the standard logging")

    def write(self, call: Written) -> None:
        """Write the messages of a call."""
        for row in self._maker.rows([call]):
            self._log({name: value for name, value in row.items() if value is not None and name != "fields"})

    def _log(self, row: Row) -> None:
        level = "error" if row.get("state") == "failed" else "debug" if row.get("kind") == "request" else self._level
        if isinstance(self.logger, _STANDARD):
            number = logging.getLevelNamesMapping()[level.upper()]
            text = " ".join(f"{name}={row[name]!r}" for name in _SHORT if name in row)
            self.logger.log(number, "llm call %s", text, extra={"llm_call": row})
        else:
            getattr(self.logger, level)("llm call", **row)

    def flush(self) -> bool:
        """Does nothing: messages are written at once."""
        return True
