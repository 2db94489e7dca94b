"""The tables in `docs/providers.md`: made from the rows and from the tests that pass, never by hand.

    python -m tests.conformance.table

runs the tests and writes the tables; it writes nothing where a test fails.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from tests.conformance.capabilities import CAPABILITIES
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.harness.recordings import ROOT

PAGE = ROOT / "docs" / "providers.md"
TESTS = "tests/conformance/test_capabilities.py"

READS = {
    "bytes": "bytes of the SDK's HTTP response",
    "iterator": "the SDK's own iterator",
}

Shown = Mapping[str, set[str]]
"""By capability, the providers that a test shows to have it."""


def shown_by(tests: Iterable[Any]) -> Shown:
    """What tests show when they pass."""
    found: dict[str, set[str]] = defaultdict(set)
    for test in tests:
        row: BaseRow = test.callspec.params["row"]
        if (name := test.function.capability) not in row.lacks:
            found[name].add(row.id)
    return found


def providers() -> str:
    """The table of what each provider is."""
    lines = [
        "| `mirascope_like.core` | SDK | key | streams are read from |",
        "| --- | --- | --- | --- |",
        *(f"| `{row.id}` | `{row.package}` | `{row.key}` | {READS[row.reads]} |" for row in EVERY),
    ]
    return "\n".join(lines)


def capabilities(shown: Shown) -> str:
    """The table of what each provider can do, with the reasons for what it cannot."""
    notes: list[str] = []

    def cell(name: str, row: BaseRow) -> str:
        if row.id in shown[name]:
            return "yes"
        reason = row.lacks[name]
        if reason not in notes:
            notes.append(reason)
        return f"— [^{notes.index(reason) + 1}]"

    lines = [
        f"| | {' | '.join(f'`{row.id}`' for row in EVERY)} |",
        f"| --- |{' --- |' * len(EVERY)}",
        *(f"| {name} | {' | '.join(cell(name, row) for row in EVERY)} |" for name in CAPABILITIES),
    ]
    return "\n".join([*lines, "", *(f"[^{number}]: {reason}." for number, reason in enumerate(notes, 1))])


def sections(shown: Shown) -> Iterator[tuple[str, str]]:
    """The generated parts of the page, by name."""
    yield "providers", providers()
    yield "capabilities", capabilities(shown)


def between(text: str, name: str) -> tuple[int, int]:
    """Where the part of this name stands in the page."""
    start, end = f"<!-- {name} -->\n\n", f"\n\n<!-- end of {name} -->"
    return text.index(start) + len(start), text.index(end)


def written(text: str, shown: Shown) -> str:
    """The page with its generated parts anew."""
    for name, part in sections(shown):
        start, end = between(text, name)
        text = f"{text[:start]}{part}{text[end:]}"
    return text


class Passing:
    """Collects the tests that are run; those of which every phase passes count."""

    def __init__(self) -> None:
        self.tests: dict[str, Any] = {}
        self.failed: set[str] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.tests = {item.nodeid: item for item in session.items if hasattr(item, "callspec")}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self.failed.add(report.nodeid)


def main() -> int:
    """Run the tests and write the tables."""
    passing = Passing()
    # Some of pytest's plugins have been imported by then, for the rows.
    options = [f"--rootdir={ROOT}", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    if status := pytest.main([str(ROOT / TESTS), *options], [passing]):
        return int(status)
    if passing.failed:  # a test that was skipped shows nothing
        print("not run:", *sorted(passing.failed), sep="\n  ")
        return 1
    PAGE.write_text(written(PAGE.read_text("utf-8"), shown_by(passing.tests.values())), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
