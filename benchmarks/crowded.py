"""Peak memory of a process that holds many async streams open: `python -m benchmarks.crowded OpenAI ours URL 1000`.

Every stream is read up to its first event; once all are there, each is read to its end. Prints three numbers: bytes of
memory before the streams, the most while they were open, and how many streams were open at once.
"""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from pathlib import Path
from typing import Any

from .contenders import ANTHROPIC, OPENAI, OURS, SDK, Contest
from .measure import ROOT

HEADERS = {"x-chunks": "40", "x-pace-ms": "100"}


def peaks(contest: Contest, base_url: str, size: int) -> dict[str, tuple[float, float]]:
    """Return, for the SDK and for ours, each in a process of its own, megabytes at the peak and kilobytes a stream."""
    found: dict[str, tuple[float, float]] = {}
    for name in (SDK, OURS):
        command = [sys.executable, "-m", "benchmarks.crowded", contest.name, name, base_url, str(size)]
        run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
        before, peak, opened = map(int, run.stdout.split())
        assert opened == size, f"{opened} of {size} streams were open at once"
        found[name] = peak / 1e6, (peak - before) / 1e3 / size
    return found


class Crowd:
    """Streams that wait for each other to have begun."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.begun = 0
        self.ended = 0
        self.most = 0
        self.all_there = asyncio.Event()

    async def read(self, stream: Any) -> None:
        events = aiter(stream)
        await anext(events)
        self.begun += 1
        self.most = max(self.most, self.begun - self.ended)
        if self.begun == self.size:
            self.all_there.set()
        await self.all_there.wait()
        async for _ in events:
            pass
        self.ended += 1


async def crowded(contest: Contest, name: str, base_url: str, size: int) -> tuple[int, int, int]:
    async with contest.async_client(base_url, HEADERS) as client:
        prompt = contest.aprompt(client, stream=True)

        async def one(crowd: Crowd) -> None:
            await crowd.read(await contest.astream(client) if name == SDK else prompt())

        await one(Crowd(1))  # what is made once, is made now
        gc.collect()
        before = memory("VmRSS")
        crowd = Crowd(size)
        await asyncio.gather(*(one(crowd) for _ in range(size)))
        return before, memory("VmHWM"), crowd.most


def memory(name: str) -> int:
    """Bytes of memory that the system counts for this process: `VmRSS`, now, or `VmHWM`, at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    _, which, way, address, count = sys.argv
    contests = {one.name: one for one in (OPENAI, ANTHROPIC)}
    print(*asyncio.run(crowded(contests[which], way, address, int(count))))
