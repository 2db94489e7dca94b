"""What a run would send, use and cost, found out without sending anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..core.base.calls import PREPARING, PreparedRequest
from ..spending.estimates import input_tokens, unit_prices
from .inputs import Inputs
from .invoking import Invoker
from .options import Settings
from .outgoing import ItemState
from .run_store import StoredBefore
from .storing import Keys
from .tokens import Kind, TokenEstimates

UnitPrices: TypeAlias = tuple[float, float] | None
"""The prices of an input and an output token; None if they are unknown."""
_STEP = 100
"""The number of inputs after which other tasks of the event loop run."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would send, use and cost."""

    items: int
    """The inputs, each as often as it has samples."""
    requests: int
    """The requests that would be sent, without further rounds of tool loops."""
    duplicates: int
    """The items that would share the response of an equal request."""
    stored: int
    """The items whose first request has a response in the store."""
    unprepared: int
    """The items whose function raises an error or makes no call."""
    input_tokens: int
    """The input of the requests, estimated from the length of their texts."""
    output_tokens: int
    """The output of the requests: the mean of those in the store, or else the limit of the call (`max_tokens`), or else
    500 tokens each.
    """
    cost: float | None
    """US dollars for the requests. None if a price is not known."""
    batch_cost: float | None
    """US dollars for the requests in provider's batches. None if a price is not known, or if a provider has no batches.
    """
    hours: float | None
    """The hours that the requests need within the limits that were passed. None without limits."""

    def __str__(self) -> str:
        lines = [
            f"{self.items:,} items: {self.requests:,} requests to send, {self.stored:,} in the store, "
            f"{self.duplicates:,} duplicates" + (f", {self.unprepared:,} without a request" if self.unprepared else ""),
            f"about {self.input_tokens:,} input and {self.output_tokens:,} output tokens",
        ]
        if self.cost is not None:
            batch = f", {_dollars(self.batch_cost)} as a batch" if self.batch_cost is not None else ""
            lines.append(f"about {_dollars(self.cost)}{batch}")
        else:
            lines.append("the price is not known")
        if self.hours is not None:
            long = f"{self.hours:.1f} hours" if self.hours >= 1 else f"{self.hours * 60:.0f} minutes"
            lines.append(f"at least {long}")
        return "\n".join(lines)


def _dollars(amount: float | None) -> str:
    return f"${amount or 0.0:,.2f}" if (amount or 0.0) >= 1 else f"${amount or 0.0:.4f}"


class _Sums:
    """The sums of an estimate."""

    def __init__(self, before: StoredBefore) -> None:
        self._before = before
        self._keys = Keys()
        self._tokens = TokenEstimates()
        self._outputs: dict[Kind, float | None] = {}
        self._prices: dict[tuple[Kind, Any], tuple[UnitPrices, UnitPrices]] = {}
        """The prices of a model by itself, and in a batch."""
        self.seen: set[bytes] = set()
        self.requests = self.duplicates = self.stored = self.unprepared = 0
        self.read = self.written = 0.0
        self.cost: float | None = 0.0
        self.batch_cost: float | None = 0.0

    def add(self, state: ItemState, prepared: PreparedRequest) -> None:
        """Add the first request of an item."""
        provider, request = prepared.provider, prepared.request
        payload = provider.payload(request)
        key, _ = self._keys.next(state, provider, request, payload)
        if key in self.seen:
            self.duplicates += 1
            return
        self.seen.add(key)
        if self._before.has(key):
            self.stored += 1
            return
        kind: Kind = (request.provider, request.model)
        if kind not in self._outputs:
            self._outputs[kind] = self._before.mean_output(*kind)
        output = self._outputs[kind] or self._tokens.output(kind, payload)
        read = self._tokens.input(kind, input_tokens(payload))
        self.requests += 1
        self.read += read
        self.written += output
        tier = kind, payload.get("service_tier")
        if tier not in self._prices:
            named = provider, request, payload
            self._prices[tier] = unit_prices(*named), unit_prices(*named, in_batch=True)
        alone, batched = self._prices[tier]
        self.cost = _added(self.cost, alone, read, output)
        self.batch_cost = _added(self.batch_cost, batched, read, output)


def _added(cost: float | None, prices: UnitPrices, read: float, output: float) -> float | None:
    """Return a cost with that of some input and output tokens; None if one of the two is unknown."""
    return None if cost is None or prices is None else cost + read * prices[0] + output * prices[1]


async def estimate(call: Callable[..., Any], inputs: Inputs[Any], settings: Settings) -> Estimate:
    """Return what a run would send, use and cost."""
    items = 0
    with StoredBefore(settings.store) as before:
        sums = _Sums(before)
        for number, value in enumerate(inputs.peek()):
            prepared = await _prepared(call, value)
            for sample in range(settings.samples):
                items += 1
                if prepared is None:
                    sums.unprepared += 1
                else:
                    sums.add(ItemState(number, sample), prepared)
            if number % _STEP == 0:
                await asyncio.sleep(0)
    tokens = sums.read + sums.written
    return Estimate(
        items=items,
        requests=sums.requests,
        duplicates=sums.duplicates,
        stored=sums.stored,
        unprepared=sums.unprepared,
        input_tokens=round(sums.read),
        output_tokens=round(sums.written),
        cost=sums.cost,
        batch_cost=sums.batch_cost,
        hours=settings.hours(sums.requests, tokens),
    )


async def _prepared(call: Callable[..., Any], value: Any) -> PreparedRequest | None:
    """Return the first request that a function makes for an input; None if it raises an error or makes none."""
    token = PREPARING.set(True)
    try:
        made = Invoker.bound(call, value)()
        if hasattr(made, "__await__"):
            await made
    except PreparedRequest as found:
        return found
    except Exception:
        return None
    finally:
        PREPARING.reset(token)
    return None
