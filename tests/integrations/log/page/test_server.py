"""The server of the page: who gets an answer, and what is sent with it."""

from __future__ import annotations

import http.client
import logging
import re
import socket
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import pytest

from mirascope_like.__main__ import main
from mirascope_like.core import ConfigurationError, StoreError
from mirascope_like.integrations.log import JSONLinesLog
from mirascope_like.integrations.log.page import LogServer, serve
from mirascope_like.integrations.log.page.log_reader import LogReader
from tests.integrations.log.page.rows import row, written


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: str


def send(server: LogServer, path: str, method: str = "GET", *, cookie: str | None = None, host: str = "") -> Reply:
    """Send a request over the network; `cookie` None is the right one."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", host or f"127.0.0.1:{server.port}")
        connection.putheader("Cookie", cookie if cookie is not None else f"{server.cookie}={server.token}")
        connection.endheaders()
        response = connection.getresponse()
        return Reply(response.status, dict(response.getheaders()), response.read().decode())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("log") / "calls.db", *(row(number) for number in range(1, 4)))


@pytest.fixture(scope="module")
def server(path: Path) -> Iterator[LogServer]:
    with LogServer(path, zone=UTC) as server:
        yield server


PAGES = ("/", "/figures", "/call/1", "/call/1/raw", "/call/1/part/0", "/style.css", "/icon.svg")


@pytest.mark.parametrize("page", PAGES)
def test_pages(server: LogServer, page: str) -> None:
    assert send(server, page).status == 200


KINDS = {"/": "text/html", "/call/1": "text/html", "/call/1/raw": "text/plain", "/style.css": "text/css"}


@pytest.mark.parametrize(("page", "kind"), KINDS.items())
def test_kinds(server: LogServer, page: str, kind: str) -> None:
    assert send(server, page).headers["Content-Type"] == f"{kind}; charset=utf-8"


def test_it_listens_on_the_loopback_address_only(server: LogServer) -> None:
    assert server.socket.getsockname()[0] == "127.0.0.1"


def test_the_token_becomes_a_cookie(server: LogServer) -> None:
    reply = send(server, f"/?token={server.token}", cookie="")
    assert reply.status == 200
    assert '<meta http-equiv="refresh" content="0; url=/">' in reply.body
    assert server.token not in reply.body
    assert "Question" not in reply.body
    expected = f"log_{server.port}={server.token}; HttpOnly; SameSite=Strict; Path=/"
    assert reply.headers["Set-Cookie"] == expected
    assert len(server.token) == 32  # 24 random bytes


def test_a_ticket_is_accepted_once(server: LogServer) -> None:
    path = server.ticket().removeprefix(f"http://127.0.0.1:{server.port}")
    assert server.token not in path
    reply = send(server, path, cookie="")
    assert (reply.status, server.token in reply.headers["Set-Cookie"]) == (200, True)
    assert send(server, path, cookie="").status == 403
    ticket = path.removeprefix("/?token=")
    assert send(server, "/", cookie=f"{server.cookie}={ticket}").status == 403


def test_cookies_of_other_programs(server: LogServer) -> None:
    others = f'a={{"x": [1,2]}}; b; =; {server.cookie}=old; {server.cookie}={server.token}; c="'
    assert send(server, "/", cookie=others).status == 200


@pytest.mark.parametrize("page", [page for page in PAGES if "." not in page])
@pytest.mark.parametrize("cookie", ["", "log_{port}=wrong", "other={token}", "log_{port}=", 'log_{port}="', "\x7f;;=;"])
def test_nothing_is_sent_without_the_cookie(server: LogServer, page: str, cookie: str) -> None:
    reply = send(server, page, cookie=cookie.format(port=server.port, token=server.token))
    assert reply.status == 403
    assert "Question" not in reply.body
    assert "app.summarize" not in reply.body
    assert "Set-Cookie" not in reply.headers


@pytest.mark.parametrize("token", ["wrong", "", "%00", "%ff", "x&token=y", "x" * 5000])
def test_a_wrong_token(server: LogServer, token: str) -> None:
    assert send(server, f"/?token={token}", cookie="").status == 403


@pytest.mark.parametrize("place", ["/\\example.com/", "//example.com/", "/%0d%0aX:y", "/call/1\\..\\//example.com"])
def test_the_token_leads_to_no_other_site(server: LogServer, place: str) -> None:
    reply = send(server, f"{place}?token={server.token}", cookie="")
    assert "example.com" not in reply.body
    assert "Location" not in reply.headers
    assert reply.status == 400 or 'url=/"' in reply.body


@pytest.mark.parametrize(
    "host", ["example.com", "127.0.0.1", "127.0.0.1:1", "example.com:{port}", "127.0.0.1.nip.io:{port}"]
)
def test_other_hosts_are_refused(server: LogServer, host: str) -> None:
    reply = send(server, f"/?token={server.token}", host=host.format(port=server.port))
    assert reply.status == 421
    assert "Question" not in reply.body


def test_localhost_is_accepted(server: LogServer) -> None:
    assert send(server, "/", host=f"localhost:{server.port}").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(server: LogServer, method: str) -> None:
    reply = send(server, "/", method)
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")


def test_head_has_no_body(server: LogServer) -> None:
    reply = send(server, "/", "HEAD")
    assert (reply.status, reply.body) == (200, "")


@pytest.mark.parametrize("page", [*PAGES, "/missing", "/?unknown=1"])
def test_headers(server: LogServer, page: str) -> None:
    headers = send(server, page).headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Python" not in headers["Server"]


WRONG = {
    "x=1": "unknown parameter &#x27;x&#x27;",
    "text=a&text=b": "the parameter &#x27;text&#x27; is given twice",
    "state=open": "unknown state &#x27;open&#x27;; the states are: done, closed, failed",
    "tag=a": "not a tag: &#x27;a&#x27;; write it as &quot;name=value&quot;",
    "since=soon": "the parameter &#x27;since&#x27; is not a time: &#x27;soon&#x27;",
    "since=2026-02-30": "not a date: &#x27;2026-02-30&#x27;",
    "until=9999-12-31": "not a date",
    "age=999999999999d": "the parameter &#x27;age&#x27; is not a time",
    "before=1": "the parameter &#x27;before&#x27; is not a position in the list",
    "before=2026_1&after=2026_1": "exclude each other",
    "requests=2": "must be 1",
    "text=%ff": "not valid UTF-8",
    "text=" + "x" * 501: "more than 500 characters",
    "&".join(f"a{number}=1" for number in range(50)): "too many",
    "model=<script>alert(1)</script>&model=x": "given twice",
    "<script>=1": "unknown parameter &#x27;&lt;script&gt;&#x27;",
}


@pytest.mark.parametrize("page", ["/", "/figures"])
@pytest.mark.parametrize("query", WRONG)
def test_wrong_parameters_are_named(server: LogServer, page: str, query: str) -> None:
    reply = send(server, f"{page}?{query}")
    assert reply.status == 400
    assert WRONG[query] in reply.body
    assert "<script>" not in reply.body
    assert "Traceback" not in reply.body


@pytest.mark.parametrize(
    "page",
    [
        "/call/9",
        "/call/",
        "/call/x",
        "/call/" + "9" * 30,
        "/call/1/part/99",
        "/call/1/part/-1",
        "/call/1/x",
        "/..",
        "/calls",
    ],
)
def test_missing_pages(server: LogServer, page: str) -> None:
    assert send(server, page).status == 404


@pytest.mark.parametrize(
    "page", ["/call/1?messages=some", "/call/1?x=1", "/call/1/raw?x=1", "/figures?before=2026-11-01_1"]
)
def test_wrong_parameters_of_other_pages(server: LogServer, page: str) -> None:
    assert send(server, page).status == 400


def test_what_is_not_http(server: LogServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(b"<script>alert(1)</script> / HTTP/1.1\r\nHost: x\r\n\r\n")
        reply = b"".join(iter(lambda: connection.recv(4096), b""))
    assert reply.startswith(b"HTTP/1.1 501 ")
    assert b"default-src 'none'" in reply
    assert b"<script>" not in reply


def test_nothing_can_be_written(path: Path) -> None:
    with LogReader(path).reading() as database, pytest.raises(sqlite3.OperationalError, match="readonly"):
        database.execute("DELETE FROM calls")


def test_a_log_that_is_deleted_while_it_is_shown(tmp_path: Path) -> None:
    path = written(tmp_path / "calls.db", row(1))
    with LogServer(path) as server:
        for file in tmp_path.iterdir():
            file.unlink()
        reply = send(server, "/")
    assert reply.status == 503
    assert "cannot be read" in reply.body
    assert not list(tmp_path.iterdir())


def test_calls_that_are_logged_while_it_is_open(tmp_path: Path) -> None:
    path = written(tmp_path / "calls.db", row(1))
    with LogServer(path) as server:
        assert "Question 2" not in send(server, "/").body
        written(path, row(2, model="a-new-model"))
        body = send(server, "/").body
    assert "Question 2" in body
    assert '<option value="a-new-model">a-new-model</option>' in body


def test_an_error_is_not_shown(
    server: LogServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(LogReader, "choices", lambda self: 1 // 0)
    with caplog.at_level(logging.ERROR):
        reply = send(server, "/")
    assert reply.status == 500
    assert "division" not in reply.body
    assert "ZeroDivisionError" in caplog.text


def test_a_file_that_is_not_a_log(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database, but a text that is long enough to be taken for one" * 20)
    with pytest.raises(StoreError, match="cannot be read"):
        LogServer(tmp_path / "text.db")
    with pytest.raises(StoreError, match="cannot be read"):
        LogServer(tmp_path / "missing.db")
    assert not (tmp_path / "missing.db").exists()


def test_a_port_in_use(server: LogServer, path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"the port {server.port} cannot be used"):
        LogServer(path, port=server.port)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were opened in the browser. Serving ends at once, as with Ctrl-C."""
    addresses: list[str] = []

    def interrupted(self: LogServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LogServer, "serve_forever", interrupted)
    monkeypatch.setattr("webbrowser.open", addresses.append)
    return addresses


def test_the_command(path: Path, opened: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "--log", str(path), "--serve"]) == 0
    (address,) = opened
    place = r"http://127\.0\.0\.1:\d+/\?token=[-\w]{32}"
    assert re.fullmatch(place, address)
    printed = capsys.readouterr().out
    assert re.fullmatch(rf"The log calls\.db is at\n  {place}\nCtrl-C ends\.\n\n", printed)
    assert address not in printed  # other users can see the arguments of the browser's process: that address works once


def test_the_command_without_a_browser(path: Path, opened: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "--log", str(path), "--serve", "--no-browser"]) == 0
    assert opened == []
    assert "http://127.0.0.1:" in capsys.readouterr().out


def test_the_command_with_a_port_in_use(
    path: Path, server: LogServer, opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", "--log", str(path), "--serve", "--port", str(server.port)]) == 1
    assert f"the port {server.port} cannot be used" in capsys.readouterr().err


def test_the_command_without_an_action(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "--log", str(path)]) == 1
    assert "logs --serve" in capsys.readouterr().err


def test_a_json_lines_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = JSONLinesLog(tmp_path / "calls.jsonl")
    log.write([row(1)])
    log.write([row(2)])
    log.write([row(1)])  # a line that was copied
    usual, bodies = LogServer.serve_forever, list[str]()

    def visited(self: LogServer) -> None:
        """Send one request to a server of the same file."""
        monkeypatch.setattr(LogServer, "serve_forever", usual)
        with LogServer(self.reader.path, name=self.site.name) as server:
            bodies.append(send(server, "/").body)

    monkeypatch.setattr(LogServer, "serve_forever", visited)
    serve(log, browser=False)
    (body,) = bodies
    assert re.findall(r"Question \d", body) == ["Question 2", "Question 1"]
    assert "calls.jsonl" in body
