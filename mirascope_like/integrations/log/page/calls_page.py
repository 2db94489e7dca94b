"""The page with the table of calls."""

from __future__ import annotations

from .layout import Site, document, filter_form, state_badge, tag_links, time_element
from .log_reader import Choices, Listed, Summary
from .markup import Child, Html, address, element
from .query_parameters import Query
from .units import NONE, count, dollars, duration

HEADS = ("Time", "Call", "Model", "State", "Tokens", "Cost", "First chunk", "Duration")
NUMBERS = frozenset({"Tokens", "Cost", "First chunk", "Duration"})


def calls_page(site: Site, query: Query, listed: Listed, choices: Choices) -> str:
    """Return the page with the rows at one position of the list."""
    shown = table(site, listed.rows) if listed.rows else _empty(query)
    return document(
        site,
        "Calls",
        element("h1", "Calls", class_="hidden"),
        filter_form("/", query, choices),
        shown,
        _pages(query, listed),
        current="/",
        query=query,
    )


def table(site: Site, rows: list[Summary]) -> Html:
    """Return a table of rows."""
    heads = [element("th", name, scope="col", class_="number" if name in NUMBERS else None) for name in HEADS]
    body = [_row(site, row) for row in rows]
    return element(
        "div",
        element("table", element("thead", element("tr", heads)), element("tbody", body), class_="calls"),
        class_="card flush",
    )


def _row(site: Site, row: Summary) -> Html:
    name = (row.function or "").rpartition(".")[2] or "call"
    requests = row.number + 1
    notes: list[Child] = [
        element("span", f"request {requests}", class_="note") if row.kind == "request" else None,
        element("span", f"{requests} requests", class_="note") if row.kind == "call" and row.number else None,
        element("span", "stream", class_="note") if row.streamed else None,
    ]
    snippet, kind = row.prompt, "snippet"
    if row.state == "failed" and row.error:
        snippet, kind = row.error, "snippet failed"
    call = [
        element("a", name, href=f"/call/{row.id}", class_="function", title=row.function or None),
        notes,
        element("span", element("bdi", " ".join(snippet.split())), class_=kind) if snippet else None,
        element("span", "\u2192 ", element("bdi", row.calls), class_="snippet") if row.calls else None,
        tag_links(row.tags.items()),
    ]
    tokens: Child = NONE
    if row.input_tokens is not None or row.output_tokens is not None:
        tokens = [count(row.input_tokens), element("span", " \u2192 ", class_="arrow"), count(row.output_tokens)]
    cells: list[tuple[str, Child]] = [
        ("time", time_element(row.datetime_utc, site)),
        ("call", call),
        ("model", [row.model or NONE, element("small", row.provider)]),
        ("state-cell", state_badge(row.state)),
        ("number tokens" if tokens != NONE else "number tokens none", tokens),
        ("number cost", dollars(row.cost)),
        ("number first", duration(row.first_ms)),
        ("number", duration(row.duration_ms)),
    ]
    return element("tr", [element("td", content, class_=kind) for kind, content in cells])


def _pages(query: Query, listed: Listed) -> Html | None:
    if listed.newer is None and listed.older is None:
        return None
    newer = older = element("span")
    newest: Child = None
    if listed.newer is not None:
        newer = element(
            "a", "\u2190 Newer", href=address("/", [*query.parameters, ("after", listed.newer)]), rel="prev"
        )
        newest = element("a", "Newest", href=address("/", query.parameters))
    if listed.older is not None:
        older = element(
            "a", "Older \u2192", href=address("/", [*query.parameters, ("before", listed.older)]), rel="next"
        )
    return element("nav", newer, newest, older, class_="pages", aria_label="Pages of the list")


def _empty(query: Query) -> Html:
    if query.values or query.before or query.after:
        text = "No call fulfils all filters."
        link = element("a", "Show all calls", href="/")
        return element("section", element("h2", text), element("p", link), class_="card notice")
    text = "No call is logged yet."
    return element("section", element("h2", text), element("p", "Reload this page after a call."), class_="card notice")
