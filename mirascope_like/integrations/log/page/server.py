"""The server of the page: it listens on this machine only, and answers only who has its token."""

from __future__ import annotations

import logging
import re
import secrets
import webbrowser
from collections.abc import Mapping
from dataclasses import asdict
from datetime import tzinfo
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, ClassVar, cast
from urllib.parse import urlsplit

from ....core.base.errors import ConfigurationError, StoreError
from ..json_lines_log import JSONLinesLog
from ..sqlite_log import SQLiteLog
from .layout import Site, entrance, error_document
from .log_reader import LogReader
from .query_parameters import BadParameterError
from .routes import Answer, MissingError, answer

log: logging.Logger = logging.getLogger(__name__)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""The headers of every response. The page has no script, and the browser may run none."""
_TITLES = {
    400: "Bad request",
    403: "No access",
    404: "Not found",
    405: "Not allowed",
    421: "Wrong address",
    500: "Internal error",
    503: "The log cannot be read",
}
_NO_TOKEN = "Open the address that the program printed when it started. It has the token of this page."


class LogServer(ThreadingHTTPServer):
    """Shows the log in the SQLite file `path`, at the loopback address 127.0.0.1.

    `port` 0 chooses a free port. `zone` is the time zone in which times are shown; None is that of this machine. `name`
    is the title of the page, by default the name of the file. Use it as a context manager: it serves in a thread until
    the block ends. The file is opened to read only.

    Raises `ConfigurationError` if the port is in use, and `StoreError` if the file is not a log.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, path: str | Path, *, port: int = 0, zone: tzinfo | None = None, name: str | None = None) -> None:
        self.reader: LogReader = LogReader(path)
        with self.reader.reading():
            pass  # a file that is not a log is reported now
        self.site: Site = Site(name or self.reader.path.name, zone)
        self.token: str = secrets.token_urlsafe(24)
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except (OSError, OverflowError) as error:
            raise ConfigurationError(f"the port {port} cannot be used: {error}; choose another with --port") from error
        self.port: int = self.server_address[1]
        self.cookie: str = f"log_{self.port}"
        """The name of the cookie. Browsers send a cookie to all ports of a host, so it has the port in it."""
        self.hosts: frozenset[str] = frozenset(f"{name}:{self.port}" for name in ("127.0.0.1", "localhost"))
        """The values of the header "Host" that are accepted. Others are caused by DNS rebinding."""
        self._tickets: set[str] = set()
        """Tokens that are accepted once."""

    @property
    def url(self) -> str:
        """The address to open, with the token."""
        return self._place(self.token)

    def ticket(self) -> str:
        """Return an address that opens the page once. Use it where other users may see it, such as in the arguments of
        a process.
        """
        token = secrets.token_urlsafe(24)
        self._tickets.add(token)
        return self._place(token)

    def _place(self, token: str) -> str:
        return f"http://127.0.0.1:{self.port}/?token={token}"

    def is_token(self, text: str) -> bool:
        """Return True for the token of the page."""
        return secrets.compare_digest(text.encode("utf-8", "replace"), self.token.encode())

    def uses_ticket(self, text: str) -> bool:
        """Return True for a token that is accepted once, the first time."""
        try:
            self._tickets.remove(text)
        except KeyError:
            return False
        return True

    def __enter__(self) -> LogServer:
        Thread(target=self.serve_forever, args=(0.05,), name="mirascope-like-log-page", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log an error of a connection, such as a browser that closes it early, without a trace on the terminal."""
        log.debug("a connection to the page of the log failed", exc_info=True)


def serve(log: SQLiteLog | JSONLinesLog, *, port: int = 0, browser: bool = True) -> None:
    """Print the address of the page of a log, open it in the browser, and serve it until Ctrl-C.

    Of a JSON Lines log, it shows the calls that are in the file now. Raises `ConfigurationError` and `StoreError` as
    `LogServer` does.
    """
    log.flush()
    if isinstance(log, SQLiteLog):
        _serve(LogServer(log.path, port=port), browser)
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder, Path(log.path).with_suffix(".db").name)
        with SQLiteLog(copy) as target:
            calls = {one.call_id: one for one in reversed(log.find())}  # lines may have been copied
            for number, one in enumerate(calls.values()):
                target.write([asdict(one)])
                if number % 1000 == 0:
                    target.flush()  # a log keeps 10,000 calls that are not yet written
            target.flush()
        _serve(LogServer(copy, port=port, name=Path(log.path).name), browser)


def _serve(server: LogServer, browser: bool) -> None:
    try:
        print(f"The log {server.site.name} is at\n  {server.url}\nCtrl-C ends.", flush=True)
        if browser:
            webbrowser.open(server.ticket())
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"
    server_version = "mirascope-like"
    sys_version = ""
    timeout = 30
    FILES: ClassVar[Mapping[str, str]] = {"/style.css": "text/css; charset=utf-8", "/icon.svg": "image/svg+xml"}

    @property
    def _log(self) -> LogServer:
        return cast("LogServer", self.server)

    def do_GET(self) -> None:
        try:
            self._answer()
        except BadParameterError as error:
            self._fail(400, str(error))
        except MissingError as error:
            self._fail(404, str(error))
        except StoreError as error:
            self._fail(503, str(error))
        except OSError:
            raise  # the connection is closed
        except Exception:
            log.exception("the page of the log failed")
            self._fail(500, "The page cannot be shown. The reason is in the log messages of the program.")

    do_HEAD = do_GET

    def _not_allowed(self) -> None:
        self.close_connection = True  # a body may follow
        self._fail(405, "This page only reads: use GET.", {"Allow": "GET, HEAD"})

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_CONNECT = do_TRACE = _not_allowed

    def _answer(self) -> None:
        if self.headers.get_all("Host", []) not in ([one] for one in self._log.hosts):
            self._fail(421, "This page is only at 127.0.0.1 and localhost.")
            return
        place = urlsplit(self.path) if self.path.startswith("/") and not self.path.startswith("//") else None
        if place is None:
            self._fail(400, "The address of the request is not a path.")
            return
        if place.path in self.FILES:  # they are the same for everyone
            self._send(Answer(_file(place.path), kind=self.FILES[place.path]))
            return
        if place.query.startswith("token="):
            self._enter(place.path, place.query.removeprefix("token="))
        elif self._has_cookie():
            self._send(answer(self._log.reader, self._log.site, place.path, place.query))
        else:
            self._fail(403, _NO_TOKEN)

    def _has_cookie(self) -> bool:
        """Return True if the request has the cookie. Other programs may have set others for this host, of any form."""
        pairs = (one.strip().partition("=") for one in self.headers.get("Cookie", "").split(";"))
        return any(name == self._log.cookie and self._log.is_token(value) for name, _, value in pairs)

    def _enter(self, path: str, token: str) -> None:
        """Exchange the token in an address for a cookie, and lead to the address without it.

        A page that refreshes leads there, because browsers do not send this cookie after a redirect if the first
        request was caused by another site, such as a terminal in the browser.
        """
        if not self._log.is_token(token) and not self._log.uses_ticket(token):
            self._fail(403, _NO_TOKEN)
            return
        safe = path if re.fullmatch(r"(/[-\w.]+)+", path, re.ASCII) else "/"
        cookie = f"{self._log.cookie}={self._log.token}; HttpOnly; SameSite=Strict; Path=/"
        self._send(Answer(entrance(self._log.site, safe)), {"Set-Cookie": cookie})

    def _fail(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        page = error_document(self._log.site, _TITLES.get(status, "Error"), text)
        self._send(Answer(page, status=status), headers)

    def _send(self, found: Answer, headers: Mapping[str, str] | None = None) -> None:
        body = found.body.encode("utf-8", "replace")
        self.send_response(found.status)
        for name, value in {**HEADERS, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", found.kind)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a request that is not HTTP, or whose method is unknown."""
        self.close_connection = True
        if not hasattr(self, "request_version") or self.request_version == "HTTP/0.9":
            self.request_version = "HTTP/1.1"
        self.command = getattr(self, "command", None) or "GET"
        self._fail(int(code), "The request cannot be read.")

    def log_message(self, format: str, *args: Any) -> None:
        """Log no requests: their addresses may have the token."""


@cache
def _file(path: str) -> str:
    return files(__package__ or "").joinpath(path.removeprefix("/")).read_text("utf-8")
