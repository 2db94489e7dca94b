"""Faults of a connection before, in and after the headers of a response, for every provider: which error is raised, how
many requests are sent, and that each connection is closed.

Streamed and whole, sync and async. Clients do not retry, so each fault is one request. What begins and never ends is in
`test_openings.py`; faults of the events of a stream are in `test_matrix.py`.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest

from mirascope_like.core import ConnectionFailedError, MirascopeLikeError, ServerError, StreamInterruptedError
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer
from tests.harness.clocks import PATIENCE
from tests.harness.raw_server import CLOSE, RESET, RawServer, framed, slowly
from tests.harness.server import refusing_port

TEXT = "Hello"
every_row = pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
both_ways = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


class Response(NamedTuple):
    """The parts of a good response and of an error, from which scripts are made."""

    head: bytes
    """The status line and the headers, without the blank line."""
    body: bytes
    error: bytes
    """A whole response with status 500."""

    @property
    def good(self) -> bytes:
        return self.head + b"\r\n\r\n" + self.body


Script = Sequence[bytes | str | Sequence[bytes]]
Outcome = type[Exception] | str


class Fault(NamedTuple):
    """What the server sends, and what comes of it: an error, or the text."""

    script: Callable[[Response], Script]
    streamed: Outcome
    whole: Outcome


def fault(script: Callable[[Response], Script], streamed: Outcome, whole: Outcome | None = None) -> Fault:
    return Fault(script, streamed, whole or streamed)


# Before there is a response, a stream has nothing to interrupt. A body that ends too soon is an interrupted stream; for
# a whole response it is the connection that failed, as in the SDKs (their APIConnectionError).
# RFC 9110, 15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final response, even if
# the client does not expect one."
FAULTS: dict[str, Fault] = {
    "slow headers": fault(lambda r: [slowly(r.head + b"\r\n\r\n"), r.body], TEXT),
    "100": fault(lambda r: [b"HTTP/1.1 100 Continue\r\n\r\n", r.good], TEXT),
    "many 102": fault(lambda r: [b"HTTP/1.1 102 Processing\r\n\r\n" * 3, r.good], TEXT),
    "103": fault(lambda r: [b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", r.good], TEXT),
    "slow error": fault(lambda r: [slowly(r.error)], ServerError),
    "close in an error": fault(lambda r: [r.error[:-5], CLOSE], ConnectionFailedError),
    "reset in an error": fault(lambda r: [r.error[:-5], RESET], ConnectionFailedError),
    "close before the headers": fault(lambda r: [CLOSE], ConnectionFailedError),
    "reset before the headers": fault(lambda r: [RESET], ConnectionFailedError),
    "close in the status line": fault(lambda r: [b"HTTP/1.", CLOSE], ConnectionFailedError),
    "reset in the status line": fault(lambda r: [b"HTTP/1.", RESET], ConnectionFailedError),
    "close in the headers": fault(lambda r: [r.head[:-9], CLOSE], ConnectionFailedError),
    "reset in the headers": fault(lambda r: [r.head[:-9], RESET], ConnectionFailedError),
    "no HTTP": fault(lambda r: [b"\x16\x03\x01\x02\x00 hello\r\n\r\n", CLOSE], ConnectionFailedError),
    "close after the headers": fault(
        lambda r: [r.head + b"\r\n\r\n", CLOSE], StreamInterruptedError, ConnectionFailedError
    ),
    "reset after the headers": fault(
        lambda r: [r.head + b"\r\n\r\n", RESET], StreamInterruptedError, ConnectionFailedError
    ),
    "close in the body": fault(
        lambda r: [r.good[: -len(r.body) // 2], CLOSE], StreamInterruptedError, ConnectionFailedError
    ),
    "reset in the body": fault(
        lambda r: [r.good[: -len(r.body) // 2], RESET], StreamInterruptedError, ConnectionFailedError
    ),
}


def response(row: BaseRow, *, stream: bool) -> Response:
    answer = Answer("Hel", "lo")
    good = framed(row.wire.streamed(answer) if stream else row.wire.answered(answer))
    head, _, body = good.partition(b"\r\n\r\n")
    return Response(head, body, framed(row.wire.failed(500), "500 Internal Server Error"))


def called(row: BaseRow, server: Any, *, stream: bool, asynchronous: bool, seconds: float | None = None) -> str:
    """The text of one call."""

    async def main() -> str:
        async with row.aclient(server) as client:
            if stream:
                return str((await row.astream(client).timeout(total=seconds).collect()).content)
            return str((await row.aask(client)).content)

    if asynchronous:
        return asyncio.run(main())
    with row.client(server) as client:
        found = row.stream(client).timeout(total=seconds).collect() if stream else row.ask(client)
        return str(found.content)


def all_closed(row: BaseRow, server: RawServer) -> bool:
    if row.reads == "iterator":
        for thread in [one for one in threading.enumerate() if one.name == "mirascope-like"]:
            thread.join(PATIENCE)
        gc.collect()  # urllib3 closes kept connections when their pool is collected; a traceback refers to it
    return server.wait_closed()


def check(row: BaseRow, server: Any, expected: Outcome, **options: Any) -> None:
    if isinstance(expected, str):
        assert called(row, server, **options) == expected
        return
    with pytest.raises(MirascopeLikeError) as caught:
        called(row, server, **options)
    assert isinstance(caught.value, expected), repr(caught.value)
    assert "sk-test" not in repr(caught.value)


@every_row
@both_ways
@pytest.mark.parametrize("name", FAULTS)
def test_fault(row: BaseRow, name: str, asynchronous: bool) -> None:
    found = FAULTS[name]
    for stream in (True, False):
        with RawServer(*found.script(response(row, stream=stream))) as server:
            expected = found.streamed if stream else found.whole
            check(row, server, expected, stream=stream, asynchronous=asynchronous)
            assert all_closed(row, server)
            assert len(server.requests) == 1


@every_row
@pytest.mark.parametrize("name", [one for one in FAULTS if "the headers" in one])
def test_fault_with_a_deadline(row: BaseRow, name: str) -> None:
    """A deadline sends nothing a second time: a sync stream with one is opened in another way than one without."""
    found = FAULTS[name]
    with RawServer(*found.script(response(row, stream=True))) as server:
        check(row, server, found.streamed, stream=True, asynchronous=False, seconds=300)
        assert all_closed(row, server)
        assert len(server.requests) == 1


class Address(NamedTuple):
    """Where a client is told that a server is."""

    url: str


@every_row
@both_ways
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_refused_connection(row: BaseRow, asynchronous: bool, stream: bool) -> None:
    with refusing_port() as port:
        nowhere = Address(f"http://127.0.0.1:{port}")
        check(row, nowhere, ConnectionFailedError, stream=stream, asynchronous=asynchronous)


@every_row
@both_ways
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_unknown_host(row: BaseRow, asynchronous: bool, stream: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def look_up(host: Any, *_: Any, **__: Any) -> Any:
        asked.append(host if isinstance(host, str) else host.decode())
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    check(row, Address("http://model.invalid"), ConnectionFailedError, stream=stream, asynchronous=asynchronous)
    assert set(asked) == {"model.invalid"}


@every_row
@both_ways
def test_proxy_refuses_the_tunnel(row: BaseRow, asynchronous: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 9110, 9.3.6: any answer to CONNECT but 2xx says that there is no tunnel; its body is not a response of the
    provider's.
    """
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"
    for stream in (True, False):
        with RawServer(refusal, CLOSE) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            check(
                row,
                Address("https://model.invalid"),
                ConnectionFailedError,
                stream=stream,
                asynchronous=asynchronous,
            )
            assert all_closed(row, proxy)
            assert [one.split(b" ")[:2] for one in proxy.requests] == [[b"CONNECT", b"model.invalid:443"]]
            assert b"sk-test" not in proxy.requests[0]
