"""A request and its response as a recording has them: without keys, with times in seconds since the request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ...core.base.parsing import as_list, as_object


class End(StrEnum):
    """How a response ended."""

    COMPLETE = "complete"
    """It was received to its end."""
    CLOSED = "closed"
    """The program closed it before."""
    CUT = "cut"
    """The connection was lost within the body."""
    LOST = "lost"
    """The connection was lost, or never made, before the response."""
    TIMEOUT = "timeout"
    """The client's own timeout passed."""


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request, without keys. `request["messages"]` is a field of its JSON body."""

    method: str
    url: str
    headers: Mapping[str, str]
    """The headers that are recorded, with lower-case names."""
    content: bytes = field(repr=False)
    """The bytes of the body."""

    @property
    def body(self) -> Any:
        """The body: a JSON value, else the text, else the bytes; None if it is empty."""
        if not self.content:
            return None
        try:
            return parsed(self.content)
        except ValueError:
            pass
        try:
            return self.content.decode()
        except ValueError:
            return self.content

    def __getitem__(self, key: str) -> Any:
        found: Any = self.body
        return found[key]

    @property
    def path(self) -> str:
        """The path of the URL, decoded."""
        return unquote(urlsplit(self.url).path)

    @property
    def key(self) -> tuple[str, str, str | bytes]:
        """What equal requests have in common: method, path and body; the query in place of an empty body."""
        if not self.content:
            return self.method, self.path, json.dumps(sorted(parse_qsl(urlsplit(self.url).query, True)))
        try:
            return self.method, self.path, json.dumps(_with_ints(parsed(self.content)), sort_keys=True)
        except (ValueError, RecursionError):
            return self.method, self.path, self.content


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a body that arrived together."""

    time: float
    data: bytes


@dataclass(frozen=True, slots=True)
class RecordedResponse:
    """A response, or what happened in place of one: then `status` is None."""

    time: float = 0.0
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    pieces: tuple[Piece, ...] = ()
    end: End = End.COMPLETE
    end_time: float = 0.0


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """A request and its response."""

    request: RecordedRequest
    response: RecordedResponse


def parsed(content: bytes | str) -> Any:
    """Return a JSON value. Raises `ValueError` for other text, and for text that is nested too deeply."""
    try:
        return json.loads(content, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _with_ints(value: Any) -> Any:
    """Return a JSON value in which 1.0 is 1: a number is the same in both forms."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _with_ints(one) for key, one in as_object(value).items()}
    if isinstance(value, list):
        return [_with_ints(one) for one in as_list(value)]
    return value
