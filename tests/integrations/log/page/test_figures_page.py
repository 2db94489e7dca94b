"""The figures of the page: their sums, and their values over time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mirascope_like.integrations.log.filters import Filters
from mirascope_like.integrations.log.page.over_time import Summary
from mirascope_like.integrations.log.page.plots import nice
from mirascope_like.integrations.log.page.units import count, dollars, duration, short_count, span
from tests.integrations.log.page.rows import row
from tests.integrations.log.page.test_log_reader import reader_of
from tests.integrations.log.page.test_pages import Pages


def summary(*rows: dict[str, Any], zone: Any = UTC) -> Summary:
    with TemporaryDirectory() as folder:
        return reader_of(Path(folder), *rows).summary(Filters(), zone)


def test_the_figures(tmp_path: Path) -> None:
    rows = [
        row(1, cost=0.5, duration_ms=1000, tags={"team": "a"}),
        row(2, cost=0.25, duration_ms=3000, first_ms=200, tags={"team": "b"}),
        row(3, state="failed", cost=None, input_tokens=None, output_tokens=None, duration_ms=9000),
        row(4, state="closed", model="gpt-4o", cost=None, duration_ms=9000),
        row(5, kind="request", parent_id="x", cost=1.0, duration_ms=9000, tags={"team": "a"}),
    ]
    text = Pages(tmp_path, *rows).shows("/figures")
    assert (
        "Calls 4 1 closed early Cost $1.75 without 1 of unknown cost Input tokens 40 Output tokens 20 "
        "Median duration 1.00 s 95 %: 3.00 s Median first chunk 200 ms Failed 1 25.0% of calls" in text
    )
    heads = "Calls Failed Input Output Cost Median 95 %"
    assert (
        f"By model Model {heads} openai gpt-4o-mini 3 1 30 15 $1.75 1.00 s 3.00 s openai gpt-4o 1 0 10 5 $0.00" in text
    )
    assert f"By tag Tag {heads} team=a 1 0 20 10 $1.50 1.00 s 1.00 s team=b 1 0 10 5 $0.25 3.00 s 3.00 s" in text
    assert "One bar is 1 minute, and leads to its calls." in text


def test_bars_are_in_proportion(tmp_path: Path) -> None:
    page = Pages(tmp_path, row(1, cost=0.5), row(3, cost=0.25)).page("/figures")
    cost = page.partition('aria-label="Cost"')[2].partition("</svg>")[0]
    # The axis ends at 0.5; three minutes, of which the second has no call.
    bars = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" class="a">', cost)
    assert bars == [("3.333", "0.0", "26.667", "100.0"), ("70.0", "50.0", "26.667", "50.0")]
    assert "1 Nov 08:01\nCost: $0.50" in cost


def test_a_bar_leads_to_its_calls(tmp_path: Path) -> None:
    pages = Pages(tmp_path, row(1), row(2), row(3), row(63))
    page = pages.page("/figures?model=gpt-4o-mini&age=5200w")
    plot = page.partition('aria-label="Cost"')[2].partition("</svg>")[0]
    first, last = [unescape(link) for link in re.findall(r'<a href="([^"]+)">', plot)][::2]
    assert first == (
        "/?model=gpt-4o-mini&since=2026-11-01T08%3A00%3A00%2B00%3A00&until=2026-11-01T08%3A01%3A59.999000%2B00%3A00"
    )
    assert re.findall(r"Question \d+", pages.shows(first)) == ["Question 1"]
    assert re.findall(r"Question \d+", pages.shows(last)) == ["Question 63"]


@pytest.mark.parametrize(
    ("span_of_rows", "step", "number"),
    [
        (timedelta(0), timedelta(minutes=1), 1),
        (timedelta(minutes=50), timedelta(minutes=1), 51),
        (timedelta(hours=6), timedelta(minutes=10), 37),
        (timedelta(days=2), timedelta(hours=1), 49),
        (timedelta(days=40), timedelta(days=1), 41),
        (timedelta(days=365), timedelta(days=7), 53),
        (timedelta(days=36500), timedelta(days=364), 101),
    ],
)
def test_buckets(span_of_rows: timedelta, step: timedelta, number: int) -> None:
    start = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
    found = summary(row(0), row(1, datetime_utc=(start + span_of_rows).isoformat(timespec="milliseconds")))
    assert (found.step, len(found.starts), len(found.buckets)) == (step, number, number)
    assert sum(one.calls for one in found.buckets) == 2
    assert found.buckets[0].calls + found.buckets[-1].calls in (2, 4)


def test_days_begin_at_midnight_of_the_zone() -> None:
    times = ["2026-11-01T04:59:00.000+00:00", "2026-11-01T05:01:00.000+00:00", "2026-12-20T00:00:00.000+00:00"]
    found = summary(
        *(row(n, datetime_utc=time) for n, time in enumerate(times)), zone=ZoneInfo("America/Bogota")
    )  # UTC-5
    assert [one.calls for one in found.buckets[:2]] == [1, 1]
    assert found.starts[1].isoformat() == "2026-11-01T00:00:00-05:00"


def test_a_day_of_25_hours() -> None:
    """In Berlin, clocks were set back on 25 October 2026: that day lasts from 22:00 to 23:00 UTC."""
    times = ["2026-10-24T22:30:00.000+00:00", "2026-10-25T22:30:00.000+00:00", "2026-10-25T23:30:00.000+00:00"]
    found = summary(
        *(row(n, datetime_utc=time) for n, time in enumerate([*times, "2026-12-01T00:00:00.000+00:00"])),
        zone=ZoneInfo("Europe/Berlin"),
    )
    assert [one.calls for one in found.buckets[:3]] == [2, 1, 0]


def test_rows_without_a_time_are_left_out() -> None:
    found = summary(
        row(1, datetime_utc=""), row(2), row(3, datetime_utc="yesterday"), row(4, datetime_utc="2026-99-01T00:00")
    )
    assert found.total.calls == 1
    assert summary(row(1, datetime_utc="")).starts == []


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (duration(None), "\u2013"),
        (duration(350), "350 ms"),
        (duration(2410), "2.41 s"),
        (duration(24_130), "24.1 s"),
        (duration(185_000), "3 min 5 s"),
        (duration(7_260_000), "2 h 1 min"),
        (count(12_345), "12,345"),
        (short_count(12_345), "12.3k"),
        (short_count(7), "7"),
        (dollars(0), "$0.00"),
        (dollars(1234.5), "$1,234.50"),
        (dollars(0.5), "$0.50"),
        (dollars(0.00428), "$0.0043"),
        (dollars(0.000123), "$0.00012"),
        (dollars(1e-9), "<$0.000001"),
        (span(timedelta(minutes=5)), "5 minutes"),
        (span(timedelta(days=1)), "1 day"),
    ],
)
def test_units(shown: str, expected: str) -> None:
    assert shown == expected


@pytest.mark.parametrize(
    ("value", "end"), [(0, 1.0), (0.3, 0.4), (1, 1.0), (1.1, 2.0), (2.2, 2.5), (47, 50.0), (99, 100.0), (101, 200.0)]
)
def test_the_end_of_an_axis(value: float, end: float) -> None:
    assert nice(value) == pytest.approx(end)
