"""What the comparison of maps makes of the server's record."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from benchmarks.compare_maps import CONTENDERS, RATE, Comparison, Outcome, Request, table, write
from benchmarks.map_picture import drawn

RECORD = [Request(0.0, True, 1), Request(0.5, False, 2), Request(1.5, True, 2), Request(2.0, True, 1)]
OUTCOME = Outcome(RECORD, failed=3, count=5)


def test_outcome() -> None:
    assert (OUTCOME.accepted, OUTCOME.seconds, OUTCOME.refused, OUTCOME.twice) == (3, 2.0, 0.25, 1)
    assert OUTCOME.used == 3 / (2 * RATE)


def test_track() -> None:
    track = OUTCOME.track("ours")
    assert (track.answers, track.refusals, track.failed) == ([1, 1, 1], [1, 0, 0], 3)


def test_table() -> None:
    """Ratios are those to the SDK, as medians of the rounds."""
    ours, sdk = (one for one in CONTENDERS if one.program in ("ours", "sdk"))
    versions = {ours.name: "", sdk.name: "3.57.0"}
    cpu = {ours.program: [1.0, 3.0, 1.0], sdk.program: [2.0, 2.0, 4.0]}
    limited = {(one.program, burst): OUTCOME for one in (ours, sdk) for burst in (20, 200)}
    cells = "3.0 % / 25.0 % / 3 | 3.0 % / 25.0 % / 3 | 2 |"
    assert table([ours, sdk], Comparison(cpu, limited, versions)).splitlines()[2:] == [
        f"| this library | 1.00 ms (0.50) | {cells}",
        f"| AsyncOpenAI, gather 3.57.0 | 2.00 ms (1.00) | {cells}",
    ]


def test_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- compared -->\nold\n<!-- end of compared -->\nafter\n")
    write(page, "\nnew\n")
    assert page.read_text() == "before\n<!-- compared -->\n\nnew\n\n<!-- end of compared -->\nafter\n"


def test_picture() -> None:
    """It is well-formed, and names the rates that do not fit into it."""
    many = OUTCOME.track("<others>")._replace(refusals=[900, 0, 0])
    root = ElementTree.fromstring(drawn([OUTCOME.track("ours"), many], RATE, 20))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"ours", "<others>", "up to 900 refusals a second"} <= set(texts)
