"""Prices per token of the price list, kept for each model, because a calculation by the list itself takes longer than
all else that a log does for a call.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from math import inf, lcm
from typing import Any, NamedTuple, cast

from .usage import Usage

_MANY = 1_000_000


class Rates(NamedTuple):
    """The prices of one token each."""

    input: int
    cached: int
    output: int
    unit: int
    """The part of a US dollar in which the prices are: with 1000, a price of 3 is 0.003 dollars."""
    limit: float
    """The number of input tokens up to which these prices apply; infinity for a model whose prices do not depend on it.
    """

    def cost(self, input_tokens: int, cached_tokens: int, output_tokens: int) -> float:
        """Return the cost of a usage in US dollars. Exact until the end, as in the price list, but without its
        decimals, which take longer.
        """
        plain = input_tokens - cached_tokens
        try:
            return (plain * self.input + cached_tokens * self.cached + output_tokens * self.output) / self.unit
        except OverflowError:  # a number of tokens with hundreds of digits
            return inf


_known: dict[tuple[Any, ...], tuple[Any, Rates | None]] = {}
"""The rates for each provider, model and set of reported counts, with the snapshot of the list that they are of."""


def token_rates(prices: Any, provider: str, model: str, usage: Usage) -> Rates | None:
    """Return the prices per token of a model; None if the cost of this usage does not depend on input, cached and
    output tokens alone, or not linearly.
    """
    others = (*usage[3:6], *usage[7:])
    input_tokens, cached = usage.input_tokens or 0, usage.cached_tokens or 0
    if any(others) or not 0 <= cached <= input_tokens or (usage.output_tokens or 0) < 0:
        return None
    snapshot = prices.data_snapshot.get_snapshot()
    key = provider, model, usage.cached_tokens is None, others  # each of which is 0 or None
    found = _known.get(key)
    if found is None or found[0] is not snapshot:
        if len(_known) > 1000:
            _known.clear()
        found = _known[key] = snapshot, _measured(prices, provider, model, usage)
    rates = found[1]
    return rates if rates is not None and input_tokens <= rates.limit else None


def _measured(prices: Any, provider: str, model: str, usage: Usage) -> Rates | None:
    """Return the prices per token, measured by calculations of the list; None if a price depends on the time, if each
    request has a price, or if the model is unknown. If prices depend on the number of input tokens, they are those of
    the lowest tier.
    """

    none = {"input_tokens": 0, "output_tokens": 0, **({"cached_tokens": 0} if usage.cached_tokens else {})}

    def price(**counts: int) -> Any:
        tokens = listed_usage(prices, usage._replace(**{**none, **counts}))
        return prices.calc_price(tokens, model, provider_id=provider)

    try:
        nothing = price()
        limit = _limit(cast("dict[str, Any]", vars(nothing.model_price)).values())
        by_time = nothing.model.prices is not nothing.model_price
        if by_time or nothing.total_price or limit < 1:
            return None
        many = int(min(limit, _MANY))
        input_only, output_only = price(input_tokens=many), price(output_tokens=many)
        cached = price(input_tokens=many, cached_tokens=many) if usage.cached_tokens is not None else input_only
    except (LookupError, ValueError):
        return None
    rates = [(one.total_price / many).as_integer_ratio() for one in (input_only, cached, output_only)]
    unit = lcm(*(denominator for _, denominator in rates))
    plain, from_cache, generated = (numerator * unit // denominator for numerator, denominator in rates)
    return Rates(plain, from_cache, generated, unit, limit)


def _limit(prices: Iterable[Any]) -> float:
    """Return the number of input tokens up to which the prices of a model are its lowest tier; 0 for prices in an
    unknown form.
    """
    limits = [inf]
    for one in prices:
        if (tiers := getattr(one, "tiers", None)) is not None:
            limits += [tier.start for tier in tiers]
        elif not isinstance(one, Decimal | None):
            return 0
    return min(limits)


def listed_usage(prices: Any, usage: Usage) -> Any:
    """Return a usage in the form of the price list."""
    return prices.Usage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cache_write_1h_tokens=usage.cache_write_1h_tokens,
        output_tokens=usage.output_tokens,
        input_audio_tokens=usage.input_audio_tokens,
        output_audio_tokens=usage.output_audio_tokens,
        web_searches=usage.web_searches,
    )
