"""The price of a model, and the cost of a response in US dollars.

Prices set by `set_price` take precedence over the list of the package `genai-prices`, which is used if it is installed.
Does not use the network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any, cast

from ..parsing import as_received, as_text, at
from ..runtime import loads_older_pickles
from .token_rates import listed_usage, token_rates
from .usage import Usage

_DATE = re.compile(r"[-@](\d{8}|\d{4}-\d{2}-\d{2})$")
_own: dict[tuple[str | None, str, str | None], Price] = {}
_SAME_AUDIO = frozenset({"google"})
"""Providers that charge the text price for audio tokens, unless the price list has a separate price. Source:
Google's pricing of Gemini.
"""
_REPORTED = frozenset({"cost_in_usd_ticks", "cost", "total_cost", "estimated_cost", "is_byok"})
"""The keys of a usage object that report a cost."""
_TICKS = 10_000_000_000
"""The number of xAI's "ticks" per US dollar. Source: xAI's documentation of cost tracking."""


@loads_older_pickles
@dataclass(frozen=True, slots=True)
class Price:
    """The prices of a model in US dollars per million tokens. Each token of a call is charged at exactly one of
    these prices.
    """

    input: float
    """Price of prompt tokens to which no other price of this class applies."""
    output: float
    """Price of generated tokens, including reasoning."""
    cached: float | None = None
    """Price of prompt tokens that were read from the provider's cache. None means the `input` price."""
    cache_write: float | None = None
    """Price of prompt tokens that were written to the provider's cache. None means the `input` price."""
    cache_write_1h: float | None = None
    """Price of prompt tokens that were written to the provider's cache for one hour. None means unknown: the cost of
    a call with such tokens is None.
    """
    input_audio: float | None = None
    """Price of audio tokens in the prompt. None means unknown."""
    output_audio: float | None = None
    """Price of generated audio tokens. None means unknown."""
    web_search: float | None = None
    """Price of a thousand web searches that the provider ran. None means unknown."""

    def of(self, usage: Usage) -> float | None:
        """Return the cost of a usage in US dollars; None if a token count, or the price of such tokens, is unknown."""
        if usage.input_tokens is None or usage.output_tokens is None:
            return None
        cached, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
        hour, input_audio = usage.cache_write_1h_tokens or 0, usage.input_audio_tokens or 0
        output_audio = usage.output_audio_tokens or 0
        parts = [
            (max(usage.input_tokens - cached - written - input_audio, 0), self.input),
            (cached, self.input if self.cached is None else self.cached),
            (max(written - hour, 0), self.input if self.cache_write is None else self.cache_write),
            (hour, self.cache_write_1h),
            (input_audio, self.input_audio),
            (max(usage.output_tokens - output_audio, 0), self.output),
            (output_audio, self.output_audio),
            ((usage.web_searches or 0) * 1000, self.web_search),
        ]
        if any(count and price is None for count, price in parts):
            return None
        return sum(count * (price or 0.0) for count, price in parts) / 1_000_000


def set_price(model: str, price: Price | None, *, provider: str | None = None, tier: str | None = None) -> None:
    """Set the price of a model, for example of one that is not in the price list. None removes the price.

    The price applies in this process, to every `cost` that is read afterwards, and takes precedence over the price
    list. The price of `my-model` also applies to dated versions such as `my-model-2026-11-21` that have no price of
    their own.

    `provider` is the name of a provider, such as "openai"; without it, the price applies to the model at every
    provider. `tier` is a service tier that responses report, such as "flex"; without it, the price is the standard
    price.
    """
    if price is None:
        _own.pop((provider, model, tier), None)
    else:
        _own[provider, model, tier] = price


def reported_cost(usage: Any, otherwise: Callable[[], float | None]) -> float | None:
    """Return the cost in US dollars that a host reports in its usage object; if it reports none, return `otherwise()`.

    Sources: OpenRouter's documentation of usage accounting (`cost`; with your own key this is only OpenRouter's fee,
    and `cost_details.upstream_inference_cost` is added), Perplexity's (`cost.total_cost`), xAI's (`cost_in_usd_ticks`)
    and DeepInfra's (`estimated_cost`).
    """
    usage = as_received(usage)  # a dict, in which a missing value is found to be missing faster than in a model
    if isinstance(usage, dict) and _REPORTED.isdisjoint(cast("dict[str, Any]", usage)):
        return otherwise()
    ticks = _dollars(at(usage, "cost_in_usd_ticks"))
    costs = [_dollars(at(usage, path)) for path in ("cost", "cost.total_cost", "total_cost", "estimated_cost")]
    cost = next((one for one in (*costs, None if ticks is None else ticks / _TICKS) if one is not None), None)
    if at(usage, "is_byok") is True:
        upstream = _dollars(at(usage, "cost_details.upstream_inference_cost"))
        return None if upstream is None else upstream + (cost or 0.0)
    return otherwise() if cost is None else cost


def _dollars(value: Any) -> float | None:
    """Return a price as a number, or None. Some hosts send it as text, such as "0.5"."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number if isfinite(number) and number >= 0 else None


def call_cost(
    provider: str,
    model: str | None,
    usage: Usage,
    *,
    listed_as: str | None = None,
    terms: Mapping[str, str] | None = None,
) -> float | None:
    """Return the cost of a call in US dollars; None if a token count, or the price of a part of the usage, is unknown.

    `listed_as` is the name of the provider in the price list, if it differs. `terms` are conditions that change the
    price, such as `{"service_tier": "flex"}`.
    """
    if not (model := as_text(model)):  # some gateways send another value than a text
        return None
    if _own:
        tier = "+".join((terms or {}).values()) or None
        for name in (model, _DATE.sub("", model)):
            for seller in (provider, None):
                if (price := _own.get((seller, name, tier))) is not None:
                    return price.of(usage)
                if (seller, name, None) in _own:
                    return None
    return _listed(listed_as or provider, model, usage, terms or {})


def _listed(provider: str, model: str, usage: Usage, terms: Mapping[str, str]) -> float | None:
    prices = _price_list()
    if prices is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    if not terms and (rates := token_rates(prices, provider, model, usage)) is not None:
        return rates.cost(usage.input_tokens, usage.cached_tokens or 0, usage.output_tokens)
    try:
        counts, context = listed_usage(prices, usage), dict(terms) or None
        found = prices.calc_price(counts, model, provider_id=provider, price_context=context)
    except (LookupError, ValueError):  # an unknown model, or counts that contradict each other
        return None
    known = _knows_terms(found.model, terms) and _knows_parts(found.model_price, usage, provider)
    return float(found.total_price) if known else None


def _knows_terms(model: Any, terms: Mapping[str, str]) -> bool:
    """Return True if the price list has prices for all conditions of a call, such as its service tier."""
    listed = [dict(variant.when) for variant in model.price_variants or ()]
    return all({key: value} in listed for key, value in terms.items())


def _knows_parts(price: Any, usage: Usage, provider: str) -> bool:
    """Return True if the price list has a price for each part of a usage that is charged separately, such as audio."""
    parts = {"cache_write_1h_mtok": usage.cache_write_1h_tokens, "web_searches_kcount": usage.web_searches}
    if provider not in _SAME_AUDIO:
        parts |= {"input_audio_mtok": usage.input_audio_tokens, "output_audio_mtok": usage.output_audio_tokens}
    return all(getattr(price, key, None) is not None for key, count in parts.items() if count)


@lru_cache(maxsize=1)
def _price_list() -> Any:
    try:
        import genai_prices
    except ImportError:
        return None
    return genai_prices
