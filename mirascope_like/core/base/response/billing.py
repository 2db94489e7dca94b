"""The cost of a complete response, and whether its usage is missing."""

from __future__ import annotations

from typing import ClassVar

from .metadata import NativeMetadata
from .usage import Usage


class Billed(NativeMetadata):
    """Base of responses: the cost, from the host's report or from prices."""

    provider: ClassVar[str]
    priced_as: ClassVar[str | None] = None
    """The provider's name in the price list, if it has another name there."""

    @property
    def cost(self) -> float | None:
        """The cost in US dollars: as the host reports it, otherwise computed from the prices of the model.

        None if the usage, or the price of any part of it, is unknown.
        """
        from .cost import call_cost, reported_cost  # here, as few programs ask

        def by_price() -> float | None:
            usage, model = self._priced, self.model
            if usage is None:
                return None
            return call_cost(self.provider, model, usage, listed_as=self.priced_as, terms=self._terms)

        return reported_cost(self._reported_usage, by_price)

    @property
    def _priced(self) -> Usage | None:
        """The usage that the provider bills."""
        return self._usage

    @property
    def usage_missing(self) -> bool:
        """True if the response has ended, and its usage was requested but has not arrived.

        This happens if a stream is interrupted after its finish reason: the response is complete, but its cost is
        unknown.
        """
        return self._requested_usage and bool(self.finish_reasons) and self._reported_usage is None

    @property
    def _requested_usage(self) -> bool:
        """True if the provider was to report the usage."""
        return True
