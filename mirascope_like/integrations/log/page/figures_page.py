"""The page with the sums of calls and their plots over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from ..figures import Figures
from .layout import Site, document, filter_form
from .log_reader import Choices
from .markup import Child, Html, address, element
from .over_time import Summary
from .plots import Axis, Series, bars, bucket_labels, lines
from .query_parameters import Query
from .units import count, dollars, duration, short_count, span

ROWS = 30
"""The rows of the tables by model and by tag."""


def figures_page(site: Site, query: Query, summary: Summary, choices: Choices) -> str:
    """Return the page with the figures of all rows that a filter accepts."""
    content: list[Child] = [element("h1", "Figures", class_="hidden"), filter_form("/figures", query, choices)]
    if not summary.buckets:
        content.append(element("section", element("h2", "No call fulfils all filters."), class_="card notice"))
    else:
        content += [
            _tiles(summary.total),
            _plots(query, summary),
            _by("Model", summary.models),
            _by("Tag", summary.tags, lambda tag: address("/figures", query.changed(tag=tag))),
        ]
    return document(site, "Figures", content, current="/figures", query=query)


def tile(name: str, value: str, note: str | None = None, kind: str | None = None) -> Html:
    """Return a figure with its name and an explanation."""
    return element(
        "div",
        element("dt", name),
        element("dd", element("b", value, class_=kind), element("small", note) if note else None),
        class_="tile",
    )


def _tiles(total: Figures) -> Html:
    share = f"{total.failed / total.calls:.1%} of calls" if total.calls else None
    unknown = f"without {count(total.unknown_costs)} of unknown cost" if total.unknown_costs else None
    return element(
        "dl",
        tile("Calls", count(total.calls), f"{count(total.closed)} closed early" if total.closed else None),
        tile("Cost", dollars(total.cost), unknown),
        tile("Input tokens", count(total.input_tokens)),
        tile("Output tokens", count(total.output_tokens)),
        tile("Median duration", duration(total.p50_ms), f"95 %: {duration(total.p95_ms)}"),
        tile("Median first chunk", duration(total.first_p50_ms)),
        tile("Failed", count(total.failed), share, "failed" if total.failed else None),
        class_="tiles",
    )


def _plots(query: Query, summary: Summary) -> Html:
    ends = [start + summary.step - timedelta(milliseconds=1) for start in summary.starts]
    axis = Axis(
        bucket_labels(summary.starts, summary.step),
        [
            address("/", query.changed(since=start.isoformat(), until=end.isoformat(), age=None))
            for start, end in zip(summary.starts, ends, strict=True)
        ],
    )

    def series(name: str, value: Callable[[Figures], float | None], kind: str) -> Series:
        return Series(name, [value(one) for one in summary.buckets], kind)

    cost = [series("Cost", lambda one: one.cost, "a")]
    tokens = [series("Input", lambda one: one.input_tokens, "a"), series("Output", lambda one: one.output_tokens, "b")]
    times = [
        series("Duration, 95 %", lambda one: one.p95_ms, "b"),
        series("Duration, median", lambda one: one.p50_ms, "a"),
        series("First chunk, median", lambda one: one.first_p50_ms, "c"),
    ]
    states = [
        series("done", lambda one: one.calls - one.closed - one.failed, "done"),
        series("closed", lambda one: one.closed, "closed"),
        series("failed", lambda one: one.failed, "failed"),
    ]
    return element(
        "section",
        bars("Cost", cost, axis, dollars),
        bars("Tokens", tokens, axis, short_count),
        lines("Latency", times, axis, duration),
        bars("Calls", states, axis, short_count),
        element("p", f"One bar is {span(summary.step)}, and leads to its calls.", class_="caption"),
        class_="plots",
    )


def _by(name: str, groups: Sequence[Figures], link: Callable[[str], str] | None = None) -> Html | None:
    if not groups:
        return None
    heads = ("Calls", "Failed", "Input", "Output", "Cost", "Median", "95 %")
    rows: list[Child] = []
    for one in groups[:ROWS]:
        first: Child = element("a", one.group, href=link(one.group)) if link is not None else one.group
        values = (
            *(count(one.calls), count(one.failed), count(one.input_tokens), count(one.output_tokens)),
            *(dollars(one.cost), duration(one.p50_ms), duration(one.p95_ms)),
        )
        named = zip(heads, values, strict=True)
        cells = [element("td", value, class_="number", data_label=head) for head, value in named]
        rows.append(element("tr", element("th", first, scope="row"), cells))
    columns = [element("th", name, scope="col"), *(element("th", head, scope="col", class_="number") for head in heads)]
    more = len(groups) - ROWS
    return element(
        "section",
        element("h2", f"By {name.lower()}"),
        element("table", element("thead", element("tr", columns)), element("tbody", rows), class_="sums"),
        element("p", f"{more} more are not shown.", class_="caption") if more > 0 else None,
        class_="card flush",
    )
