"""`retry_after` of every provider: from headers, from fields of the error, and from its text; whole and in streams."""

from __future__ import annotations

from typing import Any

import pytest

from mirascope_like.core import ProviderError, RateLimitError, StreamInterruptedError
from mirascope_like.core.base.errors import retry_after
from tests.conformance.contract import BaseRow
from tests.conformance.odd_wire import STREAMED, WHOLE, Way, format_of, odd
from tests.conformance.wires.answer import Answer
from tests.harness.oracles_bedrock import exception
from tests.harness.server import Reply, Server

FORMATS = "chat messages responses bedrock cohere gemini array"

# The texts are those of the hosts named; the seconds are what they say.
TEXTS = {
    "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30, Used 1. Please try again in 20s. Visit": 20.0,
    "Rate limit reached for o4-mini on requests per day (RPD): Limit 200, Used 200. Please try again in 7m12s.": 432.0,
    "Please try again in 1h2m3.5s.": 3723.5,  # OpenAI and Groq
    "Please try again in 1m12.5s. Need more tokens? Upgrade": 72.5,  # Groq
    "Please try again in 350ms.": 0.35,  # OpenAI
    "You have exceeded call rate limit. Please retry after 3 seconds. Go here: https://aka.ms/oai": 3.0,  # Azure
    "Your requests have exceeded the token rate limit. Please retry after 1 second.": 1.0,
    "You exceeded your current quota. Please retry in 21.124101106s.": 21.124101106,  # Google
    "Rate limit of 15 per 60s exceeded for UserByModelByMinute. Please wait 56 seconds before retrying.": 56.0,
    "Your account reached max request: 3, please try again after 1 seconds": 1.0,  # Kimi
    "No deployments available for selected model, Try again in 60 seconds. Passed model=x": 60.0,  # LiteLLM
    "Request was throttled. Expected available in 59 seconds.": 59.0,  # Django REST framework
    "Too many requests. Please retry your request in 2 hours": 7200.0,
    "Your limit resets in 2 hours and 5 minutes.": 7500.0,
    "Your limit will reset in 1 day, 2 hours": 93600.0,
    "Please wait for at least 1,200 seconds": 1200.0,
    "please wait 5 MINUTES": 300.0,
    "retry-after: 20 seconds": 20.0,
    "Retry in 0s": 0.0,
}
# No unit, a unit that is no time, no number, a time that cannot be meant, a time that is no wait.
NO_TEXTS = [
    "Please try again in 20",
    "Please try again in 20 tokens",
    "Please try again in 20meters",
    "Please try again in a few minutes",
    "Please try again in -5 seconds",
    "Please try again in nan seconds",
    "Please try again in 99999999999 seconds",
    "Please try again in 1741305600000ms",
    "Please try again in 9 years",
    "Please try again later. Limit: 15 per 60s",
    "Request timed out after 600 seconds. Please try again",
    "The model was not available. It loads for 20s",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
def test_texts(text: str) -> None:
    assert retry_after(None, None, text) == pytest.approx(TEXTS[text])
    assert retry_after({"retry-after": "soon"}, {"error": {"message": text}}) == pytest.approx(TEXTS[text])


@pytest.mark.parametrize("text", NO_TEXTS)
def test_texts_without_a_time(text: str) -> None:
    assert retry_after(None, {"error": {"message": text}}, text) is None


# A field of the error comes before a header, and that before the text: RFC 9110, and `google.rpc.RetryInfo`.
def test_the_order_of_the_sources() -> None:
    text = {"message": "try again in 3s"}
    assert retry_after({"retry-after": "2"}, {"error": {**text, "retry_after": 1}}) == 1.0
    assert retry_after({"retry-after": "2"}, {"error": text}) == 2.0
    assert retry_after({}, {"error": text}, "try again in 4s") == 3.0
    assert retry_after({}, "try again in 3s") == 3.0


@pytest.mark.parametrize(
    ("field", "seconds"),
    [
        ({"retryDelay": "36.5s"}, 36.5),
        ({"metadata": {"quotaResetDelay": "1h16m0.667s"}}, 4560.667),  # Google's ErrorInfo
        ({"metadata": {"retry_after_seconds": 8}}, 8.0),  # OpenRouter
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry_after": "2 minutes"}, 120.0),
        ({"retry_after": -1}, None),
        ({"retry_after": 1741305600}, None),  # a point in time
        ({"retry_after": True}, None),
    ],
)
def test_fields(field: dict[str, Any], seconds: float | None) -> None:
    assert retry_after(None, {"error": field}) == seconds


@pytest.mark.parametrize("header", ["-1", "1741305600", "1e99", "nan", "", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_headers_that_cannot_be_meant(header: str) -> None:
    assert retry_after({"retry-after": header}) is None


TEXT = "Too many requests. Please try again in 1m12.5s."


def refused(row: BaseRow, text: str) -> Reply:
    """An unstreamed error 429 in the provider's form."""
    reply = row.wire.failed(429)
    body = reply.body.replace(b"scripted error", text.encode())
    return Reply((body,), 429, reply.headers, "length")


@odd(FORMATS, [*WHOLE, *STREAMED])
def test_an_error_before_an_answer(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, refused(row, TEXT))
    assert isinstance(found.error, RateLimitError)
    assert found.error.retry_after == 72.5


def interrupted(row: BaseRow, text: str, *, begun: bool = True) -> Reply:
    """A stream with a text, unless `begun` is False, and then an error event in the provider's form."""
    before = row.wire.events(Answer("Hel", ended=False)) if begun else []
    error: dict[str, Any] = {"message": text, "code": 429, "type": "rate_limit_exceeded"}
    events: dict[str, Any] = {
        "chat": {"error": error},
        "messages": {"type": "error", "error": {"type": "rate_limit_error", "message": text}},
        "responses": {"type": "error", "code": "rate_limit_exceeded", "message": text, "param": None},
        "bedrock": exception("throttlingException", text),
        "cohere": {"message": text, "id": "1"},
        "gemini": {"error": {"code": 429, "message": text, "status": "RESOURCE_EXHAUSTED"}},
    }
    return row.wire.stream(*before, events[format_of(row)])


# The retired SDK drops errors in the middle of a stream.
@odd("chat messages responses bedrock cohere gemini", STREAMED)
def test_an_error_within_a_stream(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, interrupted(row, TEXT))
    assert isinstance(found.error, ProviderError)
    assert isinstance(found.error, StreamInterruptedError)
    assert found.error.retry_after == 72.5


# Cohere's iterator is a plain generator, which has no response.
@odd("chat messages responses bedrock gemini", STREAMED)
def test_headers_of_a_stream(row: BaseRow, way: Way, server: Server) -> None:
    check_headers(row, way, server)


@odd("cohere", [way for way in STREAMED if not way.iterator])
def test_headers_of_a_stream_of_cohere(row: BaseRow, way: Way, server: Server) -> None:
    check_headers(row, way, server)


def check_headers(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, interrupted(row, "Too many requests").with_headers(retry_after="7"))
    assert isinstance(found.error, StreamInterruptedError)
    assert found.error.retry_after == 7.0
