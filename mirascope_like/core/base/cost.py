"""Tokens to US dollars. Uses the price list of the package `genai-prices`, where it is installed; never the network."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from .usage import Usage


@lru_cache(maxsize=1)
def _prices() -> Any:
    try:
        import genai_prices
    except ImportError:
        return None
    return genai_prices


def call_cost(provider: str, model: str | None, usage: Usage) -> float | None:
    """Return the US dollars of a call, or None where the price of the model is not known."""
    prices = _prices()
    if prices is None or model is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    tokens = prices.Usage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        output_tokens=usage.output_tokens,
        input_audio_tokens=usage.input_audio_tokens,
        output_audio_tokens=usage.output_audio_tokens,
    )
    try:
        return float(prices.calc_price(tokens, model, provider_id=provider).total_price)
    except LookupError:
        return None
