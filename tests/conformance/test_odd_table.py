"""Every cell of the table of oddities is a test that runs the format, or a reason."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

import pytest

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


@pytest.mark.parametrize("oddity", TABLE)
def test_every_format_has_a_cell(oddity: str) -> None:
    assert sorted(TABLE[oddity]) == sorted(FORMATS)


@pytest.mark.parametrize(
    ("oddity", "form"), [(oddity, form) for oddity, cells in TABLE.items() for form in cells], ids=" ".join
)
def test_a_cell_is_a_test_or_a_reason(oddity: str, form: str) -> None:
    cell = TABLE[oddity][form]
    if isinstance(cell, Reason):
        assert cell.text
        assert "\n" not in cell.text
        return
    place, _, script = cell.removesuffix("]").partition("[")
    path, _, name = place.rpartition(".")
    module = import_module(f"tests.{path}")
    rows = rows_of(getattr(module, name))
    assert not rows or form in map(format_of, rows)
    if script:
        scripts: Any = module.SCRIPTS
        assert (script, form) in scripts or script in scripts[form]
