"""The numbers of a run, for its progress bar and its last line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .items import Failed, Item
from .outgoing import Received


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """The numbers of a batch, as its provider has last reported them."""

    size: int
    """The requests of which the run waits for a response."""
    succeeded: int
    """Requests with a response. Not all providers report it before the batch has ended."""
    failed: int
    """Requests that have failed or expired."""
    next_look: float | None
    """The time of the next question to the provider, by the monotonic clock; None once the batch has ended."""


@dataclass(slots=True, eq=False)
class Counts:
    """The numbers of a run so far."""

    done: int = 0
    """Items whose call returned a value."""
    failed: int = 0
    """Items whose call raised an error."""
    stored: int = 0
    """Items whose responses were all in the store."""
    duplicates: int = 0
    """Items that shared the response of an equal request."""
    requests: int = 0
    """Requests that were sent and had a response."""
    direct: int = 0
    """Requests that were not sent by the SDK (`transport="direct"`) and had a response, also a refusal."""
    refused: int = 0
    """Requests that the provider refused for a rate limit."""
    tokens: int = 0
    """Input and output tokens of the requests that were sent."""
    cost: float = 0.0
    """The cost of the requests that were sent, in US dollars."""
    unpriced: int = 0
    """Requests that were sent and whose price is not known."""
    batches: dict[str, BatchCounts] = field(default_factory=dict[str, BatchCounts])
    """The batches that were submitted or found, by their tokens in the store."""

    def sent(self, received: Received) -> None:
        """Count a request that was sent."""
        self.requests += 1
        self.tokens += received.tokens or 0
        self.cost += received.cost or 0.0
        self.unpriced += received.cost is None

    def ended(self, item: Item[Any, Any]) -> None:
        """Count an item."""
        if isinstance(item, Failed):
            self.failed += 1
        else:
            self.done += 1
        self.stored += item.source == "store"
        self.duplicates += item.source == "duplicate"
