"""Estimates, progress and exports of runs."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like.core import ConfigurationError, anthropic, openai
from mirascope_like.scale import Limits, amap, bind, map_calls
from mirascope_like.scale.counts import Counts
from mirascope_like.scale.exporting import COLUMNS
from mirascope_like.scale.progress import Meter, Progress
from mirascope_like.testing import error, fake, reply
from tests.harness.clocks import MovedClock, run_by_clock, waits
from tests.scale.test_map import ask, ask_sync, echo, last


@openai.call("gpt-4o-mini", call_params={"max_tokens": 100})
async def write(text: str) -> str:
    return text


@pytest.mark.parametrize("call", [ask, ask_sync], ids=["async", "sync"])
def test_an_estimate_sends_nothing(call: Any, tmp_path: Path) -> None:
    store = tmp_path / "run.db"
    with fake(echo):
        map_calls(call, ["a", "b"], store=store).results()
    run = map_calls(call, iter(["a", "b", "c", "c", "d"]), store=store)
    with fake(echo) as model:
        found = run.estimate()
        assert model.requests == []
        assert (found.items, found.requests, found.stored, found.duplicates) == (5, 2, 2, 1)
        assert [item.input for item in run.ordered()] == ["a", "b", "c", "c", "d"]  # of an iterator
        assert len(model.requests) == 2


def test_what_an_estimate_costs() -> None:
    """Ten requests of at most 100 output tokens. A million of gpt-4o-mini's cost 0.15 and 0.60 dollars
    (openai.com/api/pricing), and half of it in a batch (platform.openai.com/docs/guides/batch).
    """
    found = map_calls(write, (str(number) for number in range(10)), limits=Limits(rpm=2, tpm=100_000)).estimate()
    assert found.output_tokens == 1000
    assert found.cost == pytest.approx(found.input_tokens * 0.15e-6 + 1000 * 0.6e-6)
    assert found.batch_cost == pytest.approx((found.cost or 0) / 2)
    assert found.hours == pytest.approx(10 / 2 / 60)
    assert str(found).splitlines() == [
        "10 items: 10 requests to send, 0 in the store, 0 duplicates",
        f"about {found.input_tokens} input and 1,000 output tokens",
        f"about ${found.cost:.4f}, ${found.batch_cost:.4f} as a batch",
        "at least 5 minutes",
    ]


def test_the_output_of_an_estimate_is_that_of_the_store(tmp_path: Path) -> None:
    store = tmp_path / "run.db"
    with fake(reply("x", usage=(5, 30)), reply("x", usage=(5, 50))):
        map_calls(write, ["a", "b"], store=store).results()
    assert map_calls(write, ["c", "d", "e"], store=store).estimate().output_tokens == 3 * 40


def test_estimates_without_a_price_or_request() -> None:
    @anthropic.call("no-such-model")
    def find(text: str) -> str:
        if text == "b":
            raise ZeroDivisionError
        return text

    found = map_calls(find, ["a", "b"], samples=2).estimate()
    assert (found.items, found.requests, found.unprepared) == (4, 2, 2)
    assert found.cost is None
    assert found.hours is None
    assert "the price is not known" in str(found)


def test_async_inputs_have_no_estimate() -> None:
    async def texts() -> Any:
        yield "a"

    with pytest.raises(TypeError, match="collect them in a list"):
        asyncio.run(_awaited(amap(ask, texts()).estimate()))


async def _awaited(one: Any) -> Any:
    return await one


# Exports


class Book(BaseModel):
    title: str


def test_json_lines(tmp_path: Path) -> None:
    @openai.call("gpt-4o-mini", response_model=Book)
    async def find(text: str, year: int = 0) -> str:
        return f"{text} {year}"

    path = tmp_path / "out.jsonl"
    with fake(lambda request: error(400, "no") if last(request).startswith("b") else Book(title="Dune")):
        counts = map_calls(find, [bind(find, "a", year=1965), bind(find, "b")]).to_jsonl(path)
    assert (counts.done, counts.failed) == (1, 1)
    rows = sorted(map(json.loads, path.read_text().splitlines()), key=lambda row: row["number"])
    assert rows[0]["input"] == {"args": ["a"], "kwargs": {"year": 1965}}
    assert rows[0]["value"] == {"title": "Dune"}
    assert (rows[0]["state"], rows[0]["error"], rows[0]["attempts"], rows[0]["source"]) == ("done", None, 1, "live")
    assert rows[0]["output_tokens"] > 0
    assert rows[0]["cost"] > 0
    assert (rows[1]["state"], rows[1]["value"]) == ("failed", None)
    assert rows[1]["error"].startswith("BadRequestError: ")


class Unreadable:
    def __repr__(self) -> str:
        raise ValueError


def cyclic() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


def test_every_value_has_a_line(tmp_path: Path) -> None:
    """One value that is not JSON does not end the run."""
    values = {"a": float("nan"), "b": cyclic(), "c": Unreadable(), "d": {1: b"\xff"}, "\ud800": "half a character"}

    async def look_up(name: str) -> Any:
        return values[name]

    path = tmp_path / "out.jsonl"
    map_calls(look_up, list(values)).to_jsonl(path)

    def no_constants(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    rows = [json.loads(line, parse_constant=no_constants) for line in path.read_text("utf-8").splitlines()]
    assert {row["input"]: row["value"] for row in rows} == {
        "a": None,
        "b": "[[...]]",
        "c": "<Unreadable, whose text raises ValueError>",
        "d": {"1": "_w=="},
        "\ud800": "half a character",
    }


DATA_FRAMES: dict[str, dict[str, Any]] = {
    "pandas": {"columns": COLUMNS},
    "polars": {"schema": COLUMNS, "infer_schema_length": None},
}
"""How each package makes a frame that has all columns, also without rows, and types of more than its first 100 rows."""


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_frames(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType(package)

    def columns_of(rows: list[Any], **options: Any) -> list[Any]:
        assert options == DATA_FRAMES[package]
        return rows

    module.DataFrame = columns_of
    monkeypatch.setitem(sys.modules, package, module)
    with fake(echo):
        rows = getattr(map_calls(ask, ["a", "b"]), f"to_{package}")()
    assert [(row["number"], row["input"], row["value"]) for row in rows] == [(0, "a", "re a"), (1, "b", "re b")]
    assert list(rows[0]) == COLUMNS
    monkeypatch.setitem(sys.modules, package, None)
    with fake(echo), pytest.raises(ConfigurationError, match=f"pip install {package}"):
        getattr(map_calls(ask, ["a"]), f"to_{package}")()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([None] * 150 + ["text"], [None] * 150 + ["text"]),
        ([{"a": 1}] * 150 + [{"a": 1, "b": 2}], [{"a": 1, "b": None}] * 150 + [{"a": 1, "b": 2}]),
        (["text", 1, [2], {"x": "é"}, None], ['"text"', "1", "[2]", '{"x": "é"}', None]),
        ([], []),
    ],
)
def test_values_of_several_types_in_polars(values: list[Any], expected: list[Any]) -> None:
    """The values of later rows may have other types: nothing that was paid for is lost."""
    pytest.importorskip("polars")

    async def same(number: int) -> Any:
        return values[number]

    frame = map_calls(same, range(len(values))).to_polars()
    assert frame["value"].to_list() == expected
    assert frame.columns == COLUMNS


# Progress


def test_the_numbers_of_a_run(clock: MovedClock) -> None:
    counts = Counts()
    meter = Meter(counts, 100)
    clock.skip(10)
    counts.done, counts.failed, counts.refused, counts.tokens, counts.cost = 40, 10, 3, 5000, 0.12345
    text = meter.text()
    assert text.startswith("40 done · 10 failed · ")
    assert float(text.split(" · ")[2].removesuffix("/s")) == pytest.approx(5, abs=0.1)
    assert float(text.split(" · ")[3].removesuffix(" tokens/min").replace(",", "")) == pytest.approx(30_000, rel=0.01)
    assert text.split(" · ")[4:6] == ["3 429s", "$0.1235"]
    assert text.split(" · ")[6] in ("0:10 left", "0:11 left")


def test_without_a_terminal_there_is_a_line_each_minute(clock: MovedClock) -> None:
    out = io.StringIO()

    async def main() -> None:
        counts = Counts()
        with Progress(counts, 2, out=out):
            counts.done = 1
            task: Any = asyncio.ensure_future(asyncio.sleep(61))
            clock.skip(60)
            await waits(task)
            assert out.getvalue().startswith("1 done · ")
            counts.done = 2
            task.cancel()

    run_by_clock(main())
    assert [line.split(" · ")[0] for line in out.getvalue().splitlines()] == ["1 done", "2 done"]


def test_a_bar_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with fake(echo):
        map_calls(ask, ["a", "b"], progress=True).results()
    assert "100%" in out.getvalue()
    assert "2 done" in out.getvalue()
