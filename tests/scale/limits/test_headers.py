"""The limits that providers tell in the headers of their responses."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from mirascope_like.scale.limits.headers import HeaderLimits

# From recorded responses: OpenAI, Groq, Azure, Anthropic and an earlier one of Mistral. From the documentation: also
# an example of OpenAI, and Cerebras. From public repositories: Mistral and Cohere of today.
READ: dict[str, tuple[dict[str, str], tuple[float | None, float | None]]] = {
    "openai": (
        {
            "x-ratelimit-limit-requests": "5000",
            "x-ratelimit-limit-tokens": "800000",
            "x-ratelimit-remaining-requests": "4999",
            "x-ratelimit-remaining-tokens": "799984",
            "x-ratelimit-reset-requests": "12ms",
            "x-ratelimit-reset-tokens": "1ms",
        },
        (5000, 800_000),
    ),
    "openai, 200 requests a day": (
        {
            "x-ratelimit-limit-requests": "200",
            "x-ratelimit-remaining-requests": "199",
            "x-ratelimit-reset-requests": "7m12s",
        },
        (None, None),
    ),
    "openai, the documentation's example": (
        {
            "x-ratelimit-limit-requests": "60",
            "x-ratelimit-remaining-requests": "59",
            "x-ratelimit-reset-requests": "1s",
            "x-ratelimit-limit-tokens": "150000",
            "x-ratelimit-remaining-tokens": "149984",
            "x-ratelimit-reset-tokens": "6m0s",
        },
        (60, None),
    ),
    "groq, requests of a day": (
        {
            "x-ratelimit-limit-requests": "14400",
            "x-ratelimit-limit-tokens": "30000",
            "x-ratelimit-remaining-requests": "14398",
            "x-ratelimit-remaining-tokens": "29987",
            "x-ratelimit-reset-requests": "10.332999999s",
            "x-ratelimit-reset-tokens": "26ms",
        },
        (None, 30_000),
    ),
    "azure": (
        {
            "x-ratelimit-limit-requests": "120",
            "x-ratelimit-limit-tokens": "120000",
            "x-ratelimit-remaining-requests": "119",
            "x-ratelimit-remaining-tokens": "119986",
            "x-ratelimit-renewalperiod-requests": "60",
            "x-ratelimit-renewalperiod-tokens": "60",
            "x-ratelimit-reset-requests": "500",
            "x-ratelimit-reset-tokens": "7",
        },
        (120, 120_000),
    ),
    "azure, requests of 10 seconds": (
        {"x-ratelimit-limit-requests": "50", "x-ratelimit-renewalperiod-requests": "10"},
        (300, None),
    ),
    "anthropic": (
        {
            "anthropic-ratelimit-input-tokens-limit": "2000000",
            "anthropic-ratelimit-output-tokens-limit": "400000",
            "anthropic-ratelimit-requests-limit": "4000",
            "anthropic-ratelimit-requests-remaining": "3999",
            "anthropic-ratelimit-requests-reset": "2025-12-18T23:28:05Z",
            "anthropic-ratelimit-tokens-limit": "2400000",
        },
        (4000, 2_400_000),
    ),
    "mistral": (
        {
            "x-ratelimit-limit-req-minute": "50",
            "x-ratelimit-limit-tokens-minute": "50000",
            "x-ratelimit-remaining-tokens-minute": "47300",
        },
        (50, 50_000),
    ),
    "mistral, no quota": ({"x-ratelimit-limit-req-minute": "0"}, (None, None)),
    "mistral, earlier": (
        {"ratelimitbysize-limit": "2000000", "x-ratelimitbysize-limit-minute": "2000000"},
        (None, 2_000_000),
    ),
    "cerebras": (
        {"x-ratelimit-limit-requests-day": "14400", "x-ratelimit-limit-tokens-minute": "60000"},
        (None, 60_000),
    ),
    "cohere, a trial key": (
        {"x-endpoint-monthly-call-limit": "1000", "x-trial-endpoint-call-limit": "20"},
        (20, None),
    ),
    "unreadable": ({"x-ratelimit-limit-requests": "many", "x-ratelimit-limit-tokens": "inf"}, (None, None)),
    "none": ({"content-type": "application/json"}, (None, None)),
}


@pytest.mark.parametrize("plain", [False, True], ids=["http", "dict"])
@pytest.mark.parametrize(("headers", "read"), READ.values(), ids=READ)
def test_limits_in_headers(headers: dict[str, str], read: Any, plain: bool) -> None:
    limits = HeaderLimits()
    given: Any = {name.title(): value for name, value in headers.items()} if plain else httpx2.Headers(headers)
    assert limits.read(given) is (read != (None, None))
    assert (limits.rpm, limits.tpm) == read
    assert limits.read(given) is False


def test_a_limit_that_changes() -> None:
    """Fireworks and Anthropic change limits while a program runs; a response without the headers changes nothing."""
    limits = HeaderLimits()
    limits.read({"anthropic-ratelimit-requests-limit": "4000"})
    assert limits.read({}) is False
    assert limits.read({"anthropic-ratelimit-requests-limit": "2000"}) is True
    assert limits.rpm == 2000
