"""Every cell of the table of oddities is a test that runs the format, or a reason."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from tests.conformance.contract import BaseRow
from tests.conformance.odd_table import FORMATS, TABLE, Reason
from tests.conformance.odd_wire import format_of


def rows_of(test: Any) -> list[BaseRow]:
    """The providers of a test that is parametrized over rows; empty for any other test."""
    marks: Iterable[Any] = getattr(test, "pytestmark", ())
    found: list[BaseRow] = []
    for mark in marks:
        names, values = mark.args[:2] if mark.name == "parametrize" else ((), ())
        names = names.split(",") if isinstance(names, str) else list(names)
        for value in values if "row" in names else ():
            given = getattr(value, "values", (value,))
            found.append((given if not callable(given) else (value,))[names.index("row")])
    return found


def test_every_format_has_a_cell() -> None:
    assert {oddity: sorted(cells) for oddity, cells in TABLE.items()} == dict.fromkeys(TABLE, sorted(FORMATS))


def fault_of(cell: Reason | str, form: str) -> str | None:
    """What is wrong with a cell; None if it is a test that runs for this format, or a reason."""
    if isinstance(cell, Reason):
        return None if cell.text and "\n" not in cell.text else "the reason is not one line"
    place, _, script = cell.removesuffix("]").partition("[")
    path, _, name = place.rpartition(".")
    module: Any = import_module(f"tests.{path}")
    rows = rows_of(getattr(module, name, None))
    if not hasattr(module, name) or (rows and form not in map(format_of, rows)):
        return f"{place} does not run for {form}"
    if script and (script, form) not in module.SCRIPTS and script not in module.SCRIPTS[form]:
        return f"{place} has no script {script!r} for {form}"
    return None


def test_a_cell_is_a_test_or_a_reason() -> None:
    found = [(oddity, form, fault_of(cell, form)) for oddity, row in TABLE.items() for form, cell in row.items()]
    faults = [f"{oddity}, {form}: {fault}" for oddity, form, fault in found if fault is not None]
    assert not faults, "\n".join(["", *faults])
