"""A loopback server that follows a script for each connection, byte by byte: what no HTTP server would send."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

from tests.harness.clocks import PATIENCE
from tests.harness.replies import Reply

RESET, CLOSE, HOLD = "reset", "close", "hold"
"""Ends of a script: end the connection with a RST or with a FIN, or wait until the client ends it."""


def framed(reply: Reply, status: str = "200 OK") -> bytes:
    """A reply as one piece, with a content length."""
    kind = reply.headers["content-type"]
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(reply.body)}\r\n\r\n"
    return head.encode() + reply.body


def slowly(data: bytes) -> list[bytes]:
    """The bytes one by one: each is a read of the client's."""
    return [data[place : place + 1] for place in range(len(data))]


class RawServer:
    """Reads one request of each connection, then sends the pieces of its script; counts requests and connections."""

    def __init__(self, *script: bytes | str | Sequence[bytes]) -> None:
        self.script = script
        self.requests: list[bytes] = []
        self._open = 0
        self._changed = threading.Condition()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=2000)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in [self._socket, *self._connections]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(PATIENCE)

    def wait_closed(self) -> bool:
        """Whether, in the end, the clients have closed every connection."""
        with self._changed:
            return self._changed.wait_for(lambda: self._open == 0, PATIENCE)

    def wait_requests(self, count: int = 1) -> bool:
        """Whether, in the end, so many requests have come in."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.requests) >= count, PATIENCE)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with self._changed:
                    self._open += 1
                self._connections.append(connection)
                self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError):
            self._follow(connection)
        connection.close()
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def _follow(self, connection: socket.socket) -> None:
        while request := _request(connection):
            with self._changed:
                self.requests.append(request)
                self._changed.notify_all()
            for step in self.script:
                if step == RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if step in (RESET, CLOSE):
                    return
                if step == HOLD:
                    break
                for piece in [step] if isinstance(step, bytes) else step:
                    connection.sendall(piece)  # type: ignore[arg-type]


def _request(connection: socket.socket) -> bytes:
    """A request with its body; nothing if the client has closed the connection."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
        head, end, body = received.partition(b"\r\n\r\n")
        lengths = [
            int(line.partition(b":")[2]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"
        ]
        if end and len(body) >= sum(lengths):
            return received
    return b""
