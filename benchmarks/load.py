"""Open many streams at once on the default client of each provider: `python -m benchmarks.load [SIZE] [PROVIDER ...]`.

Each stream is read up to its first text, and left open until all have got there. Prints, for each provider, sync and
async: how many streams were open at once as the server saw them, the seconds until then, and the errors. Each runs in a
process of its own; a sync stream has a thread of its own.
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer, Text
from tests.harness.server import Server, Stall

ROOT = Path(__file__).parent.parent
SIZE = 1000
ROWS: dict[str, BaseRow] = {row.id: row for row in EVERY}
LONGEST = 600
"""The seconds after which streams are given up that wait for a connection without an error."""
DESCRIPTORS = 2
"""The descriptors that a stream needs in this process: its own, and the server's."""


class Crowd:
    """Counts the streams that have begun; holds them until all have, or have failed."""

    def __init__(self, server: Server, size: int) -> None:
        self.server, self.size, self.begun = server, size, 0
        self.errors: Counter[str] = Counter()
        self.there = threading.Event()
        self.connections, self.seconds = 0, 0.0
        self._started = time.monotonic()
        self._lock = threading.Lock()

    def arrive(self, error: Exception | None = None) -> None:
        with self._lock:
            if error is None:
                self.begun += 1
            else:
                self.errors[f"{type(error).__name__}: {error}"[:400]] += 1
            if self.begun + self.errors.total() == self.size:
                self.connections, self.seconds = self.server.open_connections, time.monotonic() - self._started
                self.there.set()


def read(row: BaseRow, crowd: Crowd) -> None:
    stream = row.stream(None, "Hi")
    try:
        next(stream.text())
    except Exception as error:
        crowd.arrive(error)
    else:
        crowd.arrive()
        crowd.there.wait()
    stream.close()


async def aread(row: BaseRow, crowd: Crowd, there: asyncio.Event) -> None:
    stream = row.astream(None, "Hi")
    try:
        await anext(stream.text())
    except Exception as error:
        crowd.arrive(error)
    else:
        crowd.arrive()
    if crowd.there.is_set():
        there.set()
    await there.wait()
    await stream.close()


def opened(row: BaseRow, server: Server, size: int, *, asynchronous: bool) -> Crowd:
    """Open the streams, and close them once all have begun."""
    crowd = Crowd(server, size)

    async def together() -> None:
        there = asyncio.Event()
        await asyncio.gather(*(aread(row, crowd, there) for _ in range(size)))

    if asynchronous:
        asyncio.run(together())
    else:
        threads = [threading.Thread(target=read, args=(row, crowd)) for _ in range(size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return crowd


def configure(row: BaseRow, server: Server) -> None:
    """Make the default client of a provider call the server."""
    address = {row.base_url: row.url(server)} if row.base_url is not None else {}
    os.environ.update({**row.settings, row.key: "sk-test", **address})
    if row.id == "mistral":  # it reads no address from the environment
        from mistralai.client.sdkconfiguration import SERVERS

        SERVERS["global"] = server.url
    elif row.id == "gemini":
        from google.generativeai import configure as configure_sdk

        configure_sdk(api_key="sk-test", transport="rest", client_options={"api_endpoint": server.url})


def run(name: str, size: int, asynchronous: bool) -> None:
    """Print the figures of one provider; runs in a process of its own."""
    row, (_, hard) = ROWS[name], resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    size = min(size, (hard - 200) // DESCRIPTORS)
    threading.stack_size(256 * 1024)
    with Server() as server:
        server.always(row.wire.stream(*row.wire.events(Answer(Text("Hel"), ended=False)), Stall()))
        configure(row, server)
        crowd = opened(row, server, size, asynchronous=asynchronous)
    way = "async" if asynchronous else "sync"
    found = f"{crowd.begun:5} of {size} open at once, {crowd.connections} connections, {crowd.seconds:5.1f} s"
    print(f"{name:18} {way:6}{found}", *crowd.errors.items(), flush=True)
    sys.exit(min(crowd.begun, crowd.connections) < size)


def main(arguments: list[str]) -> int:
    """Run every provider, or those named; return how many failed."""
    size, *names = arguments or [str(SIZE)]
    failed = 0
    for name in names or ROWS:
        for way in ("sync", "async"):
            command = [sys.executable, "-m", "benchmarks.load", "--one", name, size, way]
            try:
                failed += subprocess.run(command, cwd=ROOT, check=False, timeout=LONGEST).returncode != 0
            except subprocess.TimeoutExpired:
                print(f"{name:18} {way:6}not open after {LONGEST} s", flush=True)
                failed += 1
    return failed


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        run(sys.argv[2], int(sys.argv[3]), sys.argv[4] == "async")
    sys.exit(main(sys.argv[1:]))
