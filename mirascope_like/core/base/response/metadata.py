"""Where responses and chunks hold the model, the id, the finish reasons and the usage, and the common form of these."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from ..parsing import at, dumped
from .finish_reasons import FinishReason, common_finish_reason, ended_for
from .usage import CommonUsage, Counts, Usage


class Facts(NamedTuple):
    """Where a provider's answer tells what every answer tells, in its JSON and in the SDK's object of it, and in what
    words."""

    model: str = "model"
    id: str = "id"
    finish: str = "finish_reason"
    usage: str = "usage"
    output_paths: tuple[str, ...] = ("choices",)
    """Where it holds what the model said, or why the model said nothing."""
    counts: Counts = Counts()
    reasons: Mapping[str, FinishReason] = {}
    """The reasons to end that mean something else here than what `common_finish_reason` says, or nothing to others."""


class CommonMetadata:
    """What tells who answers, its tokens, and why it ended, in the same words for every provider."""

    __slots__ = ()

    @property
    @abstractmethod
    def model(self) -> str | None:
        """The model that answers, as the provider names it."""

    @property
    @abstractmethod
    def id(self) -> str | None:
        """The answer's id."""

    @property
    @abstractmethod
    def finish_reasons(self) -> list[Any] | None:
        """Why the generation ended, in the provider's words."""

    @property
    @abstractmethod
    def common_finish_reasons(self) -> list[str] | None:
        """`finish_reasons` in the same words for every provider."""

    @property
    @abstractmethod
    def _usage(self) -> Usage | None:
        """The provider's own account, in neutral words."""

    @property
    def input_tokens(self) -> int | None:
        """Tokens of the prompt, cached ones included."""
        usage = self._usage
        return usage.input_tokens if usage else None

    @property
    def cached_tokens(self) -> int | None:
        """Tokens of the prompt that came from the provider's cache; a part of `input_tokens`."""
        usage = self._usage
        return usage.cached_tokens if usage else None

    @property
    def output_tokens(self) -> int | None:
        """Tokens generated, reasoning included."""
        usage = self._usage
        return usage.output_tokens if usage else None

    @property
    def common_usage(self) -> CommonUsage | None:
        """`usage` in the same words for every provider."""
        usage = self._usage
        return usage.common() if usage else None


class NativeMetadata(CommonMetadata):
    """Implements `CommonMetadata` by reading the provider's own fields at the paths in `facts`."""

    __slots__ = ()

    facts: ClassVar[Facts]

    @property
    @abstractmethod
    def _top(self) -> Any:
        """What tells it: JSON, or an object of the SDK."""

    @property
    def model(self) -> str | None:
        """The model that answers, as the provider names it."""
        return at(self._top, self.facts.model) or None

    @property
    def id(self) -> str | None:
        """The answer's id."""
        return at(self._top, self.facts.id) or None

    @property
    def finish_reasons(self) -> list[Any] | None:
        """Why the generation ended, in the provider's words."""
        reason = ended_for(at(self._top, self.facts.finish))
        return [reason] if reason is not None else None

    @property
    def _reasons(self) -> Sequence[str] | None:
        return self.finish_reasons

    @classmethod
    def common_reasons(cls, reasons: Sequence[Any] | None) -> list[str] | None:
        """Return reasons to end in the same words for every provider."""
        return [common_finish_reason(reason, cls.facts.reasons) for reason in reasons] if reasons else None

    @property
    def common_finish_reasons(self) -> list[str] | None:
        """`finish_reasons` in the same words for every provider."""
        return self.common_reasons(self._reasons)

    @classmethod
    def read_usage(cls, raw: Any) -> Usage | None:
        """Return the provider's own account of tokens, as JSON, in neutral words."""
        return cls.facts.counts.read(raw) if raw is not None else None

    @property
    def _usage(self) -> Usage | None:
        usage = at(self._top, self.facts.usage)
        return self.read_usage(dumped(usage)) if usage is not None else None
