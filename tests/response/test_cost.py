"""What a call costs. The prices are those that the providers publish, in US dollars for a million tokens:

gpt-4o-mini 0.15, 0.60, cached 0.075; claude-sonnet-4-5 3, 15, cache read 0.30, cache write 3.75.
"""

from __future__ import annotations

from typing import Any

import pytest

from mirascope_like.core import Price, anthropic, local, openai, set_price, vertex
from mirascope_like.core.base.response import Usage, call_cost, cost, usage_and_cost, usage_price
from mirascope_like.core.base.response.usage import Counts
from tests.harness.server import Reply, Server

TOKENS = Usage(input_tokens=1000, cached_tokens=400, output_tokens=100)


@pytest.fixture
def own_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prices set by a test are forgotten after it."""
    monkeypatch.setattr(cost, "_own", {})


def chat(model: str, **usage: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "Hi"}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return {"id": "c1", "object": "chat.completion", "created": 1, "model": model, "choices": choices, "usage": usage}


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-4o-mini-2024-07-18"])
def test_cached_tokens_are_priced_once(model: str) -> None:
    assert call_cost("openai", model, TOKENS) == pytest.approx((600 * 0.15 + 400 * 0.075 + 100 * 0.60) / 1e6)


def test_a_fully_cached_prompt_costs_what_the_cache_does() -> None:
    usage = Usage(input_tokens=1000, cached_tokens=1000, output_tokens=10)
    assert call_cost("openai", "gpt-4o-mini", usage) == pytest.approx((1000 * 0.075 + 10 * 0.60) / 1e6)


@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "claude-sonnet-4-5-20250929"])
def test_written_tokens_are_priced_once(model: str) -> None:
    usage = Usage(input_tokens=1000, cached_tokens=300, cache_write_tokens=500, output_tokens=100)
    expected = (200 * 3 + 300 * 0.30 + 500 * 3.75 + 100 * 15) / 1e6
    assert call_cost("anthropic", model, usage) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("model", "usage"),
    [
        ("no-such-model", TOKENS),
        (None, TOKENS),
        ("gpt-4o-mini", Usage()),
        ("gpt-4o-mini", Usage(input_tokens=5)),
    ],
)
def test_what_is_unknown_is_none(model: str | None, usage: Usage) -> None:
    assert call_cost("openai", model, usage) is None


@pytest.mark.usefixtures("own_prices")
class TestOwnPrices:
    def test_for_a_model_that_no_list_knows(self) -> None:
        set_price("ours", Price(input=2, output=10, cached=0.5, cache_write=4))
        usage = Usage(input_tokens=1000, cached_tokens=300, cache_write_tokens=500, output_tokens=100)
        assert call_cost("openai", "ours", usage) == pytest.approx((200 * 2 + 300 * 0.5 + 500 * 4 + 100 * 10) / 1e6)
        assert call_cost("ollama", "ours", Usage(input_tokens=5)) is None

    def test_without_prices_of_the_cache_its_tokens_cost_what_the_others_do(self) -> None:
        set_price("ours", Price(input=2, output=10))
        assert call_cost("openai", "ours", TOKENS) == pytest.approx((1000 * 2 + 100 * 10) / 1e6)

    def test_wins_over_the_list_and_is_taken_back(self) -> None:
        set_price("gpt-4o-mini", Price(input=0, output=0))
        assert call_cost("openai", "gpt-4o-mini", TOKENS) == 0
        set_price("gpt-4o-mini", None)
        assert call_cost("openai", "gpt-4o-mini", TOKENS) == pytest.approx(180e-6)

    @pytest.mark.parametrize("name", ["ours-2026-11-21", "ours-20261121", "ours@20261121"])
    def test_of_a_dated_name(self, name: str) -> None:
        set_price("ours", Price(input=1, output=1))
        assert call_cost("openai", name, TOKENS) == pytest.approx(1100e-6)
        set_price(name, Price(input=2, output=2))
        assert call_cost("openai", name, TOKENS) == pytest.approx(2200e-6)
        assert call_cost("openai", "ours", TOKENS) == pytest.approx(1100e-6)

    def test_of_one_provider(self) -> None:
        set_price("ours", Price(input=1, output=1))
        set_price("ours", Price(input=3, output=3), provider="groq")
        assert call_cost("groq", "ours", TOKENS) == pytest.approx(3300e-6)
        assert call_cost("openai", "ours", TOKENS) == pytest.approx(1100e-6)

    def test_on_responses_and_streams(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
        server.reply(Reply.json(chat("ours", **usage)))
        head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "ours"}
        delta = {"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}
        server.reply(Reply.chat({**head, "choices": [delta]}, {**head, "choices": [], "usage": usage}))

        @openai.call("ours")
        def whole() -> str:
            return "Hi"

        @openai.call("ours", stream=True)
        def streamed() -> str:
            return "Hi"

        response, stream = whole(), streamed()
        stream.collect()
        assert response.cost is None
        set_price("ours", Price(input=100, output=1000), provider="openai")
        assert response.cost == stream.cost == stream.construct_call_response().cost == pytest.approx(5300e-6)


# Anthropic's pricing: a write for five minutes is 1.25 times the input ($3), one for an hour twice; a search $0.01.
def test_writes_for_an_hour_and_searches() -> None:
    usage = Usage(input_tokens=100_000, output_tokens=0, cache_write_tokens=100_000, cache_write_1h_tokens=60_000)
    assert call_cost("anthropic", "claude-sonnet-4-5", usage) == pytest.approx(0.04 * 3.75 + 0.06 * 6)
    searched = Usage(input_tokens=0, output_tokens=0, web_searches=3)
    assert call_cost("anthropic", "claude-sonnet-4-5", searched) == pytest.approx(0.03)


# Anthropic's pricing of claude-sonnet-4-5: $3 and $15 for a million tokens, but $6 and $22.50 for a call with more than
# 200,000 input tokens, cached ones included ($0.30, then $0.60).
@pytest.mark.parametrize(
    ("tokens", "cached", "dollars"),
    [
        (1_000, 0, 0.003 + 0.015),
        (200_000, 0, 0.6 + 0.015),
        (200_001, 0, 1.200006 + 0.0225),
        (300_000, 200_000, 0.1 * 6 + 0.2 * 0.6 + 0.0225),
    ],
)
def test_long_prompts(tokens: int, cached: int, dollars: float) -> None:
    usage = Usage(input_tokens=tokens, cached_tokens=cached, output_tokens=1_000)
    assert call_cost("anthropic", "claude-sonnet-4-5", usage) == pytest.approx(dollars)


# OpenAI's pricing: gpt-5-mini is $0.25 for a million tokens of input, half of that with flex processing.
@pytest.mark.parametrize(
    ("terms", "dollars"),
    [
        ({}, 0.25),
        ({"service_tier": "flex"}, 0.125),
        ({"service_tier": "scale"}, None),
        ({"service_tier": "flex", "speed": "fast"}, None),
    ],
)
def test_tiers(terms: dict[str, str], dollars: float | None) -> None:
    found = call_cost("openai", "gpt-5-mini", Usage(input_tokens=1_000_000, output_tokens=0), terms=terms)
    assert found == (None if dollars is None else pytest.approx(dollars))


# OpenAI's list price of gpt-4o-audio-preview in `genai-prices` is that of text alone: audio costs $40.
def test_no_price_of_audio_is_no_cost() -> None:
    usage = Usage(input_tokens=100, output_tokens=10, input_audio_tokens=50)
    assert call_cost("openai", "gpt-4o-audio-preview", usage) is None


# More tokens read from the cache than in the prompt are no account.
def test_counts_that_contradict_each_other_have_no_cost() -> None:
    assert call_cost("openai", "gpt-4o", Usage(input_tokens=10, cached_tokens=20, output_tokens=5)) is None


@pytest.mark.usefixtures("own_prices")
@pytest.mark.parametrize(
    ("part", "price", "dollars"),
    [
        ({"cache_write_tokens": 100, "cache_write_1h_tokens": 100}, {"cache_write_1h": 8}, 100 * 8e-6),
        ({"input_audio_tokens": 100}, {"input_audio": 8}, 100 * 8e-6),
        ({"output_audio_tokens": 10}, {"output_audio": 8}, 100 * 2e-6 + 10 * 8e-6 - 10 * 10e-6),
        ({"web_searches": 2}, {"web_search": 5}, 100 * 2e-6 + 2 * 5e-3),
    ],
)
def test_own_prices_of_parts(part: dict[str, int], price: dict[str, float], dollars: float) -> None:
    usage = Usage(input_tokens=100, output_tokens=10, **part)
    set_price("ours", Price(input=2, output=10))
    assert call_cost("openai", "ours", usage) is None
    set_price("ours", Price(input=2, output=10, **price))
    assert call_cost("openai", "ours", usage) == pytest.approx(dollars + 10 * 10e-6)


@pytest.mark.usefixtures("own_prices")
def test_own_prices_of_tiers() -> None:
    usage = Usage(input_tokens=100, output_tokens=10)
    set_price("ours", Price(input=2, output=10))
    assert call_cost("openai", "ours", usage, terms={"service_tier": "flex"}) is None
    set_price("ours", Price(input=1, output=5), tier="flex")
    assert call_cost("openai", "ours", usage, terms={"service_tier": "flex"}) == pytest.approx(150e-6)
    assert call_cost("openai", "ours", usage) == pytest.approx(300e-6)


@pytest.mark.usefixtures("own_prices")
class TestBatches:
    """Prices in a provider's batch. All providers with batches publish half of their standard price."""

    def priced(self, *, in_batch: bool = True, **options: Any) -> float | None:
        usage = Usage(input_tokens=1000, output_tokens=100)
        return usage_price(options.get("kind", openai.OpenAICallResponse), "ours", usage, options, in_batch=in_batch)

    def test_half_of_an_own_price(self) -> None:
        set_price("ours", Price(input=2, output=10))
        assert self.priced(in_batch=False) == pytest.approx(0.003)
        assert self.priced() == pytest.approx(0.0015)

    def test_an_own_price_of_batches(self) -> None:
        set_price("ours", Price(input=2, output=10))
        set_price("ours", Price(input=0.2, output=1), tier="batch")
        assert self.priced() == pytest.approx(0.0003)

    def test_of_a_provider_whose_batches_are_not_known(self) -> None:
        set_price("ours", Price(input=2, output=10))
        assert self.priced(kind=local.LocalCallResponse) == 0
        assert self.priced(kind=vertex.VertexCallResponse) is None

    def test_with_another_condition_whose_price_is_unknown(self) -> None:
        set_price("ours", Price(input=2, output=10))
        assert self.priced(service_tier="flex") is None

    def test_that_the_provider_reports(self) -> None:
        """Anthropic reports the service tier "batch". claude-haiku-4-5 costs 0.50 and 2.50 dollars in a batch."""
        usage = {"input_tokens": 1000, "output_tokens": 100, "service_tier": "batch"}
        body = {"type": "message", "model": "claude-haiku-4-5", "content": [], "usage": usage}
        response = anthropic.AnthropicCallResponse(
            response=anthropic.AnthropicCallResponse.parse_raw_response(body), start_time=0, end_time=0
        )
        assert response.cost == pytest.approx((1000 * 0.5 + 100 * 2.5) / 1e6)


def test_without_the_price_list_it_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "_price_list", lambda: None)
    assert call_cost("openai", "gpt-4o-mini", TOKENS) is None


def test_anthropic_counts_cached_tokens_beside_the_others(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    usage = {
        "input_tokens": 200,
        "cache_read_input_tokens": 300,
        "cache_creation_input_tokens": 500,
        "output_tokens": 100,
    }
    message = {"id": "m1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5"}
    content = [{"type": "text", "text": "Hi"}]
    server.reply(Reply.json({**message, "content": content, "stop_reason": "end_turn", "usage": usage}))

    @anthropic.call("claude-sonnet-5", call_params={"max_tokens": 10})
    def say() -> str:
        return "Hi"

    response = say()
    assert (response.input_tokens, response.cached_tokens, response.output_tokens) == (1000, 300, 100)
    assert response.cost == pytest.approx((200 * 3 + 300 * 0.30 + 500 * 3.75 + 100 * 15) / 1e6)


# `LocalCallResponse.cost` is documented as always 0: a local server that reports a cost has sent no bill.
@pytest.mark.parametrize(
    ("reported", "count"),
    [
        *((7, 7), (7.0, 7), ("7", 7), (" 7 ", 7), (2**63 - 1, 2**63 - 1), (0, 0)),
        *((2**63, None), (10**400, None), (1e300, None), ("9" * 20, None), ("9" * 5000, None)),
        *((-1, None), (float("nan"), None), (float("inf"), None), (True, None), ("seven", None), ([7], None)),
    ],
)
def test_what_is_a_count(reported: Any, count: int | None) -> None:
    """Hosts send texts, floats, and numbers that no database holds."""
    assert Counts(input=("n",)).read({"n": reported}).input_tokens == count


def test_more_tokens_than_a_number_holds() -> None:
    assert call_cost("openai", "gpt-4o-mini", Usage(input_tokens=10**400, output_tokens=1)) == float("inf")


def test_usage_with_a_cost_of_its_own() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8, "cost": 0.5}
    dump = {"response": chat("ours", **usage), "start_time": 0, "end_time": 1}
    response = local.LocalCallResponse.model_validate(dump)
    assert usage_and_cost(response) == (Usage(input_tokens=3, output_tokens=5), 0.0)
