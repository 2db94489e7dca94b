"""A pytest plugin that runs each test with the loopback server twice: recorded, then from the recording.

`pytest -p tests.testing.replaying tests/conformance` shows that the suite's own assertions hold of a replay: for every
provider and capability, the responses, streams, errors and requests are those of the wire. What a test reads of the
server's side of a connection has no meaning in a replay: such tests are counted, and run once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import pytest

from mirascope_like.testing import Recording, record, replay
from tests.harness.server import Request, Server

COUNTS: Counter[str] = Counter()


class OnlyOfTheServerError(Exception):
    """A test reads what only the server knows."""


class Headers(dict[str, str]):
    """Headers that a recording has; those with keys are none of them."""

    def items(self) -> Any:
        raise OnlyOfTheServerError("all headers")

    keys = values = __iter__ = items

    def __getitem__(self, name: str) -> str:
        if name not in self:
            raise OnlyOfTheServerError(name)
        return super().__getitem__(name)

    def get(self, name: str, *_: Any) -> str:
        return self[name]


class Replayed:
    """What a test sees in place of the server: its address, and the requests."""

    def __init__(self, server: Server, recording: Recording) -> None:
        self.url, self.port = server.url, server.port
        self._recording = recording

    def reply(self, *_: Any) -> Any:
        return self

    reply_with = always = reply

    @property
    def requests(self) -> list[Request]:
        return [
            Request(one.method, _target(one.url), Headers(one.headers), one.content, 0)
            for one in self._recording.requests
        ]

    @property
    def request(self) -> Request:
        return self.requests[-1]

    def __getattr__(self, name: str) -> Any:
        raise OnlyOfTheServerError(name)


def _target(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Run a test, and run it again from its recording."""
    server = pyfuncitem.funcargs.get("server")
    if not isinstance(server, Server):
        return (yield)
    with TemporaryDirectory() as folder:
        path = Path(folder, "x.jsonl")
        with record(path, hosts=["127.0.0.1"]):
            result = yield
        names = pyfuncitem._fixtureinfo.argnames
        arguments = {name: pyfuncitem.funcargs[name] for name in names}
        left = '"how": "closed"' in path.read_text()  # a deadline may have passed: it does so in time only
        with replay(path, pace=1 if left else 0) as played:
            try:
                pyfuncitem.obj(**{**arguments, "server": Replayed(server, played)})
            except OnlyOfTheServerError:
                COUNTS["only of the server"] += 1
            else:
                COUNTS["replayed"] += 1
    return result


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Pass the counts of a worker of pytest-xdist on."""
    output: Any = getattr(session.config, "workeroutput", {})
    output["recordings"] = dict(COUNTS)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add the counts of a worker."""
    COUNTS.update(node.workeroutput.get("recordings", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many tests were replayed."""
    terminalreporter.write_line(f"recordings: {dict(COUNTS)}")
