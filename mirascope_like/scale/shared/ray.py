"""Limits that the processes of a Ray cluster share: a named actor has the book. Needs the package `ray`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from ...core.base.errors import ConfigurationError, load_sdk
from ...core.base.runtime import CLOCK
from ..limits import Limits
from .book import Book, Lease, Report
from .lease import Offset

NAME = "mirascope_like_limits"
NAMESPACE = "mirascope_like"
PARTS = 4


@dataclass(frozen=True, slots=True)
class Allowance:
    """A budget of all processes."""

    name: str
    usd: float

    @classmethod
    def of(cls, usd: float) -> Allowance:
        """Return a new budget of so many US dollars."""
        return cls(uuid4().hex, usd)


class Keeper:
    """The actor: keeps the books of all names, and reports to processes when a hold begins or ends. It also divides
    budgets.
    """

    def __init__(self) -> None:
        self._spent: dict[str, float] = {}
        self._allotted: dict[str, list[float]] = {}
        self._settled: dict[str, asyncio.Event] = {}
        self._books: dict[str, Book] = {}
        self._changed: dict[str, asyncio.Event] = {}

    async def lease(self, name: str, limits: Limits | None, report: Report, ahead: float) -> tuple[Lease, float]:
        """Count a report, and return the lease and the time of this process."""
        now = CLOCK.monotonic()
        book = self._books.setdefault(name, Book(limits))
        lease = book.lease(now, report.shifted(ahead))
        if lease.news and (event := self._changed.pop(name, None)) is not None:
            event.set()
        return lease, now

    async def news(self, name: str) -> int:
        """Return the number of holds when one begins or ends."""
        await self._changed.setdefault(name, asyncio.Event()).wait()
        return self._books[name].holds

    async def allot(self, budget: Allowance, *, again: bool = False) -> float:
        """Return a part of a budget, in US dollars. The first part of a process is a quarter of the rest, the next ones
        are all of it if no other process has a part.
        """
        parts = self._allotted.setdefault(budget.name, [])
        part = max(1e-9, self._rest(budget) / (1 if again and not parts else PARTS))
        parts.append(part)
        return part

    async def settle(self, budget: Allowance, part: float, spent: float) -> bool:
        """Count what was spent of a part. Returns True if a larger part can be had: if not at once, when the part of
        another process is settled.
        """
        parts = self._allotted[budget.name]
        parts.remove(part)
        self._spent[budget.name] = self._spent.get(budget.name, 0.0) + spent
        if (event := self._settled.pop(budget.name, None)) is not None:
            event.set()
        while self._rest(budget) / (PARTS if parts else 1) <= part - spent + 1e-9:
            if not parts:
                return False
            await self._settled.setdefault(budget.name, asyncio.Event()).wait()
        return True

    def _rest(self, budget: Allowance) -> float:
        return max(0.0, budget.usd - self._spent.get(budget.name, 0.0) - sum(self._allotted.get(budget.name, ())))


class RayBook:
    """A `Book` in an actor of the Ray cluster to which this process belongs."""

    def __init__(self, name: str, limits: Limits | None = None) -> None:
        given = limits or Limits()
        self._limits = limits
        self._name = f"{name}:{given.rpm}:{given.tpm}"
        self._offset = Offset()
        self.ahead: float = 0.0
        self._reached = False
        self._keeper: Any = keeper()

    async def lease(self, report: Report) -> Lease:
        """Make a report, and return the lease. Raises the error of Ray."""
        began = CLOCK.monotonic()
        try:
            lease, now = await self._keeper.lease.remote(self._name, self._limits, report, self.ahead)
        except Exception:  # the actor has died: a new one is started
            self._keeper = keeper()
            if self._reached:
                raise
            began = CLOCK.monotonic()
            lease, now = await self._keeper.lease.remote(self._name, self._limits, report, self.ahead)
        self._reached = True
        self.ahead = self._offset.add(began, CLOCK.monotonic(), now)
        found: Lease = lease
        return found

    async def news(self) -> int:
        """Return the number of holds when one begins or ends."""
        holds: int = await self._keeper.news.remote(self._name)
        return holds

    async def close(self) -> None:
        """Do nothing: the actor belongs to all processes."""


def keeper() -> Any:
    """Return the actor that keeps the books, after starting it if it does not run. It lives as long as the cluster, not
    as the process that has started it.

    Raises `MissingSDKError` if Ray is not installed, and `ConfigurationError` if it is not initialized.
    """
    ray: Any = load_sdk("ray", extra="ray")
    if not ray.is_initialized():
        raise ConfigurationError("share='ray' needs a Ray cluster: call ray.init() first")
    named = {"name": NAME, "namespace": NAMESPACE, "get_if_exists": True, "lifetime": "detached"}
    return ray.remote(Keeper).options(**named, num_cpus=0, max_concurrency=10_000).remote()
