"""The price of a model, and the cost of a response in US dollars.

Prices that a program sets come first, then the list of the package `genai-prices`, if it is installed. Does not use the
network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .usage import Usage

_DATE = re.compile(r"[-@](\d{8}|\d{4}-\d{2}-\d{2})$")
_own: dict[tuple[str | None, str], Price] = {}


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a model in US dollars per million tokens. Each token is counted once."""

    input: float
    """Tokens of the prompt, except those that the two cache prices apply to."""
    output: float
    """Generated tokens, including reasoning."""
    cached: float | None = None
    """Tokens read from the provider's cache; None means the price of `input`."""
    cache_write: float | None = None
    """Tokens written to the provider's cache; None means the price of `input`."""

    def of(self, usage: Usage) -> float | None:
        """Return the cost of a usage in US dollars, or None if a number of tokens is unknown."""
        if usage.input_tokens is None or usage.output_tokens is None:
            return None
        cached, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
        dollars = (
            (usage.input_tokens - cached - written) * self.input
            + cached * (self.input if self.cached is None else self.cached)
            + written * (self.input if self.cache_write is None else self.cache_write)
            + usage.output_tokens * self.output
        )
        return dollars / 1_000_000


def set_price(model: str, price: Price | None, *, provider: str | None = None) -> None:
    """Set the price of a model, for example one that no price list has; `None` removes it.

    It applies in this process, to every `cost` read from then on, and takes precedence over the price list. The price
    of `my-model` also applies to `my-model-2026-11-21` unless that has a price of its own. Without `provider` (the
    `provider` of a response, such as `"openai"`) it applies to the model at every provider.
    """
    if price is None:
        _own.pop((provider, model), None)
    else:
        _own[provider, model] = price


def call_cost(provider: str, model: str | None, usage: Usage, *, listed_as: str | None = None) -> float | None:
    """Return the cost of a call in US dollars, or None if the price or the number of tokens is unknown.

    `listed_as` is the provider's name in the price list, if it is a different one.
    """
    if model is None:
        return None
    for name in (model, _DATE.sub("", model)):
        if (price := _own.get((provider, name)) or _own.get((None, name))) is not None:
            return price.of(usage)
    return _listed(listed_as or provider, model, usage)


def _listed(provider: str, model: str, usage: Usage) -> float | None:
    prices = _price_list()
    if prices is None or usage.input_tokens is None or usage.output_tokens is None:
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


@lru_cache(maxsize=1)
def _price_list() -> Any:
    try:
        import genai_prices
    except ImportError:
        return None
    return genai_prices
