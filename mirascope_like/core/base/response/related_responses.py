"""The other responses of the same call: attempts that did not fit, rounds of a tool loop, interruptions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from .. import tools
from ..tools import BaseTool
from .usage import CommonUsage

ToolT = TypeVar("ToolT", bound=BaseTool)


class RelatedResponses(Generic[ToolT]):
    """The part of a response that knows the responses received before it in the same call.

    A response is the last of its call. `BaseCallResponse` declares the private attributes that are read here.
    """

    if TYPE_CHECKING:
        _earlier: Sequence[Any]
        _before: Sequence[Any]
        _executed: Sequence[tools.ToolResultEvent[Any]]
        _interrupted: Sequence[Any]

    @property
    @abstractmethod
    def cost(self) -> float | None:
        """US dollars spent; None where the usage, or the model's price, is unknown."""

    @property
    @abstractmethod
    def common_usage(self) -> CommonUsage | None:
        """`usage` in the form that is common to all providers."""

    def set_earlier_attempts(self, earlier: Sequence[Self]) -> None:
        """Take the answers to the same call that did not fit."""
        self._earlier = tuple(earlier)

    @property
    def attempts(self) -> list[Self]:
        """All answers to the call, this one last: those before it did not fit, and were sent back."""
        return [*self._earlier, self]

    def set_earlier_rounds(self, before: Sequence[Self]) -> None:
        """Take the answers of a tool loop's rounds before this one."""
        self._before = tuple(before)

    @property
    def rounds(self) -> list[Self]:
        """The answer of every round of a tool loop, this one last."""
        return [*self._before, self]

    @property
    def executed(self) -> list[tools.ToolResultEvent[ToolT]]:
        """What a tool loop had run after this answer, a result for each of its `tools`."""
        return list(self._executed)

    def set_interruptions(self, interrupted: Sequence[Self]) -> None:
        """Take what had come of this answer each time that it broke off."""
        self._interrupted = tuple(interrupted)

    @property
    def interruptions(self) -> list[Self]:
        """What had come of this answer each time that it broke off, where it was resumed."""
        return list(self._interrupted)

    @property
    def resumed(self) -> int:
        """How often this answer broke off and was gone on from. `content` is then all of it, and `usage` and what else
        the provider said are those of the last request; see `interruptions` and `total_usage` for the others."""
        return len(self._interrupted)

    @property
    def _all(self) -> list[Self]:
        rounds = [one for attempt in self.attempts for one in attempt.rounds]
        return [one for round in rounds for one in (*round.interruptions, round)]

    @property
    def total_usage(self) -> CommonUsage | None:
        """Tokens of all `attempts`, their `rounds` and `interruptions`; the other properties tell of this answer alone.

        A request that broke off before it said what it spent is not counted.
        """
        known = [one for answer in self._all if (one := answer.common_usage) is not None]
        return CommonUsage.sum(known) if known else None

    @property
    def total_cost(self) -> float | None:
        """US dollars spent on all that `total_usage` is about; None where the cost of one request is unknown."""
        costs = [answer.cost for answer in self._all]
        return None if None in costs else sum(cost for cost in costs if cost is not None)
