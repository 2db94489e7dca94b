"""One request of an item on its way to an answer, and the interface of what answers it.

Answerers wrap each other: the store, the retries, the limits, and what sends. Each receives an `Outgoing` and returns
an `Answer`, so that another one (a provider's batch, a faster transport) can take the place of any of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from ..core.base.request import Request
from ..core.base.response import BaseCallResponse, CommonUsage, Usage
from .items import SOURCES, Source


class Answer(NamedTuple):
    """The answer to a request."""

    raw: Any
    """The SDK's response object."""
    source: Source
    headers: Mapping[str, str] | None = None
    """The headers of the HTTP response; None if they are not known."""
    body: bytes | None = None
    """The body of the HTTP response, as JSON; None if it is not known."""
    batched: bool = False
    """True if the response is of a provider's batch."""


class Received(NamedTuple):
    """A response of an item, with what it used and cost."""

    response: BaseCallResponse[Any, Any]
    source: Source
    usage: Usage | None
    cost: float | None
    """US dollars; None if the price is not known."""

    @property
    def tokens(self) -> int | None:
        """The input and output tokens; None if they are not known."""
        usage = self.usage
        if usage is None or usage.input_tokens is None or usage.output_tokens is None:
            return None
        return usage.input_tokens + usage.output_tokens


@dataclass(slots=True, eq=False)
class ItemState:
    """What is known of one item while its call runs."""

    number: int
    sample: int
    attempts: int = 0
    sending: int = 0
    """The number of requests that are being sent now."""
    waiting: int = 0
    """The number of requests that wait for an answer. Counted only for batches."""
    key: bytes | None = None
    """The key of the first request."""
    times: dict[bytes, int] = field(default_factory=dict[bytes, int])
    """How many times each request was made. A call that makes equal requests wants different answers."""
    sources: set[Source] = field(default_factory=set[Source])
    response: Any = None
    usages: list[Usage] = field(default_factory=list[Usage])
    cost: float | None = 0.0

    def responded(self, received: Received) -> None:
        """Count a response of the item."""
        self.response = received.response
        self.sources.add(received.source)
        if received.usage is not None:
            self.usages.append(received.usage)
        if received.source != "duplicate":
            self.cost = None if self.cost is None or received.cost is None else self.cost + received.cost

    def facts(self) -> dict[str, Any]:
        """Return the fields of the item that do not depend on how its call ended."""
        usages = [one.common() for one in self.usages]
        return {
            "number": self.number,
            "sample": self.sample,
            "key": self.key.hex() if self.key is not None else None,
            "attempts": self.attempts,
            "cost": self.cost if self.sources else None,
            "usage": usages[0] if len(usages) == 1 else CommonUsage.sum(usages) if usages else None,
            "source": next((one for one in SOURCES if one in self.sources), "live"),
            "response": self.response,
        }


CURRENT: ContextVar[ItemState | None] = ContextVar("mirascope_like_item", default=None)
"""The item whose call runs in this task or thread."""


@dataclass(slots=True, eq=False)
class Outgoing(ABC):
    """One request of an item."""

    provider: Any
    """The provider, with the layers inside the map: budgets and a limit of concurrency."""
    request: Request
    payload: dict[str, Any]
    item: ItemState
    key: bytes = field(default=b"", init=False)
    """The key of the request in the store."""
    length: int | None = field(default=None, init=False)
    """The length of the payload as JSON; None until it is known."""
    _callbacks: list[Callable[[Received], object]] = field(
        default_factory=list[Callable[[Received], object]], init=False
    )

    @abstractmethod
    async def send(self) -> Answer:
        """Send the request to the provider. Raises the error of the SDK."""

    def then(self, callback: Callable[[Received], object]) -> None:
        """Call a function with the library's response object, once it is made of the answer."""
        self._callbacks.append(callback)

    def responded(self, received: Received) -> None:
        """Call the functions that wait for the response."""
        for callback in self._callbacks:
            callback(received)
        self._callbacks.clear()

    def failure(self, error: Exception) -> Exception:
        """Return the error of the library for an error that was raised in sending."""
        found: Exception = self.provider.failure(error, self.request)
        return found


class Answerer(Protocol):
    """What answers requests."""

    def answer(self, outgoing: Outgoing) -> Coroutine[Any, Any, Answer]:
        """Return the answer to a request. Raises the error of the SDK, or an error of the library."""
        ...
