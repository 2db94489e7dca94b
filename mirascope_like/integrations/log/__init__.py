"""Logs of calls: each call is one row, in SQLite, JSON Lines or the standard logging, from which the typed response
can be loaded again.

from mirascope_like.integrations.log import SQLiteLog, with_log

log = SQLiteLog("calls.db")

@with_log(log, tags={"team": "a"})
@openai.call("gpt-4o-mini")
def ask(question: str) -> str: ...
"""

from __future__ import annotations

from ...core.base.runtime import Listing
from .decorators import log_calls, with_log
from .json_lines_log import JSONLinesLog
from .logged_call import LoggedCall
from .rows import EndedCall
from .sqlite_log import SQLiteLog
from .standard_log import StandardLog

__all__ = ["EndedCall", "JSONLinesLog", "LoggedCall", "SQLiteLog", "StandardLog", "log_calls", "with_log"]

__dir__: Listing = Listing(__all__)
