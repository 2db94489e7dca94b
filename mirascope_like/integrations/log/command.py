"""The command `python -m mirascope_like logs`: lists, shows, searches, exports and sums the calls of a log."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from ...core.base.errors import ConfigurationError
from ...core.base.runtime import visible, visible_in_json
from .figures import figures
from .json_lines_log import JSONLinesLog
from .logged_call import FIELDS, LoggedCall
from .output import Output
from .plain_text import calls_text
from .row_format import json_text
from .sqlite_log import SQLiteLog

VARIABLE = "MIRASCOPE_LIKE_LOG"
"""The environment variable with the path of the log."""
DEFAULT = "calls.db"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a text begins with that a spreadsheet may run as a formula. Source: OWASP, "CSV Injection"."""
_LIST = ("id", "when", "function", "model", "state", "ms", "in", "out", "cost", "prompt", "response")


def add_command(commands: Any) -> None:
    """Add the command `logs` to those of `python -m mirascope_like`."""
    logs = commands.add_parser("logs", help="show the calls in a log")
    logs.add_argument("--log", help=f"the file of the log (default: ${VARIABLE}, else {DEFAULT})")
    logs.add_argument("--serve", action="store_true", help="show the log in the browser, on this machine only")
    logs.add_argument("--port", type=int, default=0, help="the port of the page (default: a free one)")
    logs.add_argument("--no-browser", action="store_true", help="print the address of the page, and open no browser")
    actions = logs.add_subparsers(dest="action")
    each = actions.add_parser("list", help="list the newest calls")
    show = actions.add_parser("show", help="show one call in full")
    show.add_argument("id", help="the number or the call_id of the row")
    show.add_argument("--json", action="store_true", help="print JSON")
    search = actions.add_parser("search", help="list calls whose texts have all words")
    search.add_argument("words", nargs="+")
    export = actions.add_parser("export", help="write calls to a file or to standard output")
    export.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
    export.add_argument("--output", "-o", help="the file (default: standard output)")
    stats = actions.add_parser("stats", help="sum tokens, costs and latencies")
    stats.add_argument("--by", default="model", help="model, provider, function, state, day, hour, all or tag:NAME")
    for parser in (each, search, export, stats):
        _add_filters(parser)
    for parser in (each, search, stats):
        parser.add_argument("--json", action="store_true", help="print JSON")
    for parser in (each, search):
        parser.add_argument("--limit", type=int, default=20, help="the number of rows (default: 20)")


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model")
    parser.add_argument("--provider")
    parser.add_argument("--function", help="the name of the function, with or without its module")
    parser.add_argument("--state", choices=("done", "closed", "failed"))
    parser.add_argument("--conversation", help="the name of a session")
    parser.add_argument("--tag", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--since", help='a time such as "2026-11-29T20:00", or an age such as "2h" or "7d"')
    parser.add_argument("--until", help="a time or an age")


def run(given: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    log = opened(given.log)
    if given.serve:
        from .page import serve

        serve(log, port=given.port, browser=not given.no_browser)
        return 0
    if given.action is None:
        raise ConfigurationError("name an action, such as logs list, or open the page with logs --serve")
    actions = {"list": _list, "search": _list, "show": _show, "export": _export, "stats": _stats}
    return actions[given.action](log, given)


def opened(path: str | None) -> SQLiteLog | JSONLinesLog:
    """Return the log at a path; without a path, that of the environment variable or the default one.

    Raises `ConfigurationError` if there is no such file.
    """
    found = path or os.environ.get(VARIABLE) or DEFAULT
    if not Path(found).exists():
        raise ConfigurationError(f"there is no log {found!r}: name it with --log, or in {VARIABLE}")
    return JSONLinesLog(found) if found.endswith((".jsonl", ".ndjson")) else SQLiteLog(found)


def _found(log: SQLiteLog | JSONLinesLog, given: argparse.Namespace, limit: int | None = None) -> list[LoggedCall]:
    return log.find(
        text=" ".join(getattr(given, "words", ())) or None,
        model=given.model,
        provider=given.provider,
        function=given.function,
        state=given.state,
        conversation_id=given.conversation,
        tags=dict(_tag(one) for one in given.tag),
        since=given.since,
        until=given.until,
        limit=limit,
    )


def _tag(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise ConfigurationError(f"not a tag: {text!r}; write NAME=VALUE")
    return name, value


def _list(log: SQLiteLog | JSONLinesLog, given: argparse.Namespace) -> int:
    rows = _found(log, given, given.limit)
    output = Output(sys.stdout)
    if given.json:
        output.json([asdict(row) for row in rows])
    else:
        output.table(_LIST, [_line(row) for row in rows], numbers={"ms", "in", "out", "cost"})
    return 0


def _line(row: LoggedCall) -> list[object]:
    name = row.function.rpartition(".")[2] if row.kind == "call" else f"  request {row.number}"
    when = row.datetime_utc[:19].replace("T", " ")
    figures = (row.duration_ms, row.input_tokens, row.output_tokens, dollars(row.cost))
    shown = row.response_text or row.error or calls_text(row.tool_calls)
    return [row.id, when, name, row.model, row.state, *figures, row.prompt, shown]


def _show(log: SQLiteLog | JSONLinesLog, given: argparse.Namespace) -> int:
    row = log.call(int(given.id) if given.id.isdecimal() and len(given.id) < 20 else given.id)
    if row is None:
        print(f"the log has no row {given.id}", file=sys.stderr)
        return 1
    output = Output(sys.stdout)
    if given.json:
        output.json(asdict(row))
    else:
        output.call(row, log.find(parent_id=row.call_id))
    return 0


def _export(log: SQLiteLog | JSONLinesLog, given: argparse.Namespace) -> int:
    rows = _found(log, given)[::-1]
    with _target(given.output) as file:
        if given.format == "csv":
            writer = csv.writer(file)
            writer.writerow(FIELDS)
            terminal = file.isatty()
            for row in rows:
                cells = [_cell(value) for value in asdict(row).values()]
                writer.writerow([visible(cell) if terminal and isinstance(cell, str) else cell for cell in cells])
        else:
            for row in rows:
                file.write(visible_in_json(json_text(asdict(row))) + "\n")
    return 0


@contextmanager
def _target(path: str | None) -> Generator[TextIO]:
    if path is None:
        yield sys.stdout
    else:
        with open(path, "w", encoding="utf-8", newline="") as file:
            yield file


def _cell(value: Any) -> Any:
    """Return a value as a cell of CSV. A text that a spreadsheet would run as a formula begins with an apostrophe."""
    if isinstance(value, dict | list):
        return json_text(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _stats(log: SQLiteLog | JSONLinesLog, given: argparse.Namespace) -> int:
    found = figures(_found(log, given), given.by)
    output = Output(sys.stdout)
    if given.json:
        output.json([asdict(one) for one in found])
        return 0
    names = (given.by, "calls", "requests", "failed", "in", "out", "cost", "p50 ms", "p95 ms", "p99 ms", "first ms")
    lines: list[Sequence[object]] = [
        (
            *(one.group or "-", one.calls, one.requests, one.failed, one.input_tokens, one.output_tokens),
            *(_cost(one.cost, one.unknown_costs), one.p50_ms, one.p95_ms, one.p99_ms, one.first_p50_ms),
        )
        for one in found
    ]
    output.table(names, lines, numbers=set(names[1:]))
    return 0


def _cost(cost: float, unknown: int) -> str:
    return f"{dollars(cost)} + {unknown} unknown" if unknown else dollars(cost) or ""


def dollars(cost: float | None) -> str | None:
    """Return a cost as text, such as "$0.0012"; None for None."""
    return None if cost is None else f"${cost:.2f}" if cost >= 1 else f"${cost:.6f}".rstrip("0").rstrip(".")
