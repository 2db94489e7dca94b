"""A loopback HTTP/1.1 server in a thread: it sends scripted replies over real sockets and watches clients."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal, Self

from tests.harness.clocks import PATIENCE
from tests.harness.replies import CloseEarly, Do, Gate, Pause, Reply, Reset, Stall, Step

__all__ = ["CloseEarly", "Do", "Gate", "Pause", "Reply", "Request", "Reset", "Served", "Server", "Stall"]

Handler = Callable[["Request"], Reply]


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent: header names in lower case, `path` with its query, `connection` numbered from 0."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True, eq=False)
class Served:
    """A request, its reply, and how far it got.

    `sent` counts the bytes of the body given to the socket. States: `sending`; `sent` to the end; `faulted`,
    where a scripted `CloseEarly` or `Reset` ended it; `aborted`, where the client was gone before the end.
    """

    request: Request
    reply: Reply
    sent: int = 0
    state: Literal["sending", "sent", "faulted", "aborted"] = "sending"


@contextmanager
def refusing_port() -> Iterator[int]:
    """A port that refuses connections: it is taken, so that no other program listens there, but nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextmanager
def deaf_port() -> Iterator[int]:
    """A port on which no connection is ever made: its queue is full, and nobody takes connections from it."""
    with socket.socket() as listening, ExitStack() as queued:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(3):
            waiting = queued.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


class Server:
    """Serves replies from a queue (`reply`), a function of the request (`reply_with`), or one (`always`).

    A context manager. A request without a reply gets status 418 and is noted in `problems`, which `close`
    raises. A client that goes away early is only seen while something is left to send: end with `Stall()`.
    """

    def __init__(self, *replies: Reply, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.served: list[Served] = []
        self.problems: list[str] = []
        self.open_connections = 0
        self.connections = 0
        self._queue: deque[Reply] = deque(replies)
        self._handler: Handler | None = None
        self._changed = threading.Condition()
        self._stopping = False
        self._tls = tls
        self._transports: set[asyncio.WriteTransport] = set()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=4096)
        # Inherited by every connection: asyncio sets it only for sockets that name their protocol.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"loopback-{self.port}", daemon=True)
        self._started = threading.Event()
        self._thread.start()
        self._started.wait(PATIENCE)  # a loop that is stopped before it runs is never closed

    # What a test says and asks

    @property
    def url(self) -> str:
        """`http://127.0.0.1:port`; https with `tls`. The base URL for Anthropic's SDK; OpenAI wants `/v1` after it."""
        return f"http{'' if self._tls is None else 's'}://127.0.0.1:{self.port}"

    def reply(self, *replies: Reply) -> Self:
        """Queue replies: one per request, in order of arrival."""
        with self._changed:
            self._queue.extend(replies)
        return self

    def reply_with(self, handler: Handler) -> Self:
        """Answer requests that the queue has no reply for with `handler(request)`, in the server's thread."""
        self._handler = handler
        return self

    def always(self, reply: Reply) -> Self:
        """Answer every request that the queue has no reply for with the same reply."""
        return self.reply_with(lambda _: reply)

    @property
    def request(self) -> Request:
        """The last request."""
        return self.requests[-1]

    @property
    def aborted(self) -> int:
        """How many replies were not fully sent because the client closed the connection."""
        return sum(served.state == "aborted" for served in self.served)

    def wait_until(self, condition: Callable[[], bool], timeout: float = PATIENCE) -> bool:
        """Whether, in this time, `condition()` has come true."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not (fulfilled := condition()) and time.monotonic() < deadline:
                self._changed.wait(0.01)  # what happens outside of the server does not wake us
        return fulfilled

    def wait_closed(self, timeout: float = PATIENCE) -> bool:
        """Whether, in this time, the clients have closed every connection they had opened."""
        return self.wait_until(lambda: self.open_connections == 0, timeout)

    def wait_requests(self, count: int = 1, timeout: float = PATIENCE) -> bool:
        """Whether, in this time, so many requests have come in."""
        return self.wait_until(lambda: len(self.requests) >= count, timeout)

    def close(self) -> None:
        """Drop all connections and stop; raises `AssertionError` for what went wrong in here."""
        if self._stopping:
            return
        self._stopping = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the loopback server does not stop"
        assert not self.problems, "; ".join(self.problems)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What happens in the thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        listener = self._loop.run_until_complete(
            self._loop.create_server(self._protocol, sock=self._socket, ssl=self._tls)
        )
        self._loop.call_soon(self._started.set)
        try:
            self._loop.run_forever()
        finally:
            self._loop.remove_reader(
                self._socket
            )  # accepts no more; the transports of accepted connections need the listener
            for transport in list(self._transports):
                transport.abort()
            self._loop.run_until_complete(self._finish_tasks())
            listener.close()
            asyncio.set_event_loop(None)
            self._loop.close()

    async def _finish_tasks(self) -> None:
        end = time.monotonic() + PATIENCE
        steps = 10  # more than there are from a connection that was just accepted to its task
        while (steps > 0 or self._transports) and time.monotonic() < end:
            steps -= 1
            await asyncio.sleep(0)  # the aborted transports close their sockets, and the tasks see it and end
            if tasks := asyncio.all_tasks() - {asyncio.current_task()}:
                _, stuck = await asyncio.wait(tasks, timeout=PATIENCE)
                self.problems.extend(f"still running: {task}" for task in stuck)

    def _protocol(self) -> asyncio.StreamReaderProtocol:
        return _Protocol(self._made, _Reader(loop=self._loop), self._connected, loop=self._loop)

    def _made(self, transport: asyncio.WriteTransport) -> None:
        self._transports.add(transport)
        if self._stopping:
            transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert isinstance(reader, _Reader)
        with self._changed:
            number = self.connections
            self.connections += 1
            self.open_connections += 1
        try:
            while (request := await _read_request(reader, writer, number)) and await self._answer(
                request, reader, writer
            ):
                pass
        except (OSError, EOFError):
            pass  # the client is gone
        except Exception as error:
            self.problems.append(f"the loopback server failed: {error!r}")
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            self._transports.discard(writer.transport)
            with self._changed:
                self.open_connections -= 1
                self._changed.notify_all()

    async def _answer(self, request: Request, reader: _Reader, writer: asyncio.StreamWriter) -> bool:
        """Send the reply to one request; whether the connection can take another."""
        served = self._serve(request)
        try:
            await _send(served, reader, writer)
        except OSError:
            served.state = "aborted"
            raise
        finally:
            with self._changed:
                self._changed.notify_all()
        ended = served.state != "sent" or served.reply.framing == "close"
        return not ended and request.headers.get("connection", "").lower() != "close"

    def _serve(self, request: Request) -> Served:
        with self._changed:
            self.requests.append(request)
            queued = self._queue.popleft() if self._queue else None
        served = Served(request, queued or self._handle(request))
        with self._changed:
            self.served.append(served)
            self._changed.notify_all()
        return served

    def _handle(self, request: Request) -> Reply:
        problem = f"no reply is scripted for {request.method} {request.path}"
        try:
            if self._handler is not None:
                return self._handler(request)
        except Exception as error:
            problem = f"the script failed on {request.method} {request.path}: {error!r}"
        self.problems.append(problem)
        return Reply.error(418, problem, x_should_retry="false")


class _Protocol(asyncio.StreamReaderProtocol):
    """A protocol that reports its transport as soon as it is made."""

    def __init__(self, made: Callable[[asyncio.WriteTransport], None], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._made = made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(transport, asyncio.WriteTransport)
        self._made(transport)


class _Reader(asyncio.StreamReader):
    """A stream reader that notices at once that the client has closed the connection, without reading ahead."""

    def __init__(self, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self.gone = asyncio.Event()

    def feed_eof(self) -> None:
        super().feed_eof()
        self.gone.set()

    def set_exception(self, exc: Exception) -> None:
        super().set_exception(exc)
        self.gone.set()


async def _read_request(reader: _Reader, writer: asyncio.StreamWriter, connection: int) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, path, _ = first.split(" ")
    pairs = (line.split(":", 1) for line in lines)
    headers = {name.lower(): value.strip() for name, value in pairs}
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _read_chunked(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body, connection)


async def _read_chunked(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readline()
    while (await reader.readline()).strip():
        pass
    return bytes(body)


async def _send(served: Served, reader: _Reader, writer: asyncio.StreamWriter) -> None:
    reply = served.reply
    if reply.delay:
        await _wait(reader, reply.delay)
    head = _head(reply)  # goes out with the first piece: one who has read it has received both
    for piece in reply.pieces:
        if reader.gone.is_set():
            served.state = "aborted"
            return
        if not isinstance(piece, bytes):
            writer.write(head)
            head = b""
            if await _step(piece, reader, writer):
                served.state = "faulted"
                return
        elif piece:
            writer.write(head + (b"%x\r\n%b\r\n" % (len(piece), piece) if reply.framing == "chunked" else piece))
            head = b""
            served.sent += len(piece)
            await writer.drain()
            await asyncio.sleep(0)  # each piece goes out alone, and other clients get their turn
    if reader.gone.is_set():
        served.state = "aborted"
        return
    served.state = "sent"
    writer.write(head + (b"0\r\n\r\n" if reply.framing == "chunked" else b""))
    await writer.drain()


def _head(reply: Reply) -> bytes:
    headers = dict(reply.headers)
    if reply.framing == "chunked":
        headers["transfer-encoding"] = "chunked"
    elif reply.framing == "length":
        headers["content-length"] = str(len(reply.body))
    else:
        headers["connection"] = "close"
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _step(step: Step, reader: _Reader, writer: asyncio.StreamWriter) -> bool:
    """Do a step of the script between two pieces; return whether that ended the connection."""
    match step:
        case Pause(seconds):
            await _wait(reader, seconds)
        case Stall():
            await reader.gone.wait()
        case Gate(opened):
            while not (opened.is_set() or reader.gone.is_set()):
                await _wait(reader, 0.003)
        case Do(action):
            await asyncio.to_thread(action)
        case CloseEarly():
            return True
        case Reset():
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return True
    return False


async def _wait(reader: _Reader, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(reader.gone.wait(), seconds)
