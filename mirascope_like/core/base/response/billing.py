"""What a whole answer cost, and whether its usage is missing."""

from __future__ import annotations

from typing import ClassVar

from .metadata import NativeMetadata
from .usage import Usage


class Billed(NativeMetadata):
    """An answer that reports what it cost, or what that is worked out from."""

    provider: ClassVar[str]
    priced_as: ClassVar[str | None] = None
    """The provider's name in the price list, where it is another one there."""

    @property
    def cost(self) -> float | None:
        """US dollars spent, as the host reports them, or by the prices of the model.

        None where the usage, or the price of any part of it, is unknown.
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
        """The tokens that the provider bills."""
        return self._usage

    @property
    def usage_missing(self) -> bool:
        """True if the provider was asked for the usage of an answer that has ended, and none arrived.

        So it is where a stream is cut after its finish reason: the answer is complete, and what it cost is unknown.
        """
        return self._asked_usage and bool(self.finish_reasons) and self._reported_usage is None

    @property
    def _asked_usage(self) -> bool:
        """True if the provider was to report the tokens."""
        return True
