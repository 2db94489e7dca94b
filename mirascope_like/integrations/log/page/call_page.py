"""The page of one call: its conversation, its time line, the rows to which it belongs, its settings and its JSON."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from ..logged_call import LoggedCall
from .calls_page import table
from .conversation import Part, Turn, as_json, conversation
from .figures_page import tile
from .layout import Site, document, state_badge, tag_links, text_block, time_element
from .log_reader import Family
from .markup import Child, Html, address, element
from .plots import time_line
from .units import count, dollars, duration

TURNS = 60
"""The last turns that are shown of a longer conversation."""
_PART_NAMES = {
    "thinking": "Thinking",
    "call": "Tool call",
    "result": "Tool result",
    "media": "Attached",
    "data": "Data",
}


def call_page(site: Site, call: LoggedCall, family: Family, *, every_turn: bool = False) -> str:
    """Return the page of a row. With `every_turn`, a long conversation is shown from its begin."""
    name = (call.function or "").rpartition(".")[2] or "call"
    head = element(
        "section",
        element(
            "div",
            element("h1", element("bdi", name)),
            state_badge(call.state),
            element("span", f"request {call.number + 1}", class_="note") if call.kind == "request" else None,
            class_="title",
        ),
        element(
            "p",
            [call.function, " \u00b7 "] if call.function else None,
            time_element(call.datetime_utc, site),
            [" \u00b7 session ", _session(call.conversation_id)] if call.conversation_id else None,
            class_="caption",
        ),
        tag_links(call.tags.items()),
        class_="head",
    )
    content = [
        head,
        _tiles(call, family),
        _error(call),
        _conversation(call, every_turn),
        _stream(call),
        _rows(site, "Made by", [family.parent] if family.parent is not None else []),
        _rows(site, "Earlier requests of this call", family.requests),
        _rows(site, "Calls made by this call", family.children),
        _details(call),
    ]
    return document(site, f"{name} {call.id}", content)


def _session(name: str) -> Html:
    return element("a", element("bdi", name), href=address("/", [("session", name)]))


def parts_of(call: LoggedCall) -> list[Part]:
    """Return all parts of the conversation. The number of a part in this list is that in its address."""
    return [part for turn in conversation(call) for part in turn.parts]


def raw_json(call: LoggedCall) -> str:
    """Return a row as JSON."""
    return as_json({name: value for name, value in asdict(call).items() if value is not None})


def _tiles(call: LoggedCall, family: Family) -> Html:
    """Return the figures of a row. Those of a call are the sums of its requests."""
    requests = family.requests
    tokens_in = _sum([call.input_tokens, *(one.input_tokens for one in requests)])
    tokens_out = _sum([call.output_tokens, *(one.output_tokens for one in requests)])
    cost = _sum([call.cost, *(one.cost for one in requests)])
    note = f"in {len(requests) + 1} requests" if requests else None
    details = (call.token_details or {}) if not requests else {}
    cached = [f"{count(details[name])} {text}" for name, text in _TOKENS if details.get(name)]
    reasoning = details.get("reasoning_tokens")
    resolved = call.resolved_model if call.resolved_model != call.model else None
    return element(
        "dl",
        tile("Model", call.model or "\u2013", " \u00b7 ".join(filter(None, (call.provider, resolved))) or None, "word"),
        tile("Input tokens", count(tokens_in), note or ", ".join(cached) or None),
        tile("Output tokens", count(tokens_out), f"{count(reasoning)} for reasoning" if reasoning else note),
        tile("Cost", dollars(cost), note),
        tile("Duration", duration(call.duration_ms)),
        tile("First chunk", duration(call.first_ms)) if call.streamed or call.first_ms is not None else None,
        tile("Finish reason", call.finish_reason, None, "word") if call.finish_reason else None,
        class_="tiles",
    )


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


_TOKENS = (("cached_tokens", "from the cache"), ("cache_write_tokens", "written to the cache"))


def _error(call: LoggedCall) -> Html | None:
    if not call.error:
        return None
    block = text_block(call.error, f"/call/{call.id}/error")
    return element("section", element("h2", "Error"), block, class_="card error", role="alert")


def _conversation(call: LoggedCall, every_turn: bool) -> Html:
    turns = conversation(call)
    left_out = 0 if every_turn else max(0, len(turns) - TURNS)
    number = sum(len(turn.parts) for turn in turns[:left_out])
    shown: list[Child] = []
    for turn in turns[left_out:]:
        shown.append(_turn(call, turn, number))
        number += len(turn.parts)
    if not turns:
        shown.append(element("p", "The log has no content of this call.", class_="caption"))
    link = None
    if left_out:
        link = element(
            "a",
            f"{count(left_out)} earlier messages: show all",
            href=address(f"/call/{call.id}", [("messages", "all")]),
            class_="more",
        )
    return element("section", element("h2", "Conversation"), link, shown, class_="conversation")


def _turn(call: LoggedCall, turn: Turn, number: int) -> Html:
    parts = [_part(part, f"/call/{call.id}/part/{number + index}") for index, part in enumerate(turn.parts)]
    known = turn.role if turn.role in ("system", "user", "assistant", "tool") else "other"
    return element("article", element("h3", turn.role), parts, class_=f"turn {known}")


def _part(part: Part, whole: str) -> Html:
    if part.kind == "text":
        return element("div", text_block(part.text, whole), class_="part text")
    kind = f"part {part.kind}{' failed' if part.failed else ''}"
    name = "Tool error" if part.failed else _PART_NAMES[part.kind]
    title = [name, " ", element("b", element("bdi", part.name)) if part.name else None]
    if part.kind == "media":
        return element("div", element("span", title, class_="label"), element("bdi", part.text), class_=kind)
    if part.kind == "thinking" or len(part.text) > 1_500:
        return element("details", element("summary", title, class_="label"), text_block(part.text, whole), class_=kind)
    return element("div", element("span", title, class_="label"), text_block(part.text, whole), class_=kind)


def _stream(call: LoggedCall) -> Html | None:
    if not call.chunks:
        return None
    reads = [one for one in call.chunks if len(one) > 1]
    times = [time for time, _ in reads]
    gap = max((later - earlier for earlier, later in itertools.pairwise(times)), default=0)
    first, end = call.first_ms, max([call.duration_ms or 0, *times])
    events = sum(events for _, events in reads)
    text = f"{count(events)} events in {count(len(reads))} reads; longest gap {duration(gap)}"
    if call.kind == "call" and call.number:
        first, text = times[0], f"The last request: {text}"
    axis = [element("span", duration(value)) for value in (0, end / 2, end)]
    return element(
        "section",
        element("h2", "Stream"),
        element("div", time_line(reads, end, first), class_="drawing"),
        element("div", axis, class_="x-axis"),
        element("p", text, class_="caption"),
        class_="card",
    )


def _rows(site: Site, title: str, rows: Sequence[Any]) -> Html | None:
    if not rows:
        return None
    return element("section", element("h2", title), table(site, list(rows)), class_="related")


def _details(call: LoggedCall) -> Html:
    blocks = (
        ("Arguments", call.arguments),
        ("Call parameters", call.options),
        ("Settings of the request", call.settings),
        ("Offered tools", ", ".join(call.tools) if call.tools else None),
        ("Other tokens", call.token_details),
        ("Response, as the provider sent it", call.response_json),
        ("All values", raw_json(call)),
    )
    shown = [
        element("details", element("summary", name), text_block(as_json(value), f"/call/{call.id}/raw"))
        for name, value in blocks
        if value
    ]
    link = element("a", "The whole row as JSON", href=f"/call/{call.id}/raw", class_="more")
    return element("section", element("h2", "Details"), shown, link, class_="card details")
