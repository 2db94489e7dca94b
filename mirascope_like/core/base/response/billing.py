"""The cost of a response, and a check whether its usage is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ..parsing import as_received
from ..runtime import LazyModule
from .metadata import NativeMetadata
from .usage import Usage

if TYPE_CHECKING:
    from . import cost
else:
    cost = LazyModule(f"{__package__}.cost")  # few programs read the cost

BATCH = "batch"
"""The value of a condition of prices which means that a response is of a provider's batch. Anthropic reports it as the
service tier.
"""
IN_BATCH: Mapping[str, str] = {"processing": BATCH}
"""The condition of the prices in a batch, as in the price list."""


FROM_BATCH = "from_batch"
"""The key in the dump of a response of a provider's batch, whose cost is the price of batches. Other dumps do not have
it.
"""


def batch_mark(response: Any) -> dict[str, bool]:
    """Return the entry in the dump of a response of a provider's batch; nothing for another response."""
    private: Mapping[str, Any] = getattr(response, "__pydantic_private__", None) or {}
    return {FROM_BATCH: True} if private.get("_from_batch") else {}  # older pickles do not have it


class Billed(NativeMetadata):
    """Base class of responses that computes their cost, from the report of the host or from prices."""

    provider: ClassVar[str]
    _priced_as: ClassVar[str | None] = None
    """The name of the provider in the price list, if the list uses another name; else None."""
    _batch_part: ClassVar[float | None] = None
    """The price of a request in a batch of the provider, as a part of the standard price; None if batches of the
    provider are not known.
    """

    @property
    def _terms(self) -> dict[str, str]:
        return {**super()._terms, **IN_BATCH} if batch_mark(self) else super()._terms

    @property
    def cost(self) -> float | None:
        """The cost in US dollars: the cost that the host reports, or else the cost computed from the prices of the
        model. The response of a provider's batch costs the price of batches.

        None if the usage is unknown, or if the price of any part of it is unknown.
        """
        return self._cost_of(lambda: self._priced, self._reported_usage)

    def _cost_of(self, priced: Callable[[], Usage | None], reported: Any) -> float | None:
        def by_price() -> float | None:
            usage = priced()
            return None if usage is None else self._price(self.model, usage, self._terms)

        return cost.reported_cost(reported, by_price)

    def _billed(self) -> tuple[Usage | None, float | None]:
        """Return the usage and the cost, and read the usage only once, if possible."""
        kind, reported = type(self), as_received(self._reported_usage)
        usage = self._usage_in(reported) if kind._usage is NativeMetadata._usage else self._usage
        if kind.cost is not Billed.cost:  # LiteLLM's, or that of a local model
            return usage, self.cost
        own = kind._priced is not Billed._priced
        return usage, self._cost_of(lambda: self._priced if own else usage, reported)

    @classmethod
    def _price(cls, model: str | None, usage: Usage, terms: Mapping[str, str]) -> float | None:
        """Return what a usage of a model costs in US dollars, by the prices of the model; None if unknown.

        Without a price of its own for batches, a model costs `_batch_part` of its standard price there.
        """
        named: Any = cls.provider, model, usage
        if BATCH not in terms.values():
            return cost.call_cost(*named, listed_as=cls._priced_as, terms=terms)
        if cls._batch_part is None:
            return None
        others = {name: one for name, one in terms.items() if one != BATCH}
        standard = cost.call_cost(*named, listed_as=cls._priced_as, terms=others)
        batch = cost.call_cost(*named, listed_as=cls._priced_as, terms={**others, **IN_BATCH})
        if batch is not None and batch != standard:  # for Azure, the list finds the condition, but not its price
            return batch
        return None if standard is None else standard * cls._batch_part

    @property
    def _priced(self) -> Usage | None:
        """The usage that the provider charges for."""
        return self._usage

    @property
    def usage_missing(self) -> bool:
        """True if the response is complete and its usage was requested, but did not arrive, or only a part of it did.

        This happens if a stream is interrupted after its finish reason. The cost is then unknown.
        """
        usage = self._usage
        known = usage is not None and usage.input_tokens is not None and usage.output_tokens is not None
        return self._requested_usage and bool(self.finish_reasons) and not known

    @property
    def _requested_usage(self) -> bool:
        """True if the request asked the provider to report the usage."""
        return True


def usage_and_cost(response: Any) -> tuple[Usage | None, float | None]:
    """Return the usage of a response with all counts, and its cost in US dollars; None for what is unknown."""
    found: tuple[Usage | None, float | None] = response.provider_response._billed()
    return found
