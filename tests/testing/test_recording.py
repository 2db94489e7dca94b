"""What a recording has of the wire, on every HTTP library: pieces, times, ends, and nothing later than without it."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import httpx2
import pytest
import requests

from mirascope_like.testing import ReplayError, RequestBlockedError, block_requests, blocking, record, replay
from tests.harness.clocks import PATIENCE
from tests.harness.raw_server import CLOSE, RawServer
from tests.harness.server import CloseEarly, Gate, Reply, Reset, Server, Stall
from tests.testing.senders import BODY, PATH, SENDERS, WHOLE, Received, each_sender

EVENTS = {"content-type": "text/event-stream"}


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def end(file: Path) -> str:
    found: str = rows(file)[-1]["how"]
    return found


def texts(file: Path) -> list[str]:
    return [row["text"] for row in rows(file) if "piece" in row]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "x.jsonl"


@each_sender
def test_a_piece_is_read_when_it_arrives(send: Any, server: Server, file: Path) -> None:
    gate = Gate()
    server.reply(Reply((b"data: 1\n\n", gate, b"data: 2\n\n"), 200, EVENTS))

    def got(piece: bytes) -> bool:
        gate.open()  # the server waits for it before it sends the second one
        return False

    with record(file):
        send(f"{server.url}{PATH}", got)
    assert texts(file) == ["data: 1\n\n", "data: 2\n\n"]
    assert end(file) == "complete"
    with replay(file, pace=0):
        assert Received(send, server.url).pieces == [b"data: 1\n\n", b"data: 2\n\n"]
    assert len(server.requests) == 1


@each_sender
def test_an_early_close(send: Any, server: Server, file: Path) -> None:
    server.reply(Reply((b"data: 1\n\n", Stall()), 200, EVENTS))
    with record(file):
        assert Received(send, server.url, most=1).error is None
    assert server.wait_closed(), "the connection is closed, not read to its end"
    assert server.served[0].state == "aborted"
    assert texts(file) == ["data: 1\n\n"]
    assert end(file) == "closed"
    with replay(file, pace=0):
        assert Received(send, server.url, most=1).ended == 200
    with replay(file, pace=0):
        found = Received(send, server.url)
    assert found.pieces == [b"data: 1\n\n"]
    assert isinstance(found.error, ReplayError)
    assert "The program closed this response here when it was recorded" in str(found.error)


FAULTS: dict[str, Any] = {
    "cut": (Reply((b"data: 1\n\n", CloseEarly()), 200, EVENTS), "cut", {}),
    "cut before the first piece": (Reply((CloseEarly(),), 200, EVENTS), "cut", {}),
    "late": (Reply((b"data: 1\n\n", Stall()), 200, EVENTS), "timeout", {"timeout": 0.05}),
    "never": (Reply((b"",), delay=PATIENCE), "timeout", {"timeout": 0.05}),
}


@each_sender
@pytest.mark.parametrize("fault", FAULTS)
def test_faults(send: Any, fault: str, server: Server, file: Path) -> None:
    """A read timeout may also pass before the response, on a machine that is busy: a replay has what was recorded."""
    reply, expected, options = FAULTS[fault]
    server.always(reply)
    live = Received(send, server.url, **options)
    with record(file):
        recorded = Received(send, server.url, **options)
    count = len(server.requests)
    with replay(file, pace=0):
        replayed = Received(send, server.url, **options)
    assert recorded.error is not None
    assert (replayed.ended, replayed.pieces) == (recorded.ended, recorded.pieces)
    if not options:
        assert (live.ended, live.pieces) == (recorded.ended, recorded.pieces)
        assert live.pieces == [one for one in reply.pieces if isinstance(one, bytes)]
    assert end(file) == expected
    assert len(server.requests) == count


@each_sender
def test_a_connection_that_is_reset_is_replayed_as_one_that_is_lost(send: Any, server: Server, file: Path) -> None:
    server.reply(Reply((b"data: 1\n\n", Reset()), 200, EVENTS), Reply((b"data: 1\n\n", CloseEarly()), 200, EVENTS))
    with record(file):
        assert Received(send, server.url).error is not None
    lost = Received(send, server.url)
    with replay(file, pace=0):
        assert Received(send, server.url).ended == lost.ended
    assert end(file) == "cut"


@each_sender
def test_no_response(send: Any, file: Path) -> None:
    with RawServer(CLOSE) as server:
        live = Received(send, server.url)
        with record(file):
            recorded = Received(send, server.url)
    with replay(file, pace=0):
        replayed = Received(send, server.url)
    assert live.error is not None
    assert live.ended == recorded.ended == replayed.ended
    assert [next(iter(row)) for row in rows(file)] == ["recording", "request", "end"]
    assert end(file) == "lost"


COMPRESSED = {
    "gzip": gzip.compress(b'{"a": "caf\xc3\xa9"}'),
    "deflate": zlib.compress(b'{"a": "caf\xc3\xa9"}'),
}


@pytest.mark.parametrize("encoding", COMPRESSED)
@pytest.mark.parametrize("library", ["httpx2", "aiohttp", "requests"])
def test_compressed(library: str, encoding: str, server: Server, file: Path) -> None:
    """Recorded as text, so that it can be read, and keys in it are found."""
    body = COMPRESSED[encoding]
    kind = {"content-type": "application/json", "content-encoding": encoding}
    server.reply(Reply((body[:9], body[9:]), 200, kind))
    with record(file):
        live = WHOLE[library](f"{server.url}{PATH}")
    with replay(file, pace=0):
        assert WHOLE[library](f"{server.url}{PATH}") == live == {"a": "café"}
    assert [row["json"] for row in rows(file) if "body" in row] == [{"a": "café"}]
    assert [row["headers"] for row in rows(file) if "response" in row] == [{"content-type": "application/json"}]


def test_an_error_of_http(server: Server, file: Path) -> None:
    server.reply(Reply.error(429, "slow down", retry_after="7", x_request_id="r1", openai_organization="org-mine"))
    with record(file):
        live = httpx2.post(f"{server.url}{PATH}", json=BODY)
    with replay(file, pace=0):
        found = httpx2.post(f"{server.url}{PATH}", json=BODY)
    assert (found.status_code, found.json(), found.headers["retry-after"]) == (429, live.json(), "7")
    assert [row["headers"] for row in rows(file) if "response" in row] == [
        {"content-type": "application/json", "retry-after": "7", "x-request-id": "r1"}
    ]


def test_redirects(server: Server, file: Path) -> None:
    """Each is a request of its own; a library that follows them inside of its session shows the last one only."""
    server.reply(Reply((), 307, {"location": f"{server.url}/v2/chat/completions"}), Reply.json({"a": 1}))
    with record(file):
        httpx2.post(f"{server.url}{PATH}", json=BODY, follow_redirects=True)
    with replay(file, pace=0) as played:
        assert httpx2.post(f"{server.url}{PATH}", json=BODY, follow_redirects=True).json() == {"a": 1}
    assert [one.path for one in played.requests] == ["/v1/chat/completions", "/v2/chat/completions"]


def test_recording_while_requests_are_blocked(server: Server, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `conftest.py` that blocks requests needs no change for `--llm-record`; what is not recorded stays blocked."""
    monkeypatch.setattr(blocking, "is_local", lambda host: False)
    server.reply(Reply.json({"a": 1}))
    with block_requests(), record(file):
        assert httpx2.post(f"{server.url}{PATH}", json=BODY).json() == {"a": 1}
        with pytest.raises(RequestBlockedError):
            httpx2.get(f"{server.url}/page")
    assert len(server.requests) == 1


def test_a_session_keeps_its_cookies(server: Server, file: Path) -> None:
    server.reply(*(Reply.json({}, headers={"set-cookie": "a=secret; Path=/"}) for _ in range(2)))
    with record(file), requests.Session() as session:
        for _ in range(2):
            session.post(f"{server.url}{PATH}", json=BODY, timeout=60)
    assert server.request.headers["cookie"] == "a=secret"
    assert "secret" not in file.read_text()


def test_text_that_is_split_and_bytes(server: Server, file: Path) -> None:
    pieces = ("né😀".encode()[:2], "né😀".encode()[2:5], "né😀".encode()[5:], b"\xff\x00", b"\x1b[2J\xc2\x9b")
    server.reply(Reply(pieces, 200, EVENTS))
    with record(file):
        Received(SENDERS["httpx2"], server.url)
    assert [{key: row[key] for key in row if key not in ("piece", "time")} for row in rows(file) if "piece" in row] == [
        {"text": "n", "tail": "ww=="},
        {"base64": "qfCf"},
        {"base64": "mIA="},
        {"base64": "/wA="},
        {"text": "\x1b[2J\x9b"},
    ]
    # A terminal that shows the file obeys nothing in it.
    assert "\\u001b[2J\\u009b" in file.read_text()
    with replay(file, pace=0):
        assert tuple(Received(SENDERS["httpx2"], server.url).pieces) == pieces
