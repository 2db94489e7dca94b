"""`budget`: a limit for what all calls in a `with` block may spend together, in US dollars, tokens and requests."""

from __future__ import annotations

from math import isfinite
from typing import Any, Literal, Self

from ..core.base.errors import ConfigurationError
from ..core.base.provider import add_layer, remove_layer
from .counting import CountingLayer
from .ledger import Ledger, Spent


class Budget:
    """A limit for what calls may spend together. Made by `budget`; use it with `with` or `async with`.

    It may be entered in several threads and tasks, also at the same time, and again later: all calls made in these
    blocks count. A copy in another process would count for itself, so a budget cannot be pickled.
    """

    def __init__(
        self,
        *,
        usd: float | None = None,
        tokens: int | None = None,
        requests: int | None = None,
        unknown: Literal["refuse", "ignore"] = "refuse",
    ) -> None:
        for name, limit in (("usd", usd), ("tokens", tokens), ("requests", requests)):
            if limit is not None and not (_is_number(limit) and limit >= 0):
                raise ConfigurationError(f"budget: {name} must be a number, 0 or more, not {limit!r}")
        if unknown not in ("refuse", "ignore"):
            raise ConfigurationError(f"budget: unknown must be 'refuse' or 'ignore', not {unknown!r}")
        self.usd: float | None = usd
        """The limit in US dollars; None without a limit."""
        self.tokens: int | None = tokens
        """The limit of input and output tokens together; None without a limit."""
        self.requests: int | None = requests
        """The limit of requests; None without a limit."""
        self.unknown: Literal["refuse", "ignore"] = unknown
        """What happens to a request whose price is not known."""
        self._ledger = Ledger(usd, tokens, requests, unknown)
        self._layer = CountingLayer(self._ledger)

    @property
    def spent(self) -> Spent:
        """What has been spent so far, by requests that have ended."""
        return self._ledger.spent()

    @property
    def reserved(self) -> Spent:
        """What is reserved for requests that are being sent, or whose responses are being read."""
        return self._ledger.reserved()

    def __enter__(self) -> Self:
        add_layer(self._layer)
        return self

    def __exit__(self, *_: object) -> None:
        remove_layer(self._layer)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        self.__exit__()

    def __reduce__(self) -> Any:
        raise TypeError("a budget cannot be pickled: it counts the calls of one process")

    def __repr__(self) -> str:
        limits = {"usd": self.usd, "tokens": self.tokens, "requests": self.requests}
        given = ", ".join(f"{name}={limit!r}" for name, limit in limits.items() if limit is not None)
        return f"<budget({given}) {self.spent}>"


def budget(
    *,
    usd: float | None = None,
    tokens: int | None = None,
    requests: int | None = None,
    unknown: Literal["refuse", "ignore"] = "refuse",
) -> Budget:
    """Return a context manager that limits what all calls made in it may spend together: US dollars, input and output
    tokens, and requests.

    Each request counts, also those of tool loops, retries and fallbacks. Before it is sent, an estimate that is high on
    purpose is reserved: the input, and the number of output tokens to which the call is limited (`max_tokens`). After
    it, the reservation is replaced by the usage that the provider reports. `spent` is readable at any time.

    Raises `BudgetExceededError` in place of sending a request that could exceed a limit. `unknown` is what happens in a
    budget in US dollars to a request whose price is not known: "refuse" raises `UnknownPriceError`, "ignore" sends it,
    and `spent.unpriced` counts it.
    """
    return Budget(usd=usd, tokens=tokens, requests=requests, unknown=unknown)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
