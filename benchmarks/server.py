"""A loopback server in its own process that streams synthetic replies as cheaply as it can, for benchmarks.

    python -m benchmarks.server        prints its port, and serves until its input is closed
    with benchmarks.server.start() as base_url: ...

`POST .../chat/completions` answers like OpenAI (Groq's and Mistral's SDKs read it too), `POST .../messages`
like Anthropic; `API_BY_PATH` names the others, which are streamed only. With `"stream": true` a request gets
`x-chunks` events with text (a header; else 2000), each in an HTTP chunk of its own: many in one write to the
socket, or one every `x-pace-ms` milliseconds; with `x-library` a call whose arguments are a library of so many
bytes. Any other request gets the same reply whole, of `x-chunks` pieces of text (else 20). With `x-close: 1`
the connection is closed afterwards.

`start(latency=...)` delays whole replies by so many seconds, as `x-delay-ms` does for one. `start(rate=..., burst=...)`
accepts so many requests a second, and refuses the others as OpenAI does. `GET /record` lists the POST requests since
the last `GET /record`, as `[seconds, accepted, hash of the body]`, and fills the bucket of the limit again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from .rate_limit import RateLimit
from .replies import Asked, stream_chunks, stream_head, whole_reply

API_BY_PATH = {
    "/messages": "messages",
    "/responses": "responses",
    "/v2/chat": "cohere",
    ":streamGenerateContent?alt=sse": "gemini",
    ":streamGenerateContent": "gemini array",
    "/converse-stream": "bedrock",
    "": "chat",
}
"""By what a path holds: the first that fits."""
ALWAYS_STREAMED = ("gemini", "gemini array", "bedrock")

WRITE_SIZE = 1 << 16
END = b"0\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class Service:
    """How whole replies are given."""

    latency: float = 0.0
    limit: RateLimit = field(default_factory=RateLimit)


@cache
def stream_writes(asked: Asked) -> tuple[bytes, ...]:
    """A streamed reply in few large pieces, head and end included."""
    whole = stream_head(asked) + b"".join(stream_chunks(asked)) + END
    return tuple(whole[start : start + WRITE_SIZE] for start in range(0, len(whole), WRITE_SIZE))


async def _serve(service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, EOFError, asyncio.CancelledError):
        while await _serve_one(service, reader, writer):
            pass
    writer.close()


async def _serve_one(service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    path = first.split(" ")[1]
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    sent = await _body(reader, headers)
    if path == "/record":
        writer.write(service.limit.report())
        await writer.drain()
        return True
    if refusal := service.limit.refusal(sent):
        writer.write(refusal)
        await writer.drain()
        return True
    headers.setdefault("x-delay-ms", str(service.latency * 1000))
    body = json.loads(sent or b"{}")
    api = next(api for part, api in API_BY_PATH.items() if part in path)
    await _answer(writer, api, api in ALWAYS_STREAMED or body.get("stream"), headers)
    return "x-close" not in headers and headers.get("connection", "").lower() != "close"


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers.get("content-length", 0)))
    pieces: list[bytes] = []
    while size := int(await reader.readline(), 16):
        pieces.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(pieces)


async def _answer(writer: asyncio.StreamWriter, api: str, stream: bool | None, headers: dict[str, str]) -> None:
    pace = float(headers.get("x-pace-ms", 0)) / 1000
    if not stream:
        if delay := float(headers.get("x-delay-ms", 0)):
            await asyncio.sleep(delay / 1000)
        writer.write(whole_reply(api, int(headers.get("x-chunks", 20))))
        await writer.drain()
        return
    asked = Asked(api, int(headers.get("x-chunks", 2000)), int(headers.get("x-library", 0)))
    if not pace:
        for piece in stream_writes(asked):
            writer.write(piece)
            await writer.drain()
        return
    writer.write(stream_head(asked))
    loop = asyncio.get_running_loop()
    due = loop.time()
    for chunk in stream_chunks(asked):
        due += pace  # from the schedule, not from the last write: being late once delays nothing else
        await asyncio.sleep(max(0.0, due - loop.time()))
        writer.write(chunk)
        await writer.drain()
    writer.write(END)
    await writer.drain()


async def _main(service: Service) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait_for_end_of_input() -> None:
        sys.stdin.buffer.read()  # the end of our input is the end of who started us
        loop.call_soon_threadsafe(stop.set)

    server = await asyncio.start_server(partial(_serve, service), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    threading.Thread(target=wait_for_end_of_input, daemon=True).start()
    await stop.wait()
    server.close()


@contextmanager
def start(*, latency: float = 0.0, rate: float = 0.0, burst: float = 1.0) -> Generator[str]:
    """Run the server as a subprocess; gives `http://127.0.0.1:port` (OpenAI's base URL adds `/v1`)."""
    options = [f"--latency={latency}", f"--rate={rate}", f"--burst={burst}"]
    command = [sys.executable, "-m", "benchmarks.server", *options]
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name, default in ("latency", 0.0), ("rate", 0.0), ("burst", 1.0):
        parser.add_argument(f"--{name}", type=float, default=default)
    options = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(_main(Service(latency=options.latency, limit=RateLimit(options.rate, options.burst))))
