"""The rate limit of the benchmarks' server, and its record of who kept to it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from time import monotonic
from zlib import crc32

from tests.scale.limits.simulation import Bucket

REFUSAL = {"message": "Rate limit reached for requests", "type": "requests", "code": "rate_limit_exceeded"}


@dataclass
class RateLimit:
    """A bucket that refills continuously, for all requests of a server. Without a rate it accepts all of them."""

    rate: float = 0.0
    """Requests per second."""
    burst: float = 1.0
    record: list[tuple[float, bool, int]] = field(default_factory=list[tuple[float, bool, int]])
    """Of each request: when it arrived, whether it was accepted, and a hash of its body."""

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Fill the bucket, and begin a new record."""
        self._bucket = Bucket(self.rate, self.burst)
        self._bucket.last = monotonic()
        self.record.clear()

    def refusal(self, body: bytes) -> bytes | None:
        """Record a request that arrives now. Return the response that refuses it; None if it is accepted."""
        now = monotonic()
        wait = self._bucket.take(now) if self.rate else 0.0
        self.record.append((now, not wait, crc32(body)))
        if not wait:
            return None
        text = json.dumps({"error": REFUSAL}).encode()
        head = b"HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\nretry-after: 1\r\n"
        return head + b"retry-after-ms: %d\r\ncontent-length: %d\r\n\r\n%b" % (wait * 1000 + 1, len(text), text)

    def report(self) -> bytes:
        """Return the record as a response, and reset the limit."""
        text = json.dumps(self.record).encode()
        self.reset()
        return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(text), text)
