"""Errors go through pickle, as process pools and task queues send them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from mirascope_like.core import (
    ConfigurationError,
    MirascopeLikeError,
    NotFoundError,
    OverloadedError,
    PromptError,
    RateLimitError,
    StreamInterruptedError,
    StreamTimeoutError,
)
from mirascope_like.core.base import errors
from mirascope_like.core.base.errors import adopt, both, described, error_kind
from tests.conformance.contract import BaseRow
from tests.conformance.providers import ANTHROPIC, Row, openai_like
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer
from tests.harness.clocks import MovedClock, once_begun
from tests.harness.server import CloseEarly, Reply, Server, Stall


def raised(row: Row, server: Server, reply: Reply) -> Any:
    server.reply(reply)
    with row.client(server) as client, pytest.raises(MirascopeLikeError) as caught:
        row.stream(client).collect()
    return caught.value


@openai_like
def test_status_error(row: Row, server: Server) -> None:
    error = raised(row, server, Reply.error(429, "Slow down", retry_after="3"))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert isinstance(again, RateLimitError)
    assert isinstance(again, row.theirs("RateLimitError"))
    assert str(again) == str(error)
    for name in ("provider", "model", "status_code", "request_id", "retry_after", "body", "message"):
        assert getattr(again, name) == getattr(error, name), name
    assert b"sk-test" not in pickle.dumps(error)


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_no_pickle_holds_the_key(row: BaseRow, server: Server) -> None:
    server.reply(row.wire.failed(429), row.wire.stream(*row.wire.events(Answer("Hel", ended=False)), CloseEarly()))
    with row.client(server) as client:
        for call in (lambda: row.ask(client), lambda: row.stream(client).collect()):
            with pytest.raises(MirascopeLikeError) as caught:
                call()
            data = pickle.dumps(caught.value)
            assert b"sk-test" not in data
            again = pickle.loads(data)
            assert (type(again).__name__, str(again)) == (type(caught.value).__name__, str(caught.value))


@openai_like
def test_interruption(row: Row, server: Server) -> None:
    error = raised(row, server, row.streamed(*row.texts("Hel", finish=None), CloseEarly()))
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, StreamInterruptedError)
    assert isinstance(again, row.theirs("APIConnectionError"))
    assert str(again) == str(error)
    assert again.partial is None
    assert error.partial.content == "Hel"


@openai_like
def test_deadline(row: Row, server: Server, clock: MovedClock) -> None:
    server.reply(row.streamed(*row.texts("Hel", finish=None), Stall()))
    with row.client(server) as client, pytest.raises(StreamTimeoutError) as caught:
        once_begun(row.stream(client), "total", clock).collect()
    assert caught.value.partial.content == "Hel"
    again = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(again, StreamTimeoutError)
    assert (again.deadline, str(again), again.partial) == ("total", str(caught.value), None)


@openai_like
def test_copies(row: Row, server: Server) -> None:
    error = raised(row, server, Reply.error(404))
    assert isinstance(copy.copy(error), NotFoundError)
    assert copy.copy(error).status_code == 404


def test_error_event(server: Server) -> None:
    body = {"type": "error", "error": {"type": "overloaded_error", "message": "Not now"}}
    error = raised(ANTHROPIC, server, ANTHROPIC.streamed(*ANTHROPIC.texts("Hel", finish=None), body))
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, OverloadedError)
    assert again.body == body


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError("x"),
        PromptError("x", template="t", position=3),
        StreamTimeoutError("x", deadline="idle"),
        errors.ToolArgumentsError("x", arguments="{"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_our_own(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))


class TheirError(Exception):
    """An SDK's error."""


def test_fallbacks_that_all_failed() -> None:
    error = errors.FallbackError([ValueError("a"), ConfigurationError("b")])
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert str(again) == str(error) == "all 2 calls failed: ValueError: a; ConfigurationError: b"
        assert [type(one) for one in again.errors] == [ValueError, ConfigurationError]


def test_adopted_twice_is_one_class() -> None:
    first = adopt(TheirError("a"), RateLimitError, provider="p", model=None)
    second = adopt(TheirError("b"), RateLimitError, provider="p", model="m")
    assert type(first) is type(second) is both(RateLimitError, TheirError)
    assert isinstance(first, TheirError)
    assert (first.provider, first.model, first.retry_after) == ("p", None, None)  # type: ignore[attr-defined]
    assert type(first).__name__ == "RateLimitError"


@pytest.mark.parametrize(
    ("status", "code", "text", "kind"),
    [
        (400, None, "", errors.BadRequestError),
        (400, None, "This model's maximum context length is 8192 tokens", errors.ContextWindowExceededError),
        (400, None, "prompt is too long: 210000 tokens > 200000 maximum", errors.ContextWindowExceededError),
        (400, "context_length_exceeded", "", errors.ContextWindowExceededError),
        (400, "content_filter", "", errors.ContentFilterError),
        (400, None, "The response was filtered due to content management policy", errors.ContentFilterError),
        (401, None, "", errors.AuthenticationError),
        (403, None, "", errors.PermissionDeniedError),
        (404, "model_not_found", "", errors.NotFoundError),
        (408, None, "", errors.RequestTimeoutError),
        (413, None, "", errors.BadRequestError),
        (422, None, "", errors.BadRequestError),
        (429, "insufficient_quota", "", errors.RateLimitError),
        (500, None, "", errors.ServerError),
        (503, None, "", errors.OverloadedError),
        (529, "overloaded_error", "", errors.OverloadedError),
        (418, None, "", errors.BadRequestError),
        (599, None, "", errors.ServerError),
        (None, "overloaded_error", "", errors.OverloadedError),
        (200, "rate_limit_error", "", errors.RateLimitError),
        # Groq's documentation: flex requests beyond the capacity fail with 498 and `capacity_exceeded`.
        (498, "capacity_exceeded", "over capacity for flex tier", errors.OverloadedError),
        # OpenAI's documentation: 503 Slow Down.
        (None, "slow_down", "", errors.OverloadedError),
        (None, "ServiceQuotaExceededException", "", errors.RateLimitError),
        (None, "ResourceNotFoundException", "", errors.NotFoundError),
        (None, None, "Too many tokens, please wait before trying again.", errors.RateLimitError),
        (None, None, "Too many tokens per day, please wait before trying again.", errors.RateLimitError),
        (400, None, "Too many tokens, please wait before trying again.", errors.RateLimitError),
        (400, None, "Too many input tokens. Max input tokens: 8192", errors.ContextWindowExceededError),
        (400, None, "length of prompt_tokens (9) must be less than max_seq_len (8)", errors.ContextWindowExceededError),
        (400, None, "Input length 9000 exceeds maximum allowed token size 8192", errors.ContextWindowExceededError),
        (400, None, "max_tokens is too large: 100000. This model supports at most 16384", errors.BadRequestError),
        (403, None, "x requires moderation on T. Your input was flagged", errors.ContentFilterError),
        (403, None, "Content violates usage guidelines. Failed check: BIO", errors.ContentFilterError),
        (None, None, "", errors.ProviderError),
        (None, "unheard_of", "", errors.ProviderError),
    ],
)
def test_kinds(status: int | None, code: str | None, text: str, kind: type[Exception]) -> None:
    assert error_kind(status, code, text) is kind


# MiniMax's documentation of error codes; z.ai has other meanings for some of the numbers.
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1002, errors.RateLimitError),
        (1004, errors.AuthenticationError),
        (1008, errors.RateLimitError),
        (1013, errors.ServerError),
        (1026, errors.ContentFilterError),
        (1027, errors.ContentFilterError),
        (1039, errors.ContextWindowExceededError),
        (2013, errors.ProviderError),
    ],
)
def test_kinds_of_minimax(code: int, kind: type[Exception]) -> None:
    body = {"base_resp": {"status_code": code, "status_msg": "words"}}
    assert error_kind(*described(body)) is kind


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"error": {"message": "m", "code": "a", "type": "b"}}, None, "a"),
        ({"error": {"message": "m", "code": 429}}, 429, None),
        ({"message": "m", "type": "overloaded_error"}, None, "overloaded_error"),
        ({"error": {"message": "m", "type": "rate_limit_error", "code": "unheard"}}, None, "rate_limit_error"),
        ("text", None, None),
        (None, None, None),
        ([], None, None),
    ],
)
def test_described(body: object, status: int | None, code: str | None) -> None:
    assert described(body)[:2] == (status, code)
