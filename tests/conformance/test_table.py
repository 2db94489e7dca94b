"""The tables in `docs/providers.md` agree with the tests, and every test belongs to a line of a table."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any

import pytest

from tests.conformance import table, test_capabilities
from tests.conformance.capabilities import CAPABILITIES, LACKING, every_row
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer, Text
from tests.harness.server import Server

TESTS = [value for name, value in vars(test_capabilities).items() if name.startswith("test_")]


def shown() -> dict[str, set[str]]:
    """What the tests show if they pass, read from their parameters."""
    found: dict[str, set[str]] = {}
    for test in TESTS:
        rows = next(mark.args[1] for mark in test.pytestmark if mark.args[:1] == ("row",))
        shown = [row for case in rows if (row := case.values[0]) in EVERY]
        have = {row.id for row in shown if test.capability not in row.lacks}
        found.setdefault(test.capability, set()).update(have)
    return found


def test_the_page_is_what_the_tests_show() -> None:
    text = table.PAGE.read_text("utf-8")
    assert text == table.written(text, shown()), "run python -m tests.conformance.table"


def test_every_provider_is_tested_for_every_capability() -> None:
    for name, rows in shown().items():
        assert rows == {row.id for row in EVERY if name not in row.lacks}, name
    lacked = {name for row in EVERY for name in row.lacks}
    assert lacked <= set(CAPABILITIES)
    assert lacked == set(LACKING)
    assert all(hasattr(test, "capability") for test in TESTS)


def attribute(path: str) -> tuple[Any, str]:
    """The class that holds a method, and the method's name."""
    holder, _, name = path.rpartition(".")
    module, _, kind = holder.rpartition(".")
    return getattr(import_module(module), kind), name


@every_row
def test_streams_are_read_as_the_page_describes(row: BaseRow, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    holder, name = attribute(row.iterator)
    theirs = getattr(holder, name)
    calls: list[None] = []

    def counted(self: Any, *given: Any) -> Any:
        calls.append(None)
        return theirs(self, *given)

    monkeypatch.setattr(holder, name, counted)
    server.reply(row.wire.streamed(Answer(Text("Hel", "lo"))))
    with row.client(server) as client:
        assert row.stream(client).collect().content == "Hello"
    assert bool(calls) == (row.reads == "iterator")


@every_row
def test_the_page_names_what_is_imported(row: BaseRow) -> None:
    module: Any = import_module("mirascope_like.core")
    for name in row.id.split("."):
        module = getattr(module, name)
    assert module is row.module
    assert asyncio.iscoroutinefunction(row.adecorated()) is asyncio.iscoroutinefunction(row.module.call("m")(_asked))


async def _asked() -> str:
    return "Hi"
