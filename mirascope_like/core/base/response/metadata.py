"""Where responses and chunks have the model, the id, the finish reasons and the usage, and the common form of these."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from ..parsing import at, dumped
from .finish_reasons import FinishReason, common_finish_reason, ended_for
from .usage import CommonUsage, Counts, Usage

STANDARD = frozenset({"default", "standard", "auto", "on_demand", "global", "not_available", "unspecified"})


class Facts(NamedTuple):
    """The paths of the common fields in a provider's responses, both in the JSON and in the SDK's object, and the
    meaning of its finish reasons.
    """

    model: str = "model"
    id: str = "id"
    finish: str = "finish_reason"
    usage: str = "usage"
    output_paths: tuple[str, ...] = ("choices",)
    """The paths of the model's output, or of the reason that there is none."""
    counts: Counts = Counts()
    reasons: Mapping[str, FinishReason] = {}
    """Finish reasons of this provider whose meaning differs from `common_finish_reason`, or is not known there."""
    terms: Mapping[str, str] = {"service_tier": "service_tier"}
    """Where a response reports the terms that change its price, by their names in the price list."""
    standard: frozenset[str] = STANDARD
    """The terms of the standard price, in lower case."""


class CommonMetadata:
    """Model, id, usage and finish reasons in the common form. Base of responses, chunks and streams."""

    __slots__ = ()

    @property
    @abstractmethod
    def model(self) -> str | None:
        """The model that responds, as the provider names it."""

    @property
    @abstractmethod
    def id(self) -> str | None:
        """The response's id."""

    @property
    @abstractmethod
    def finish_reasons(self) -> list[Any] | None:
        """The finish reasons in the provider's own terms."""

    @property
    @abstractmethod
    def common_finish_reasons(self) -> list[str] | None:
        """`finish_reasons` in the common form."""

    @property
    @abstractmethod
    def _usage(self) -> Usage | None:
        """The usage in the common form, with the counts that prices need."""

    @property
    def input_tokens(self) -> int | None:
        """Tokens of the prompt, including cached ones."""
        usage = self._usage
        return usage.input_tokens if usage else None

    @property
    def cached_tokens(self) -> int | None:
        """Tokens of the prompt that were read from the provider's cache; a part of `input_tokens`."""
        usage = self._usage
        return usage.cached_tokens if usage else None

    @property
    def output_tokens(self) -> int | None:
        """Tokens generated, including reasoning."""
        usage = self._usage
        return usage.output_tokens if usage else None

    @property
    def common_usage(self) -> CommonUsage | None:
        """`usage` in the common form."""
        usage = self._usage
        return usage.common() if usage else None


class NativeMetadata(CommonMetadata):
    """Implements `CommonMetadata` by reading the provider's own fields at the paths in `facts`."""

    __slots__ = ()

    facts: ClassVar[Facts]

    @property
    @abstractmethod
    def _top(self) -> Any:
        """The object that the paths of `facts` start from: JSON, or an object of the SDK."""

    @property
    def model(self) -> str | None:
        """The model that responds, as the provider names it."""
        return at(self._top, self.facts.model) or None

    @property
    def id(self) -> str | None:
        """The response's id."""
        return at(self._top, self.facts.id) or None

    @property
    def finish_reasons(self) -> list[Any] | None:
        """The finish reasons in the provider's own terms."""
        reason = ended_for(at(self._top, self.facts.finish))
        return [reason] if reason is not None else None

    @property
    def _reasons(self) -> Sequence[str] | None:
        return self.finish_reasons

    @classmethod
    def common_reasons(cls, reasons: Sequence[Any] | None) -> list[str] | None:
        """Return a provider's finish reasons in the common form."""
        return [common_finish_reason(reason, cls.facts.reasons) for reason in reasons] if reasons else None

    @property
    def common_finish_reasons(self) -> list[str] | None:
        """`finish_reasons` in the common form."""
        return self.common_reasons(self._reasons)

    @classmethod
    def read_usage(cls, raw: Any) -> Usage | None:
        """Return the usage for the provider's own usage object, given as JSON."""
        return cls.facts.counts.read(raw) if raw is not None else None

    @property
    def _reported_usage(self) -> Any:
        """The provider's own usage object, or its JSON."""
        return at(self._top, self.facts.usage)

    @property
    def _usage(self) -> Usage | None:
        usage = self._reported_usage
        return self.read_usage(dumped(usage)) if usage is not None else None

    @property
    def _terms(self) -> dict[str, str]:
        """The terms on which the call is priced, if they are not the standard ones."""
        found = {name: at(self._top, place) for name, place in self.facts.terms.items()}
        texts = {name: str(getattr(one, "value", one) or "").lower() for name, one in found.items()}
        return {name: term for name, term in texts.items() if term and term not in self.facts.standard}
