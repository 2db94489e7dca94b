"""Reads the limits of a provider from the headers of its responses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, Literal, NamedTuple

from ...core.base.errors import header

MINUTE = 60.0


class LimitHeader(NamedTuple):
    """A header with a limit, and what is needed to know its period."""

    name: str
    counts: Literal["requests", "tokens"]
    period: float | None = MINUTE
    """Seconds. None if the header is for a minute or for a day, so that `remaining` and `reset` tell."""
    period_name: str = ""
    """The header with the period in seconds."""
    remaining: str = ""
    reset: str = ""
    """The header with the time until the whole limit is available again."""


HEADERS: Mapping[str, tuple[LimitHeader, ...]] = {
    # Source: developers.openai.com/api/docs/guides/rate-limits ("Rate limits in headers"); limits per day have the same
    # names. console.groq.com/docs/rate-limits: `requests` are those of a day, `tokens` those of a minute. Both refill
    # continuously. Azure and GitHub Models send the period too, as in the recorded responses of the tests.
    "openai, groq, azure, xai": (
        LimitHeader(
            "x-ratelimit-limit-requests",
            "requests",
            None,
            "x-ratelimit-renewalperiod-requests",
            "x-ratelimit-remaining-requests",
            "x-ratelimit-reset-requests",
        ),
        LimitHeader(
            "x-ratelimit-limit-tokens",
            "tokens",
            None,
            "x-ratelimit-renewalperiod-tokens",
            "x-ratelimit-remaining-tokens",
            "x-ratelimit-reset-tokens",
        ),
    ),
    # Source: docs.claude.com/en/api/rate-limits ("Response headers"); all limits are those of a minute.
    "anthropic": (
        LimitHeader("anthropic-ratelimit-requests-limit", "requests"),
        LimitHeader("anthropic-ratelimit-tokens-limit", "tokens"),
    ),
    # Source: recorded responses of Mistral, earlier (`ratelimitbysize`) and now.
    "mistral": (
        LimitHeader("x-ratelimit-limit-req-minute", "requests"),
        LimitHeader("x-ratelimit-limit-req-10-second", "requests", 10.0),
        LimitHeader("x-ratelimit-limit-tokens-minute", "tokens"),
        LimitHeader("x-ratelimitbysize-limit-minute", "tokens"),
    ),
    # Source: inference-docs.cerebras.ai/support/rate-limits. Its tokens have the names of Mistral's.
    "cerebras": (LimitHeader("x-ratelimit-limit-requests-minute", "requests"),),
    # Source: docs.cohere.com/docs/rate-limits; only trial keys have the header, with calls a minute.
    "cohere": (LimitHeader("x-trial-endpoint-call-limit", "requests"),),
}
"""The headers of each provider. Google and Bedrock send none; a refusal of Google has its `RetryInfo`."""

LONG = 1800.0
"""A limit for a longer time than this, in seconds, is not paced: it may be used at once, until the provider refuses."""
_AGAIN = 100
"""After how many responses all headers are looked for again."""
_PARTS = re.compile(r"([\d.]+)(ms|s|m|h|d)?")
_UNITS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_ALL = tuple(one for several in HEADERS.values() for one in several)


class HeaderLimits:
    """Remembers the limits in the headers of a provider, and which headers it sends."""

    def __init__(self) -> None:
        self.rpm: float | None = None
        """Requests per minute. None if no header has them."""
        self.tpm: float | None = None
        """Tokens per minute. None if no header has them."""
        self._sent: tuple[LimitHeader, ...] = _ALL
        self._last: tuple[str | None, ...] = ()
        self._reads = 0

    def read(self, headers: Any) -> bool:
        """Read the headers of a response. Returns True if a limit has changed."""
        if self._reads % _AGAIN == 0:
            self._sent = tuple(one for one in _ALL if header(headers, one.name) is not None)
        self._reads += 1
        values = tuple(header(headers, one.name) for one in self._sent)
        if values == self._last:
            return False
        self._last = values
        found: dict[str, float] = {}
        for one, value in zip(self._sent, values, strict=True):
            per_minute = _per_minute(one, value, headers)
            if per_minute is not None:
                found[one.counts] = min(per_minute, found.get(one.counts, per_minute))
        before = self.rpm, self.tpm
        self.rpm, self.tpm = found.get("requests", self.rpm), found.get("tokens", self.tpm)
        return before != (self.rpm, self.tpm)


def _per_minute(one: LimitHeader, value: str | None, headers: Any) -> float | None:
    limit = _number(value)
    if limit is None or limit <= 0:
        return None
    period = _number(header(headers, one.period_name)) if one.period_name else None
    if not period:
        period = one.period or _inferred_period(limit, one, headers)
    return None if period > LONG else limit * MINUTE / period


def _inferred_period(limit: float, one: LimitHeader, headers: Any) -> float:
    """Return the period of a limit that refills continuously: what was used is available again after `reset`.

    With one of 14,400 requests used, and "6s" until it is available again, the period is a day.
    """
    remaining, reset = _number(header(headers, one.remaining)), _seconds(header(headers, one.reset))
    used = limit - remaining if remaining is not None else 0.0
    if reset is None or used < 1:
        return MINUTE
    return max(MINUTE, reset * limit / used) if reset * limit / used > LONG else MINUTE


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if isfinite(number) else None


def _seconds(text: str | None) -> float | None:
    """Return the seconds of a duration such as "6m0s" or "12ms"."""
    parts = _PARTS.findall(text or "")
    try:
        return sum(float(number) * _UNITS[unit] for number, unit in parts) if parts else None
    except ValueError:
        return None
