"""A server whose answers begin so slowly that every read of the client gets something, and never enough."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self

from tests.harness.clocks import PATIENCE
from tests.harness.replies import Reply

PACE = 0.02
"""Seconds between two pieces."""
WAYS = {
    "silence": (b"", b""),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"x-more: y\r\n"),
    "1xx": (b"", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"),
    "error body": (b"HTTP/1.1 500 No\r\ncontent-length: 99999\r\n\r\n", b"x"),
}
"""What is sent at once, and what is sent again and again."""


def whole(reply: Reply) -> bytes:
    """A reply as one piece, with a content length."""
    body, kind = reply.body, reply.headers["content-type"]
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Trickle:
    """Trickles; with a `good` reply, once it has sent that, so that the client keeps the connection."""

    def __init__(self, way: str, good: Reply | None = None) -> None:
        self.way = way
        self.gone = threading.Event()
        """Set once the client has closed the connection on which it waits."""
        self.asked = threading.Event()
        """Set once the request that is not answered has arrived."""
        self._stop = threading.Event()
        self._good = whole(good) if good is not None else None
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.settimeout(PACE)
                if self._good is not None and self._request(connection):
                    connection.sendall(self._good)
                if self._request(connection):
                    self.asked.set()
                    self._trickle(connection)
        except OSError:
            pass
        if self.asked.is_set() and not self._stop.is_set():
            self.gone.set()

    def _request(self, connection: socket.socket) -> bool:
        received = b""
        while not self._stop.is_set():
            with suppress(TimeoutError):
                if not (piece := connection.recv(65536)):
                    return False
                received += piece
                head, end, body = received.partition(b"\r\n\r\n")
                lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                if end and len(body) >= sum(int(line.partition(b":")[2]) for line in lengths):
                    return True
        return False

    def _trickle(self, connection: socket.socket) -> None:
        first, again = WAYS[self.way]
        connection.sendall(first)
        while not self._stop.is_set():
            with suppress(TimeoutError):
                if not connection.recv(1):
                    return
            connection.sendall(again)
