"""How much of a provider's limit a map uses, and how many of its requests are refused, by the real clock on loopback.

    python -m benchmarks.limits                          each row for 20 seconds, at 40 requests a second
    python -m benchmarks.limits --seconds 60 --rate 200 --only "25 % too much"

`nox -s pacing` simulates the same for 300 seconds, and for windows of a minute. The server is a process of its own. The
share of the quota counts what a bucket accepts at once at the start, too, so it may be more than 100 %.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mirascope_like.core import openai
from mirascope_like.scale import Limits, amap
from tests.scale.limits.simulation import Bucket

LATENCY = 0.3
"""The seconds after which the server replies to a request that it accepts."""
BODY: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30},
}


@dataclass(frozen=True)
class Row:
    """What the user knows, and what the server does."""

    passed: float | None
    """The limit that the user passes, as a share of the true one."""
    headers: bool = False
    halves: bool = False
    """True if the limit halves after half of the time."""
    others: float = 0.0
    """The requests of others, as a share of the limit."""


ROWS = {
    "right limit": Row(1.0),
    "from headers": Row(None, headers=True),
    "25 % too much": Row(1.25),
    "halves midway": Row(1.0, halves=True),
    "others send 50 %": Row(1.0, others=0.5),
    "unknown": Row(None),
}


class LimitedServer:
    """Accepts what its bucket has. `GET /counts` returns what it has counted."""

    def __init__(self, rate: float, burst: float, seconds: float, row: Row) -> None:
        self._bucket = Bucket(rate, burst)
        self._rate, self._seconds, self._row = rate, seconds, row
        self._start: float | None = None
        self.accepted = self.refused = self.taken = 0

    def _now(self) -> float:
        """The seconds since the first request."""
        if self._start is None:
            self._start = time.monotonic()
            if self._row.others:
                asyncio.get_running_loop().create_task(self._send_others())
        now = time.monotonic() - self._start
        if self._row.halves and now > self._seconds / 2:
            self._bucket.rate = self._rate / 2
        return now

    async def _send_others(self) -> None:
        chance = random.Random(1)
        while True:
            self.taken += self._bucket.take(self._now()) == 0
            await asyncio.sleep(chance.expovariate(self._rate * self._row.others))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
                await reader.readexactly(int(fields.get("content-length", "0")))
                status, headers, body = await self._reply(head.startswith("GET"))
                content = json.dumps(body).encode()
                given = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
                writer.write(
                    f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n"
                    f"{given}\r\n".encode()
                    + content
                )
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()

    async def _reply(self, counts: bool) -> tuple[int, dict[str, str], Any]:
        if counts:
            return 200, {}, {"accepted": self.accepted, "refused": self.refused, "taken": self.taken}
        wait = self._bucket.take(self._now())
        if wait:
            self.refused += 1
            return 429, {"retry-after-ms": f"{wait * 1000:.1f}"}, {"error": {"message": "too many requests"}}
        self.accepted += 1
        await asyncio.sleep(LATENCY)
        named = {"x-ratelimit-limit-requests": f"{self._rate * 60:.0f}", "x-ratelimit-remaining-requests": "9"}
        return 200, named if self._row.headers else {}, BODY


async def serve(rate: float, burst: float, seconds: float, name: str) -> None:
    """Serve until the input is closed; print the port."""
    server = await asyncio.start_server(LimitedServer(rate, burst, seconds, ROWS[name]).serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


@contextmanager
def started(rate: float, burst: float, seconds: float, name: str) -> Generator[int]:
    """Start a server in a process of its own; yield its port."""
    command = [sys.executable, "-m", "benchmarks.limits", "--serve", str(rate), str(burst), str(seconds), name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.stdin.close()


async def measure(rate: float, burst: float, seconds: float, name: str) -> tuple[float, float]:
    """Return the share of the quota that was used, by the map and by others, and that of the refused requests."""
    row = ROWS[name]
    with started(rate, burst, seconds, name) as port:
        os.environ.update(OPENAI_API_KEY="sk-test", OPENAI_BASE_URL=f"http://127.0.0.1:{port}/v1")

        @openai.call("m")
        async def ask(number: int) -> str:
            return f"Hello {number}"

        end = time.monotonic() + seconds

        def numbers() -> Iterator[int]:
            number = 0
            while time.monotonic() < end:
                yield (number := number + 1)

        limits = Limits(rpm=row.passed * rate * 60 if row.passed else None, concurrency=200)
        start = time.monotonic()
        run = amap(ask, numbers(), limits=limits)
        async for _ in run:
            if time.monotonic() > end:
                break
        elapsed = time.monotonic() - start
        counts = await _counts(port)
    quota = rate * elapsed * (0.75 if row.halves else 1.0)
    sent = counts["accepted"] + counts["refused"]
    return (counts["accepted"] + counts["taken"]) / quota, counts["refused"] / max(1, sent)


async def _counts(port: int) -> dict[str, int]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /counts HTTP/1.1\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    size = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
    found: dict[str, int] = json.loads(await reader.readexactly(size))
    writer.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.limits", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each row runs")
    parser.add_argument("--rate", type=float, default=40.0, help="the limit, in requests a second")
    parser.add_argument("--only", action="append", choices=ROWS, help="a row; may be repeated")
    parser.add_argument("--serve", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        rate, burst, seconds, name = given.serve
        asyncio.run(serve(float(rate), float(burst), float(seconds), name))
        return
    print(f"{given.rate:g} requests a second for {given.seconds:g} s: % of the quota used / % of the requests refused")
    print(f"{'limit':20}{'burst of 20':>20}{'burst of 200':>20}")
    asyncio.run(measure(given.rate, 20.0, 2.0, "right limit"))  # imports, and the first connections
    for name in given.only or ROWS:
        cells = [asyncio.run(measure(given.rate, burst, given.seconds, name)) for burst in (20.0, 200.0)]
        print(f"{name:20}" + "".join(f"{f'{100 * used:.1f} / {100 * no:.2f}':>20}" for used, no in cells), flush=True)


if __name__ == "__main__":
    main()
