"""The numbers of a budget: what is spent and reserved, and whether a request may be sent."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal, NamedTuple

from ..core.base.errors import BudgetExceededError, UnknownPriceError
from ..core.base.runtime import ForkSafeLock

_PARTS = 10**12
"""The number of parts of a US dollar in which budgets count. Whole numbers can be added and subtracted exactly."""
_LOCK = ForkSafeLock()
"""Protects the numbers of all budgets. It is held for a few additions only."""


class Spent(NamedTuple):
    """What a budget has spent or reserved."""

    usd: float = 0.0
    """US dollars, without the requests in `unpriced`."""
    tokens: int = 0
    """Input and output tokens together."""
    requests: int = 0
    unpriced: int = 0
    """The number of requests whose price is not known."""


class _Sums:
    """The sums of a budget, with US dollars in whole parts."""

    def __init__(self) -> None:
        self.parts = self.tokens = self.requests = self.unpriced = 0

    def add(self, sign: int, parts: int, tokens: int, requests: int = 1) -> None:
        self.parts += sign * parts
        self.tokens += sign * tokens
        self.requests += sign * requests

    def spent(self) -> Spent:
        return Spent(self.parts / _PARTS, self.tokens, self.requests, self.unpriced)


@dataclass(slots=True, eq=False)
class Reservation:
    """What is reserved for one request."""

    kind: tuple[str, str]
    """The provider and the model."""
    tokens: int
    price: float | None
    """In US dollars; None if it is not known."""


class Ledger:
    """The numbers of one budget. Thread-safe."""

    def __init__(
        self, usd: float | None, tokens: int | None, requests: int | None, unknown: Literal["refuse", "ignore"]
    ) -> None:
        self.priced: bool = usd is not None
        """True if US dollars are limited."""
        self._unknown = unknown
        self._limits = (inf if usd is None else round(usd * _PARTS), _or_inf(tokens), _or_inf(requests))
        self._spent = _Sums()
        self._reserved = _Sums()
        self._largest: dict[tuple[str, str], int] = {}
        self.unit_prices: dict[tuple[str, str, bool], tuple[float, float]] = {}
        """The prices of an input and an output token in US dollars, of each provider and model."""

    def spent(self) -> Spent:
        """Return what requests that have ended have spent."""
        with _LOCK:
            return self._spent.spent()

    def reserved(self) -> Spent:
        """Return what is reserved for requests that have not ended."""
        with _LOCK:
            return self._reserved.spent()

    def largest_output(self, kind: tuple[str, str]) -> int:
        """Return the largest output so far, in tokens, of a provider and model."""
        return self._largest.get(kind, 0)

    def reserve(self, kind: tuple[str, str], tokens: int, price: float | None) -> Reservation:
        """Reserve what one request may spend. `kind` is its provider and model, `price` is in US dollars.

        Raises `BudgetExceededError` if a limit could be exceeded, and `UnknownPriceError` if the price is not known
        and must be.
        """
        if price is None and self.priced and self._unknown == "refuse":
            raise UnknownPriceError(
                f"the price of {kind[1]!r} of {kind[0]} is not known, so a budget in US dollars cannot include it: set "
                "it with set_price, or use budget(unknown='ignore')",
                budget="usd",
                spent=self.spent(),
                reserved=self.reserved(),
            )
        parts = round((price or 0.0) * _PARTS)
        with _LOCK:
            self._check(parts, tokens)
            self._reserved.add(1, parts, tokens)
        return Reservation(kind, tokens, price)

    def _check(self, parts: int, tokens: int) -> None:
        spent, reserved = self._spent, self._reserved
        for limit, name, added in zip(self._limits, ("parts", "tokens", "requests"), (parts, tokens, 1), strict=True):
            used, held = getattr(spent, name), getattr(reserved, name)
            if used + held + added > limit:
                progress = f", {_amount(name, held)} reserved for requests in progress" if held else ""
                raise BudgetExceededError(
                    f"the budget of {_amount(name, limit)} could be exceeded: {_amount(name, used)} spent{progress}, "
                    f"and the next request may need {_amount(name, added)}",
                    budget="usd" if name == "parts" else name,
                    spent=spent.spent(),
                    reserved=reserved.spent(),
                )

    def settle(self, reservation: Reservation, tokens: int, output: int | None, price: float | None) -> None:
        """Replace a reservation by what its request has spent. `output` is the number of generated tokens, if it is
        known. If the `price` is not known, it is that of the reservation.
        """
        known = reservation.price if price is None else price
        with _LOCK:
            self._release(reservation)
            self._spent.add(1, round((known or 0.0) * _PARTS), tokens)
            self._spent.unpriced += known is None
            if output is not None:
                self._largest[reservation.kind] = max(self._largest.get(reservation.kind, 0), output)

    def cancel(self, reservation: Reservation, *, sent: bool) -> None:
        """Release the reservation of a request that costs nothing. `sent` is True if it counts as a request."""
        with _LOCK:
            self._release(reservation)
            self._spent.requests += sent

    def _release(self, reservation: Reservation) -> None:
        self._reserved.add(-1, round((reservation.price or 0.0) * _PARTS), reservation.tokens)


def _or_inf(limit: float | None) -> float:
    return inf if limit is None else limit


def _amount(name: str, number: float) -> str:
    if name == "parts":
        return f"${number / _PARTS:.6f}"
    return f"{number} {name if number != 1 else name.removesuffix('s')}"
