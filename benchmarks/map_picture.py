"""The picture of maps against a server with a limit, as SVG: a panel for each run, all with the same axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil
from typing import NamedTuple

COLUMNS = 2
WIDTH, HEIGHT = 430, 118
"""The size of the plot of one panel."""
LEFT, TOP, BETWEEN, BELOW = 52, 96, 70, 66
MOST = 3.0
"""The largest number of the vertical axis, in quotas. What is more is cut off, and its number is written."""

STYLE = """<style>
  svg { --text: #1f2328; --muted: #59636e; --grid: #d8dee4; --page: #ffffff }
  svg { --good: #0860c4; --bad: #cf222e; --quota: #177a36 }
  @media (prefers-color-scheme: dark) {
    svg { --text: #f0f6fc; --muted: #a5afba; --grid: #30363d; --page: #0d1117 }
    svg { --good: #58a6ff; --bad: #ff7b72; --quota: #4cc763 }
  }
  text { fill: var(--text); font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
  .title { font-size: 17px; font-weight: 600 }
  .name { font-size: 13px; font-weight: 600 }
  .small { fill: var(--muted); font-size: 11px }
  .end { text-anchor: end }
  .middle { text-anchor: middle }
  .page { fill: var(--page) }
  .grid { stroke: var(--grid) }
  .good { fill: none; stroke: var(--good); stroke-width: 1.8 }
  .bad { fill: var(--bad); fill-opacity: .3; stroke: var(--bad); stroke-width: 1 }
  .quota { stroke: var(--quota); stroke-width: 1.4; stroke-dasharray: 5 3 }
  .cut { fill: var(--bad); font-size: 11px }
</style>"""


class Track(NamedTuple):
    """One run: the answers and refusals in each of its seconds."""

    name: str
    answers: Sequence[int]
    refusals: Sequence[int]
    failed: int

    @property
    def summary(self) -> str:
        total, refused = sum(self.answers), sum(self.refusals)
        return f"{total:,} answers, {refused:,} refusals, {self.failed:,} items failed"


class Panel:
    """One run at a place of the picture."""

    def __init__(self, track: Track, x: float, y: float, seconds: int, rate: float) -> None:
        self._track = track
        self._x, self._y = x, y
        self._seconds, self._rate = seconds, rate

    def _across(self, second: float) -> float:
        return self._x + second / self._seconds * WIDTH

    def _up(self, count: float) -> float:
        return self._y + HEIGHT * (1 - min(count / self._rate, MOST) / MOST)

    def _steps(self, counts: Sequence[int]) -> str:
        """Return the points of a line that is level within each second."""
        places = ((second + side, count) for second, count in enumerate(counts) for side in (0, 1))
        return " ".join(f"{self._across(second):.1f},{self._up(count):.1f}" for second, count in places)

    def lines(self) -> Iterator[str]:
        track, x, y = self._track, self._x, self._y
        bottom, right = y + HEIGHT, x + WIDTH
        yield f'<text class="name" x="{x}" y="{y - 26}">{escape(track.name)}</text>'
        yield f'<text class="small" x="{x}" y="{y - 10}">{escape(track.summary)}</text>'
        for quotas in range(int(MOST) + 1):
            level = self._up(quotas * self._rate)
            yield f'<line class="grid" x1="{x}" y1="{level:.1f}" x2="{right}" y2="{level:.1f}"/>'
            yield f'<text class="small end" x="{x - 6}" y="{level + 4:.1f}">{quotas * self._rate:.0f}</text>'
        step = max(10, ceil(self._seconds / 6 / 10) * 10)
        for second in range(0, self._seconds + 1, step):
            place = f'x="{self._across(second):.1f}" y="{bottom + 16}"'
            yield f'<text class="small middle" {place}>{second} s</text>'
        start, end = f"{x:.1f},{bottom:.1f}", f"{self._across(len(track.refusals)):.1f},{bottom:.1f}"
        if any(track.refusals):
            yield f'<polygon class="bad" points="{start} {self._steps(track.refusals)} {end}"/>'
        level = self._up(self._rate)
        yield f'<line class="quota" x1="{x}" y1="{level:.1f}" x2="{right}" y2="{level:.1f}"/>'
        yield f'<polyline class="good" points="{start} {self._steps(track.answers)} {end}"/>'
        if (highest := max(track.refusals, default=0)) > MOST * self._rate:
            yield f'<text class="cut end" x="{right}" y="{y - 10}">up to {highest:,} refusals a second</text>'


def drawn(tracks: Sequence[Track], rate: float, burst: int) -> str:
    """Return the picture."""
    seconds = max(10, *(len(track.answers) for track in tracks))
    rows = ceil(len(tracks) / COLUMNS)
    width = COLUMNS * (LEFT + WIDTH) + 40
    height = TOP + rows * (HEIGHT + BELOW + 20) + 10
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-labelledby="title description">',
        '<title id="title">Maps against a server with a limit</title>',
        f'<desc id="description">{escape("; ".join(f"{one.name}: {one.summary}" for one in tracks))}</desc>',
        STYLE,
        f'<rect class="page" width="{width}" height="{height}"/>',
        f'<text class="title" x="{LEFT}" y="28">Requests per second against a limit of {rate:.0f} per second '
        f"(bursts of {burst})</text>",
        *_legend(LEFT, 48),
    ]
    for number, track in enumerate(tracks):
        x = LEFT + number % COLUMNS * (LEFT + WIDTH)
        y = TOP + 20 + number // COLUMNS * (HEIGHT + BELOW + 20)
        lines += Panel(track, x, y, seconds, rate).lines()
    return "\n".join([*lines, "</svg>", ""])


def _legend(x: int, y: int) -> Iterator[str]:
    for kind, text in ("good", "answers"), ("bad", "refusals (HTTP 429)"), ("quota", "the limit"):
        if kind == "bad":
            yield f'<rect class="{kind}" x="{x}" y="{y - 9}" width="26" height="10"/>'
        else:
            yield f'<line class="{kind}" x1="{x}" y1="{y - 4}" x2="{x + 26}" y2="{y - 4}"/>'
        yield f'<text x="{x + 33}" y="{y}">{text}</text>'
        x += 60 + 7 * len(text)
