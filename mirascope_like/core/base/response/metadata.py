"""The common properties of responses and chunks: model, id, finish reasons and usage. Each provider describes the
paths where its responses have them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, cast

from ..parsing import PLAIN_TYPES, at, dumped
from ..runtime import LazyModule
from .finish_reasons import FinishReason, common_finish_reason, ended_for
from .usage import CommonUsage, Counts, Usage

if TYPE_CHECKING:
    from . import cost_metadata
else:
    cost_metadata = LazyModule(f"{__package__}.cost_metadata")  # few programs use it

STANDARD = frozenset({"default", "standard", "auto", "on_demand", "global", "not_available", "unspecified"})


class Facts(NamedTuple):
    """Describes one provider's responses: the paths of the common fields (the same in JSON and in the SDK's object),
    and the meaning of its finish reasons.
    """

    model: str = "model"
    id: str = "id"
    finish: str = "finish_reason"
    usage: str = "usage"
    output_paths: tuple[str, ...] = ("choices",)
    """The paths of the model's output, or of the reason why there is none."""
    counts: Counts = Counts()
    reasons: Mapping[str, FinishReason] = {}
    """Finish reasons of this provider that `common_finish_reason` does not know, or for which it has another
    meaning.
    """
    terms: Mapping[str, str] = {"service_tier": "service_tier"}
    """Maps the conditions that change the price (their names in the price list) to the paths where a response
    reports them.
    """
    standard: frozenset[str] = STANDARD
    """Values of `terms`, in lower case, that mean the standard price."""


class CommonMetadata:
    """Base class of responses, chunks and streams: model, id, usage and finish reasons, in the common form."""

    __slots__ = ()

    @property
    @abstractmethod
    def model(self) -> str | None:
        """The name of the model that responded, in the provider's spelling."""

    @property
    @abstractmethod
    def id(self) -> str | None:
        """The id of the response."""

    @property
    @abstractmethod
    def finish_reasons(self) -> list[Any] | None:
        """The finish reasons in the provider's own terms; None if there is none."""

    @property
    @abstractmethod
    def common_finish_reasons(self) -> list[str] | None:
        """The finish reasons in the form that is common to all providers; None if there is none."""

    @property
    @abstractmethod
    def _usage(self) -> Usage | None:
        """The usage in the common form, including the counts that only prices need."""

    @property
    def input_tokens(self) -> int | None:
        """The number of tokens in the prompt, including cached ones."""
        usage = self._usage
        return usage.input_tokens if usage else None

    @property
    def cached_tokens(self) -> int | None:
        """The number of tokens in the prompt that were read from the provider's cache. They are part of
        `input_tokens`.
        """
        usage = self._usage
        return usage.cached_tokens if usage else None

    @property
    def output_tokens(self) -> int | None:
        """The number of generated tokens, including reasoning."""
        usage = self._usage
        return usage.output_tokens if usage else None

    @property
    def common_usage(self) -> CommonUsage | None:
        """The usage in the form that is common to all providers."""
        usage = self._usage
        return usage.common() if usage else None

    @property
    def cost_metadata(self) -> cost_metadata.CostMetadata:
        """The usage in the form that `calculate_cost` accepts, as in Mirascope v1."""
        return cost_metadata.CostMetadata(
            input_tokens=self.input_tokens, output_tokens=self.output_tokens, cached_tokens=self.cached_tokens
        )


class NativeMetadata(CommonMetadata):
    """Implements `CommonMetadata` for objects with a `_facts` attribute: reads the provider's fields at the paths in
    it.
    """

    __slots__ = ()

    _facts: ClassVar[Facts]

    @property
    @abstractmethod
    def _top(self) -> Any:
        """The object in which the paths of `_facts` (see `Facts`) start: decoded JSON, or an object of the SDK."""

    @property
    def model(self) -> str | None:
        """The name of the model that responded, in the provider's spelling."""
        return at(self._top, self._facts.model) or None

    @property
    def id(self) -> str | None:
        """The id of the response."""
        return at(self._top, self._facts.id) or None

    @property
    def finish_reasons(self) -> list[Any] | None:
        """The finish reasons in the provider's own terms; None if there is none."""
        reason = ended_for(at(self._top, self._facts.finish))
        return [reason] if reason is not None else None

    @property
    def _reasons(self) -> Sequence[str] | None:
        return self.finish_reasons

    @classmethod
    def _common_reasons(cls, reasons: Sequence[Any] | None) -> list[str] | None:
        return [common_finish_reason(reason, cls._facts.reasons) for reason in reasons] if reasons else None

    @property
    def common_finish_reasons(self) -> list[str] | None:
        """The finish reasons in the form that is common to all providers; None if there is none."""
        return self._common_reasons(self._reasons)

    @classmethod
    def _read_usage(cls, raw: Any) -> Usage | None:
        return cls._facts.counts.read(raw) if raw is not None else None

    @property
    def _reported_usage(self) -> Any:
        """The provider's usage object: an object of the SDK, or JSON."""
        return at(self._top, self._facts.usage)

    @property
    def _usage(self) -> Usage | None:
        return self._usage_in(self._reported_usage)

    @classmethod
    def _usage_in(cls, usage: Any) -> Usage | None:
        """Return the usage in the common form for a provider's usage object: an object of the SDK, or JSON."""
        if usage is None or isinstance(usage, PLAIN_TYPES):
            return None
        return cls._read_usage(usage if isinstance(usage, dict) else dumped(usage))

    @property
    def _terms(self) -> dict[str, str]:
        """The conditions that change the price of the call, such as its service tier; empty if the standard price
        applies.
        """
        top = self._top
        terms: dict[str, str] = {}
        for name, place in self._facts.terms.items():
            if found := at(top, place):
                term = str(getattr(found, "value", found) or "").lower()
                if term and term not in self._facts.standard:
                    terms[name] = term
        return terms


# Functions and not methods, so that editors do not complete them after a response or chunk.


def facts_of(kind: type[NativeMetadata]) -> Facts:
    """Return the description of the responses or chunks of a type."""
    own: Any = kind
    return cast("Facts", own._facts)


def common_reasons(kind: type[NativeMetadata], reasons: Sequence[Any] | None) -> list[str] | None:
    """Return a provider's finish reasons in the common form."""
    own: Any = kind
    return cast("list[str] | None", own._common_reasons(reasons))


def read_usage(kind: type[NativeMetadata], raw: Any) -> Usage | None:
    """Return the usage in the common form for a provider's usage object, given as JSON; None for None."""
    own: Any = kind
    return cast("Usage | None", own._read_usage(raw))


def counted_usage(metadata: CommonMetadata) -> Usage | None:
    """Return the usage of a response, chunk or stream with all counts, such as those of audio tokens."""
    own: Any = metadata
    return cast("Usage | None", own._usage)
