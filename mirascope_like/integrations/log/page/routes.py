"""Which page an address has."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..logged_call import LoggedCall
from .call_page import call_page, parts_of, raw_json
from .calls_page import calls_page
from .figures_page import figures_page
from .layout import Site
from .log_reader import LogReader
from .query_parameters import BadParameterError, parameters_of, query_of

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
_CALL = re.compile(r"/call/(\d{1,18}|[0-9a-f]{32})(?:/(raw|error|part/(\d{1,9})))?", re.ASCII)


class MissingError(LookupError):
    """There is no page at an address. Its message is shown to the user."""


@dataclass(frozen=True)
class Answer:
    """The body of a response, its media type and its status."""

    body: str
    kind: str = HTML
    status: int = 200


def answer(reader: LogReader, site: Site, path: str, query: str) -> Answer:
    """Return the page at a path.

    Raises `BadParameterError` for wrong parameters, `MissingError` if there is no such page, and `StoreError` if the
    log cannot be read.
    """
    if path == "/":
        wanted = query_of(query, site.zone)
        return Answer(calls_page(site, wanted, reader.listed(wanted), reader.choices()))
    if path == "/figures":
        wanted = query_of(query, site.zone)
        if wanted.before or wanted.after:
            raise BadParameterError("the figures have no pages")
        summary = reader.summary(wanted.filters, site.zone)
        return Answer(figures_page(site, wanted, summary, reader.choices()))
    match = _CALL.fullmatch(path)
    if match is None:
        raise MissingError("There is no such page.")
    call = reader.call(match[1])
    if call is None:
        raise MissingError(f"The log has no call {match[1]}.")
    return _of_call(reader, site, call, match[2], match[3], query)


def _of_call(
    reader: LogReader, site: Site, call: LoggedCall, what: str | None, number: str | None, query: str
) -> Answer:
    given = parameters_of(query, ("messages",) if what is None else ())
    if what is None:
        if given.get("messages", "all") != "all":
            raise BadParameterError('the parameter "messages" must be "all"')
        return Answer(call_page(site, call, reader.family(call), every_turn="messages" in given))
    if what == "raw":
        return Answer(raw_json(call), TEXT)
    if what == "error":
        return Answer(call.error or "", TEXT)
    parts = parts_of(call)
    if number is None or int(number) >= len(parts):
        raise MissingError("The conversation has no such part.")
    return Answer(parts[int(number)].text, TEXT)
