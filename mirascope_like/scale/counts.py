"""The numbers of a run, for its progress bar and its last line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..core.base.response import BaseCallResponse
from .items import Failed, Item


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
    refused: int = 0
    """Requests that the provider refused for a rate limit."""
    tokens: int = 0
    """Input and output tokens of the requests that were sent."""
    cost: float = 0.0
    """The cost of the requests that were sent, in US dollars."""
    unpriced: int = 0
    """Requests that were sent and whose price is not known."""

    def sent(self, tokens: float | None, response: BaseCallResponse[Any, Any]) -> None:
        """Count a request that was sent."""
        self.requests += 1
        self.tokens += int(tokens or 0)
        cost = response.cost
        self.cost += cost or 0.0
        self.unpriced += cost is None

    def ended(self, item: Item[Any, Any]) -> None:
        """Count an item."""
        if isinstance(item, Failed):
            self.failed += 1
        else:
            self.done += 1
        self.stored += item.source == "store"
        self.duplicates += item.source == "duplicate"
