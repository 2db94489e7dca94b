"""The earlier responses of the same call: those that could not be parsed, earlier rounds of a tool loop, and
interrupted ones.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from .. import tools
from ..tools import BaseTool
from .usage import CommonUsage

ToolT = TypeVar("ToolT", bound=BaseTool)


class RelatedResponses(Generic[ToolT]):
    """Base class of responses that knows the earlier responses of the same call.

    `BaseCallResponse` declares the private attributes that are used here.
    """

    if TYPE_CHECKING:
        _earlier: Sequence[Any]
        _before: Sequence[Any]
        _executed: Sequence[tools.ToolResultEvent[Any]]
        _interrupted: Sequence[Any]

    @property
    @abstractmethod
    def cost(self) -> float | None:
        """The cost in US dollars; None if the usage or the price of the model is unknown."""

    @property
    @abstractmethod
    def common_usage(self) -> CommonUsage | None:
        """The usage in the form that is common to all providers."""

    @property
    def attempts(self) -> list[Self]:
        """All responses to the call; this response is the last. The earlier ones could not be parsed and were sent
        back to the model.
        """
        return [*self._earlier, self]

    @property
    def rounds(self) -> list[Self]:
        """The responses of all rounds of a tool loop; this response is the last."""
        return [*self._before, self]

    @property
    def executed(self) -> list[tools.ToolResultEvent[ToolT]]:
        """The results of the tools that a tool loop ran after this response, one for each of `tools`."""
        return list(self._executed)

    @property
    def interruptions(self) -> list[Self]:
        """The partial responses of the interrupted attempts that this response resumed."""
        return list(self._interrupted)

    @property
    def resumed(self) -> int:
        """The number of times that this response was interrupted and resumed.

        `content` is the complete text. `usage` and the other properties describe only the last request; see
        `interruptions` and `total_usage` for all requests.
        """
        return len(self._interrupted)

    @property
    def _all(self) -> list[Self]:
        rounds = [one for attempt in self.attempts for one in attempt.rounds]
        return [one for round in rounds for one in (*round.interruptions, round)]

    @property
    def total_usage(self) -> CommonUsage | None:
        """The tokens of all requests of the call: of its `attempts`, `rounds` and `interruptions`.

        A request that was interrupted before it reported its usage is not counted.
        """
        known = [one for answer in self._all if (one := answer.common_usage) is not None]
        return CommonUsage.sum(known) if known else None

    @property
    def total_cost(self) -> float | None:
        """The cost of all requests in `total_usage`, in US dollars; None if the cost of any of them is unknown."""
        costs = [answer.cost for answer in self._all]
        return None if None in costs else sum(cost for cost in costs if cost is not None)


# Functions and not methods, so that editors do not complete them after a response.


def set_earlier_attempts(response: RelatedResponses[Any], earlier: Sequence[Any]) -> None:
    """Set the earlier responses to the call, which could not be parsed into the response model."""
    own: Any = response
    own._earlier = tuple(earlier)


def set_earlier_rounds(response: RelatedResponses[Any], before: Sequence[Any]) -> None:
    """Set the responses of earlier rounds of the tool loop."""
    if before:
        own: Any = response
        own._before = tuple(before)


def set_interruptions(response: RelatedResponses[Any], interrupted: Sequence[Any]) -> None:
    """Set the partial responses of the interrupted attempts that a response resumed."""
    own: Any = response
    own._interrupted = tuple(interrupted)
