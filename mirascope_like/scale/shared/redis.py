"""Limits that processes share through Redis. Needs the package `redis`."""

from __future__ import annotations

import json
from contextlib import suppress
from importlib import import_module
from typing import Any

from ...core.base.errors import load_sdk
from ...core.base.runtime import CLOCK
from ..limits import Limits
from .book import Book, Lease, Report
from .lease import Offset

KEPT = 120.0
"""The seconds for which Redis keeps a book that nobody uses, after the end of a hold."""
LISTENED = 30.0
"""The seconds of one wait for news. Without a number, some versions of redis-py fail after their `socket_timeout`."""
_ATTEMPTS = 100
_CHANGE = """
local time = redis.call('TIME')
local known = redis.call('HGET', KEYS[1], 'version') or '0'
if known ~= ARGV[1] then
    return {0, known, redis.call('HGET', KEYS[1], 'book'), time[1], time[2]}
end
local version = tostring(tonumber(known) + 1)
redis.call('HSET', KEYS[1], 'version', version, 'book', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if ARGV[4] == '1' then
    redis.call('PUBLISH', KEYS[1], ARGV[5])
end
return {1, version, ARGV[2], time[1], time[2]}
"""
"""Replaces the book if it still is the version that was changed. Returns the newest version and Redis' time."""


class RedisBook:
    """A `Book` in Redis. Each process changes it, and tries again if another process was faster."""

    def __init__(self, url: str, name: str, limits: Limits | None = None) -> None:
        load_sdk("redis", extra="redis")  # here: only programs that share limits need it
        redis: Any = import_module("redis.asyncio")
        given = limits or Limits()
        self._limits = limits
        self._key = f"mirascope_like:limits:{name}:{given.rpm}:{given.tpm}"
        self._redis: Any = redis.from_url(url)
        self._change: Any = self._redis.register_script(_CHANGE)
        self._version = ""
        self._state: bytes | None = None
        self._news: Any = None
        self._offset = Offset()
        self.ahead: float = 0.0

    async def lease(self, report: Report) -> Lease:
        """Make a report, and return the lease. Raises the error of Redis."""
        for _ in range(_ATTEMPTS):
            if self._version:
                book = Book.restored(json.loads(self._state)) if self._state else Book(self._limits)
                lease = book.lease(CLOCK.monotonic() + self.ahead, report.shifted(self.ahead))
                if await self._changed(json.dumps(book.state()), lease, book.kept(lease.now)):
                    return lease
            else:
                await self._changed("", Lease(now=0.0))
        raise TimeoutError("too many processes change the shared limits at the same time")

    async def _changed(self, state: str, lease: Lease, held: float = 0.0) -> bool:
        began = CLOCK.monotonic()
        done, version, book, seconds, micros = await self._change(
            keys=[self._key],
            args=[self._version or "none", state, int((KEPT + held) * 1000), int(lease.news), lease.holds],
        )
        self.ahead = self._offset.add(began, CLOCK.monotonic(), int(seconds) + int(micros) / 1e6)
        self._version, self._state = version.decode() if isinstance(version, bytes) else str(version), book
        return bool(done)

    async def news(self) -> int:
        """Return the number of holds when one begins or ends."""
        try:
            if self._news is None:
                self._news = self._redis.pubsub(ignore_subscribe_messages=True)
                await self._news.subscribe(self._key)
            while (message := await self._news.get_message(timeout=LISTENED)) is None:
                pass
        except Exception:
            failed: Any = self._news
            self._news = None
            with suppress(Exception):
                await failed.aclose()
            raise
        return int(message["data"])

    async def close(self) -> None:
        """Close the connections."""
        if self._news is not None:
            await self._news.aclose()
        await self._redis.aclose()
