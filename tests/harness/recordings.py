"""Real HTTP exchanges with the providers, read from `../shared/recordings` (or `$MIRASCOPE_LIKE_RECORDINGS`).

The recordings are not part of the repository: where they are absent, the tests that need them skip.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("MIRASCOPE_LIKE_RECORDINGS") or ROOT.parent / "shared" / "recordings")
MISSING = f"no recordings at {FOLDER}: set MIRASCOPE_LIKE_RECORDINGS to a folder that has them"

need_recordings = pytest.mark.skipif(not FOLDER.is_dir(), reason=MISSING)
"""Marks a test that cannot run without the recordings."""


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request. `path` includes the query string; `host` is the server."""

    method: str
    path: str
    host: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordedResponse:
    """What was answered; `body` is what came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded request and its response: exchange number `index` of `file` (`folder/name.json`)."""

    file: str
    index: int
    api: str
    stream: bool
    request: RecordedRequest = field(repr=False, compare=False)
    response: RecordedResponse = field(repr=False, compare=False)

    @property
    def stem(self) -> str:
        """The name of the file, without its folder and `.json`."""
        return Path(self.file).stem

    @property
    def id(self) -> str:
        """A stable name for pytest."""
        return f"{self.api}-{self.stem}-{self.index}"

    @property
    def is_error(self) -> bool:
        return self.response.status >= 400


def exchanges(
    api: str | Iterable[str] | None = None,
    *,
    stream: bool | None = None,
    error: bool | None = None,
    status: int | None = None,
    where: Callable[[Exchange], bool] | None = None,
) -> list[Exchange]:
    """The recorded exchanges that fit every filter, in a stable order; none where there are no recordings."""
    apis = None if api is None else {api} if isinstance(api, str) else set(api)
    return [
        exchange
        for exchange in _every_exchange()
        if (apis is None or exchange.api in apis)
        and (stream is None or exchange.stream is stream)
        and (error is None or exchange.is_error is error)
        and (status is None or exchange.response.status == status)
        and (where is None or where(exchange))
    ]


def exchange(stem: str, index: int = 0) -> Exchange:
    """One exchange by the name of its file; skips the running test where there are no recordings."""
    if not FOLDER.is_dir():
        pytest.skip(MISSING)
    return next(each for each in _every_exchange() if each.stem == stem and each.index == index)


def parametrize_exchanges(
    api: str | Iterable[str] | None = None, *, name: str = "exchange", **filters: Any
) -> pytest.MarkDecorator:
    """`pytest.mark.parametrize` over `exchanges(api, **filters)`; one skipped case without recordings."""
    if not FOLDER.is_dir():
        absent = pytest.param(None, id="no-recordings", marks=pytest.mark.skip(reason=MISSING))
        return pytest.mark.parametrize(name, [absent])
    found = exchanges(api, **filters)
    if not found:
        raise LookupError(f"no recorded exchange for {api=} {filters}")
    return pytest.mark.parametrize(name, [pytest.param(each, id=each.id) for each in found])


@cache
def _every_exchange() -> tuple[Exchange, ...]:
    return tuple(each for file in sorted(FOLDER.glob("*/*.json")) for each in _read(file))


def _read(file: Path) -> Iterator[Exchange]:
    for index, raw in enumerate(json.loads(file.read_text("utf-8"))["exchanges"]):
        request, response = raw["request"], raw["response"]
        binary = response.get("body_base64")
        body = base64.b64decode(binary) if binary is not None else response["body"].encode("utf-8")
        yield Exchange(
            file=f"{file.parent.name}/{file.name}",
            index=index,
            api=raw["api"],
            stream=raw["stream"],
            request=RecordedRequest(request["method"], request["path"], request["host"], request["body"]),
            response=RecordedResponse(response["status"], dict(response["headers"]), body),
        )
