"""Plots as inline SVG. Drawings are 100 wide and 100 high, and stretched. Labels are HTML, so they stay sharp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor, log10

from .markup import Child, Html, element


@dataclass
class Series:
    """The values of one line, or of one layer of bars."""

    name: str
    values: Sequence[float | None]
    kind: str
    """The class of the style sheet that has the color."""


@dataclass
class Axis:
    """The axis of time of a plot."""

    labels: Sequence[str]
    links: Sequence[str]
    """The address of the calls at each label."""


def bars(title: str, series: Sequence[Series], axis: Axis, unit: Callable[[float], str]) -> Html:
    """Return a plot with one stacked bar for each label."""
    labels = axis.labels
    sums = [sum(one.values[index] or 0 for one in series) for index in range(len(labels))]
    top = nice(max(sums, default=0))
    width = 100 / max(len(labels), 1)
    marks: list[Child] = []
    for index, label in enumerate(labels):
        if not sums[index]:
            continue
        bottom, layers = 100.0, list[Child]()
        for one in series:
            height = (one.values[index] or 0) / top * 100
            if height:
                bottom -= height
                layers.append(_rect(index * width + width * 0.1, bottom, width * 0.8, height, one.kind))
        tip = _tip(label, series, index, unit)
        place = _rect(index * width, 0, width, 100, "hit")
        marks.append(element("a", element("title", tip), place, layers, href=axis.links[index]))
    return _figure(title, marks, series, labels, top, unit)


def lines(title: str, series: Sequence[Series], axis: Axis, unit: Callable[[float], str]) -> Html:
    """Return a plot with one line for each series. A line joins the values before and after a gap."""
    labels = axis.labels
    top = nice(max((value for one in series for value in one.values if value is not None), default=0))
    width = 100 / max(len(labels), 1)
    marks: list[Child] = []
    for one in series:
        points = [
            (index * width + width / 2, 100 - value / top * 100)
            for index, value in enumerate(one.values)
            if value is not None
        ]
        if len(points) == 1:
            points = [(points[0][0] - width / 3, points[0][1]), (points[0][0] + width / 3, points[0][1])]
        path = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
        marks.append(element("polyline", points=path, class_=f"line {one.kind}"))
    for index, label in enumerate(labels):
        if any(one.values[index] is not None for one in series):
            tip = _tip(label, series, index, unit)
            place = _rect(index * width, 0, width, 100, "hit")
            marks.append(element("a", element("title", tip), place, href=axis.links[index]))
    return _figure(title, marks, series, labels, top, unit)


def time_line(chunks: Sequence[Sequence[int]], duration_ms: int, first_ms: int | None) -> Html:
    """Return the time line of a stream: a mark for each read, as high as its number of events."""
    end = max([duration_ms, *(one[0] for one in chunks if one), 1])
    marks: list[Child] = []
    if first_ms is not None:
        marks.append(_rect(0, 0, first_ms / end * 100, 100, "wait"))
    columns: dict[int, int] = {}
    for one in chunks:  # reads at the same place of the drawing are one mark
        if len(one) > 1:
            place = round(one[0] / end * 400)
            columns[place] = columns.get(place, 0) + one[1]
    most = max(columns.values(), default=1) or 1
    for place, events in sorted(columns.items()):
        height = 18 + 82 * (events / most) ** 0.5
        x = min(place / 4, 99.6)
        tip = f"{place / 400 * end:.0f} ms: {events} event{'s' if events != 1 else ''}"
        marks.append(
            element("g", element("title", tip), element("line", x1=x, x2=x, y1=100, y2=round(100 - height, 2)))
        )
    label = "Time line of the stream: each line is a read of the network"
    return _svg(marks, label, "time-line")


def nice(value: float) -> float:
    """Return the end of an axis: the next of 1, 2, 2.5, 4, 5 and 10 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 2, 2.5, 4, 5, 10, 20) if step * power >= value * 0.999999)


def bucket_labels(starts: Sequence[datetime], step: timedelta) -> list[str]:
    """Return the label of each bar: a date, or a date with a time."""
    form = "%d %b %Y" if step >= timedelta(days=1) else "%d %b %H:%M"
    return [start.strftime(form).removeprefix("0") for start in starts]


def _tip(label: str, series: Sequence[Series], index: int, unit: Callable[[float], str]) -> str:
    values = [(one.name, one.values[index]) for one in series]
    return "\n".join([label, *(f"{name}: {unit(value)}" for name, value in values if value is not None)])


def _rect(x: float, y: float, width: float, height: float, kind: str) -> Html:
    return element("rect", x=round(x, 3), y=round(y, 3), width=round(width, 3), height=round(height, 3), class_=kind)


def _svg(marks: Child, label: str, kind: str) -> Html:
    return element(
        "svg", marks, viewBox="0 0 100 100", preserveAspectRatio="none", role="img", aria_label=label, class_=kind
    )


def _figure(
    title: str,
    marks: Child,
    series: Sequence[Series],
    labels: Sequence[str],
    top: float,
    unit: Callable[[float], str],
) -> Html:
    grid = [element("line", x1=0, x2=100, y1=y, y2=y, class_="grid") for y in (0, 50, 100)]
    keys = [element("span", element("i", class_=f"key {one.kind}"), one.name) for one in series]
    ends = [labels[0], labels[len(labels) // 2], labels[-1]] if len(labels) > 2 else list(labels)
    return element(
        "figure",
        element(
            "figcaption", element("strong", title), element("span", keys, class_="keys") if len(keys) > 1 else None
        ),
        element(
            "div",
            element("div", [element("span", unit(value)) for value in (top, top / 2, 0.0)], class_="y-axis"),
            _svg([grid, marks], title, "plot"),
            class_="drawing",
        ),
        element("div", [element("span", label) for label in ends], class_="x-axis"),
        class_="card",
    )
