"""Sends requests without end within shared limits, and prints when. Takes what is shared, seconds, and a limit."""

from __future__ import annotations

import asyncio
import json
import sys
import time

from mirascope_like.scale.limits import Limiter, Limits
from mirascope_like.scale.shared import shared_limiter


async def send_within(limiter: Limiter, seconds: float, sent: list[float], tasks: int = 100) -> None:
    """Send requests of 50 milliseconds, and note when each is sent."""

    async def work() -> None:
        while True:
            slot = await limiter.acquire(10.0)
            sent.append(time.time())
            await asyncio.sleep(0.05)
            slot.finished(tokens=10)

    running = [asyncio.ensure_future(work()) for _ in range(tasks)]
    await asyncio.wait(running, timeout=seconds)
    for one in running:
        one.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def main(share: str, seconds: float, rpm: float) -> list[float]:
    limiter = shared_limiter(share, "test:m", Limits(rpm=rpm))
    sent: list[float] = []
    await send_within(limiter, seconds, sent)
    await limiter.close()
    return sent


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))))
