"""Prints rows of a log: with rich in a terminal, as plain text otherwise.

What a model or a user wrote is printed with its control characters visible, so that it cannot change the terminal.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Sequence
from typing import Any, TextIO

from ...core.base.parsing import as_object
from ...core.base.runtime import visible, visible_in_json
from .logged_call import LoggedCall
from .plain_text import message_text
from .row_format import json_text


def one_line(value: object) -> str:
    """Return a value as one line of visible text."""
    return "" if value is None else " ".join(visible(str(value)).split())


class Output:
    """Prints to a file: with rich if it is a terminal and rich is installed, else as plain text."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._console = _console(file)

    def json(self, value: Any) -> None:
        """Print a value as JSON."""
        print(visible_in_json(json_text(value)), file=self._file)

    def table(self, names: Sequence[str], rows: Iterable[Sequence[object]], numbers: Collection[str] = ()) -> None:
        """Print rows of values under the names of their columns. Columns of `numbers` are aligned to the right."""
        names, *texts = [[one_line(value) for value in row] for row in (names, *rows)]
        if self._console is not None:
            from rich.table import Table
            from rich.text import Text

            table = Table(box=None, pad_edge=False, header_style="bold")
            for name in names:
                right = name in numbers
                table.add_column(Text(name), justify="right" if right else "left", no_wrap=True, overflow="ellipsis")
            for row in texts:
                table.add_row(*map(Text, row))
            self._console.print(table)
            return
        widths = [min(40, max(map(len, column))) for column in zip(names, *texts, strict=True)]
        for row in (names, *texts):
            cells = [
                text[:width].rjust(width) if name in numbers else shortened(text, width).ljust(width)
                for text, width, name in zip(row, widths, names, strict=True)
            ]
            print("  ".join(cells).rstrip(), file=self._file)

    def call(self, row: LoggedCall, parts: Sequence[LoggedCall]) -> None:
        """Print one call in full: its figures, the conversation, and the rows that have it as their parent."""
        for name, value in _head(row):
            self._line(f"{name:<12} {one_line(value)}", f"{name:<12} ")
        for message in row.messages or ():
            role = as_object(message).get("role") or "message"
            self._block(role, message_text(message) or json_text(message))
        for call in row.tool_calls or ():
            self._block(f"tool {call.get('name')}", json_text({k: v for k, v in call.items() if k != "name"}))
        if row.reasoning:
            self._block("reasoning", row.reasoning)
        if row.response_text:
            self._block("response", row.response_text)
        if row.error:
            self._block("error", row.error)
        for part in sorted(parts, key=lambda one: (one.kind, one.number, one.datetime_utc)):
            self._block(f"{part.kind} {part.id}", one_line(part.response_text or part.error or part.state))

    def _line(self, text: str, label: str) -> None:
        if self._console is None:
            print(text, file=self._file)
            return
        from rich.text import Text

        line = Text(text)
        line.stylize("dim", 0, len(label))
        self._console.print(line)

    def _block(self, title: str, text: str) -> None:
        shown = visible(text)
        if self._console is None:
            print(f"\n[{one_line(title)}]\n{shown}", file=self._file)
            return
        from rich.text import Text

        self._console.print()
        self._console.print(Text(one_line(title), style="bold"))
        self._console.print(Text(shown))


def _head(row: LoggedCall) -> list[tuple[str, object]]:
    tokens = f"{row.input_tokens} in, {row.output_tokens} out" if row.input_tokens is not None else None
    pairs = {
        "id": f"{row.id} ({row.call_id})",
        "function": row.function,
        "model": f"{row.provider} {row.model}" + (f" ({row.resolved_model})" if row.resolved_model else ""),
        "when": row.datetime_utc,
        "state": row.state,
        "duration": f"{row.duration_ms} ms" if row.duration_ms is not None else None,
        "first chunk": f"{row.first_ms} ms" if row.first_ms is not None else None,
        "tokens": tokens,
        "cost": f"${row.cost:.6f}" if row.cost is not None else None,
        "finish": row.finish_reason,
        "session": row.conversation_id,
        "parent": row.parent_id,
        "tags": ", ".join(f"{name}={value}" for name, value in row.tags.items()) or None,
        "options": json_text(row.options) if row.options else None,
        "arguments": json_text(row.arguments) if row.arguments else None,
        "tools": ", ".join(row.tools or ()) or None,
    }
    return [(name, value) for name, value in pairs.items() if value is not None]


def shortened(text: str, width: int) -> str:
    """Return a text of at most `width` characters. A longer one ends with "…"."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _console(file: TextIO) -> Any:
    if not file.isatty():
        return None
    try:
        from rich.console import Console
    except ImportError:
        return None
    return Console(file=file, width=shutil.get_terminal_size().columns, highlight=False, markup=False, emoji=False)
