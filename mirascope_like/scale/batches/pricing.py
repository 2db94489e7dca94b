"""What a response of a provider's batch costs."""

from __future__ import annotations

from typing import Any

from ...core.base.response import call_cost, usage_and_cost

PART = 0.5
"""The price of a request in a provider's batch, as a part of the price of the same request sent by itself. Sources: the
documentation of the batch APIs of OpenAI, Azure, Anthropic, Google, Mistral and Groq.
"""
_TERMS = {"processing": "batch"}
"""The condition of prices in a batch, as in the price list."""


def batch_cost(response: Any) -> float | None:
    """Return what a response of a batch costs in US dollars: by the price list's prices of batches, or else half of
    the standard price; None if it is unknown.
    """
    answer = response.provider_response
    usage, _ = usage_and_cost(response)
    if usage is None:
        return None
    named: Any = answer.provider, answer.model, usage
    listed_as = getattr(answer, "_priced_as", None)
    standard = call_cost(*named, listed_as=listed_as)
    batched = call_cost(*named, listed_as=listed_as, terms=_TERMS)
    if batched is not None and batched != standard:  # for Azure, the price list finds the conditions but not the price
        return batched
    return None if standard is None else standard * PART


class AtBatchPrice:
    """A response with the cost that it has in a batch, for a budget."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)

    @property
    def cost(self) -> float | None:
        """The cost in US dollars."""
        return batch_cost(self._response)
