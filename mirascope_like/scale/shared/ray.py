"""Limits that the processes of a Ray cluster share: a named actor has the book. Needs the package `ray`."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any

from ...core.base.errors import ConfigurationError
from ...core.base.runtime import CLOCK
from ..limits import Limits
from .book import Book, Lease, Report
from .lease import Offset

NAME = "mirascope_like_limits"
NAMESPACE = "mirascope_like"


class Keeper:
    """The actor: keeps the books of all names, and tells processes when a hold begins or ends."""

    def __init__(self) -> None:
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

    async def news(self, name: str) -> None:
        """Return when a hold begins or ends."""
        await self._changed.setdefault(name, asyncio.Event()).wait()


class RayBook:
    """A `Book` in an actor of the Ray cluster to which this process belongs."""

    def __init__(self, name: str, limits: Limits | None = None) -> None:
        given = limits or Limits()
        self._limits = limits
        self._name = f"{name}:{given.rpm}:{given.tpm}"
        self._offset = Offset()
        self.ahead: float = 0.0
        self._keeper: Any = keeper()

    async def lease(self, report: Report) -> Lease:
        """Make a report, and return the lease. Raises the error of Ray."""
        began = CLOCK.monotonic()
        try:
            lease, now = await self._keeper.lease.remote(self._name, self._limits, report, self.ahead)
        except Exception:
            self._keeper = keeper()  # a new one, if the actor has died
            raise
        self.ahead = self._offset.add(began, CLOCK.monotonic(), now)
        found: Lease = lease
        return found

    async def news(self) -> None:
        """Return when a hold begins or ends."""
        await self._keeper.news.remote(self._name)

    async def close(self) -> None:
        """Do nothing: the actor belongs to all processes."""


def keeper() -> Any:
    """Return the actor that keeps the books, after starting it if it does not run.

    Raises `ConfigurationError` if Ray is not installed, or not initialized.
    """
    try:
        ray: Any = import_module("ray")
    except ImportError as error:
        raise ConfigurationError("share='ray' needs the package ray: pip install 'ray[data]'") from error
    if not ray.is_initialized():
        raise ConfigurationError("share='ray' needs a Ray cluster: call ray.init() first")
    options = {"name": NAME, "namespace": NAMESPACE, "get_if_exists": True, "num_cpus": 0, "max_concurrency": 10_000}
    return ray.remote(Keeper).options(**options).remote()
