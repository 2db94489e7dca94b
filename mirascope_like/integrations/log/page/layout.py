"""What all pages have: the frame, the filter, and small elements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from .log_reader import Choices
from .markup import Child, Html, address, element
from .query_parameters import AGES, STATES, Query
from .units import count, local

TEXT_LIMIT = 20_000
"""The characters of a text that are shown; a link leads to the whole text."""


@dataclass(frozen=True)
class Site:
    """What is the same on all pages."""

    name: str
    """The name of the log's file."""
    zone: tzinfo | None = None
    """The time zone in which times are shown; None for that of this machine."""


def document(site: Site, title: str, *content: Child, current: str = "", query: Query | None = None) -> str:
    """Return a whole page. `current` is the address of the page in the navigation."""
    parameters = query.parameters if query is not None else []
    links = [
        element("a", name, href=address(path, parameters), aria_current="page" if path == current else None)
        for path, name in (("/", "Calls"), ("/figures", "Figures"))
    ]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{title} \u00b7 {site.name}"),
        element("link", rel="icon", href="/icon.svg"),
        element("link", rel="stylesheet", href="/style.css"),
    )
    banner = element(
        "header",
        element(
            "a", element("span", class_="mark"), element("span", site.name, class_="name"), href="/", class_="home"
        ),
        element("nav", links, aria_label="Pages"),
        class_="banner",
    )
    body = element("body", banner, element("main", content))
    return "<!doctype html>\n" + element("html", head, body, lang="en")


def error_document(site: Site, title: str, text: str) -> str:
    """Return a page that reports why there is no other one."""
    content = element("section", element("h1", title), element("p", text), class_="card notice")
    return document(site, title, content)


def entrance(site: Site, place: str) -> str:
    """Return a page that leads to another place at once."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="refresh", content=f"0; url={place}"),
        element("title", site.name),
        element("link", rel="icon", href="/icon.svg"),
        element("link", rel="stylesheet", href="/style.css"),
    )
    return "<!doctype html>\n" + element("html", head, element("body", element("a", site.name, href=place)), lang="en")


def filter_form(path: str, query: Query, choices: Choices) -> Html:
    """Return the form with all filters."""
    values = query.values
    ages = [("", "Any time"), *AGES.items()]
    if "age" in values and values["age"] not in AGES:
        ages.append((values["age"], f"last {values['age']}"))
    fields = [
        _select("function", "Function", _options("All functions", choices.function), values),
        _select("model", "Model", _options("All models", choices.model), values),
        _select("provider", "Provider", _options("All providers", choices.provider), values),
        _select("state", "State", _options("All states", STATES), values),
        _select("tag", "Tag", _options("All tags", choices.tag), values),
        _select("session", "Session", _options("All sessions", ()), values) if "session" in values else None,
        _select("age", "Period", ages, values),
        _date("since", "From", values.get("since")),
        _date("until", "To", values.get("until")),
    ]
    search = element(
        "div",
        element(
            "input",
            type="search",
            name="text",
            value=values.get("text"),
            placeholder="Search prompts, responses and errors",
            aria_label="Search",
            maxlength=500,
        ),
        element("button", "Apply", type="submit"),
        class_="search",
    )
    requests = element("input", type="checkbox", name="requests", value="1", checked="requests" in values)
    foot = element(
        "div",
        element("label", requests, " Show the single requests of calls", class_="check") if path == "/" else None,
        element("a", "Clear filters", href=path) if values else None,
        class_="foot",
    )
    return element(
        "form",
        search,
        # Without a name it is not sent: on a small screen it shows and hides the fields.
        element("input", type="checkbox", id="more", checked=bool(set(values) - {"text"}), aria_label="Show filters"),
        element("label", "Filters", for_="more", class_="toggle"),
        element("div", fields, class_="fields"),
        foot,
        method="get",
        action=path,
        class_="filter card",
    )


def _options(every: str, values: Iterable[str]) -> list[tuple[str, str]]:
    return [("", every), *((value, value) for value in values)]


def _select(name: str, label: str, options: Sequence[tuple[str, str]], values: Mapping[str, str]) -> Html:
    chosen = values.get(name, "")
    if all(value != chosen for value, _ in options):
        options = [*options, (chosen, chosen)]
    shown = [element("option", text, value=value, selected=value == chosen) for value, text in options]
    kind = "set" if chosen else None
    return element("label", element("span", label), element("select", shown, name=name, class_=kind))


def _date(name: str, label: str, value: str | None) -> Html:
    kind = "date" if value is None or len(value) == 10 else "text"
    field = element("input", type=kind, name=name, value=value, class_="set" if value else None)
    return element("label", element("span", label), field)


def state_badge(state: str) -> Html:
    """Return how a call ended, as a colored label."""
    return element("span", state, class_=f"state {state}" if state in STATES else "state")


def time_element(time: str, site: Site) -> Html:
    """Return a time in the time zone of the page; UTC is in the tip."""
    found = local(time, site.zone)
    if found is None:
        return element("span", time)
    clock, day = found.strftime("%H:%M:%S"), found.strftime("%d %b %Y").removeprefix("0")
    return element("time", clock, element("small", day), datetime=time, title=f"{time} (UTC)")


def tag_links(tags: Iterable[tuple[str, str]]) -> Html | None:
    """Return the tags of a call; each is a link to the calls that have it."""
    links = [
        element("a", f"{name}={value}", href=address("/", [("tag", f"{name}={value}")]), class_="tag")
        for name, value in tags
    ]
    return element("span", links, class_="tags") if links else None


def text_block(text: str, whole: str, kind: str | None = None) -> list[Child]:
    """Return a text. A long one is cut, with a link to the whole text at the address `whole`."""
    shown = element("pre", element("bdi", text[:TEXT_LIMIT]), class_=kind)
    if len(text) <= TEXT_LIMIT:
        return [shown]
    rest = f"{count(len(text) - TEXT_LIMIT)} more characters: show the whole text"
    return [shown, element("a", rest, href=whole, class_="more")]
