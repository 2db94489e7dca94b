"""Tokens spent, in the same words for every provider."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from .parsing import at, dumped

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]
"""Why a generation ended, in the same words for every provider."""


class CommonUsage(BaseModel):
    """Tokens of a call. What the provider did not say is `None`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(defer_build=True)

    input_tokens: int | None = None
    """Tokens of the prompt, cached ones included."""
    cached_tokens: int | None = None
    """Tokens read from the provider's cache; a part of `input_tokens`."""
    output_tokens: int | None = None
    """Tokens generated, reasoning included."""
    total_tokens: int | None = None
    """Input and output together."""

    @classmethod
    def sum(cls, usages: Sequence[CommonUsage]) -> Self:
        """Return the tokens of several calls together; unknown where no call told them."""
        totals: dict[str, int | None] = {}
        for name in cls.model_fields:
            known = [count for one in usages if (count := getattr(one, name)) is not None]
            totals[name] = sum(known) if known else None
        return cls(**totals)


class Usage(NamedTuple):
    """Tokens of a call as they are priced: each token counts in one place only."""

    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    cache_write_tokens: int | None = None
    """Tokens written to the cache; a part of `input_tokens`."""
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None

    def common(self) -> CommonUsage:
        """Return what every provider has."""
        known = self.input_tokens is not None and self.output_tokens is not None
        return CommonUsage(
            input_tokens=self.input_tokens,
            cached_tokens=self.cached_tokens,
            output_tokens=self.output_tokens,
            total_tokens=(self.input_tokens or 0) + (self.output_tokens or 0) if known else None,
        )


class Counts(NamedTuple):
    """Where a provider's own account of tokens tells each number; of several places the first that tells it counts."""

    input: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    cached: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    """Tokens written to the cache."""
    input_audio: tuple[str, ...] = ()
    output_audio: tuple[str, ...] = ()
    apart: bool = False
    """Whether the tokens of the input leave out those read from the cache and those written to it."""

    def read(self, raw: Any) -> Usage:
        """Return an account, as JSON, in neutral words."""
        asked, cached, written = _first(raw, self.input), _first(raw, self.cached), _first(raw, self.written)
        if self.apart and asked is not None:
            asked += (cached or 0) + (written or 0)
        heard, spoken = _first(raw, self.input_audio), _first(raw, self.output_audio)
        return Usage(asked, cached, _first(raw, self.output), written, heard, spoken)


def _first(raw: Any, paths: Sequence[str]) -> int | None:
    return next((int(found) for path in paths if isinstance(found := at(raw, path), int | float)), None)


class Facts(NamedTuple):
    """Where a provider's answer tells what every answer tells, in its JSON and in the SDK's object of it, and in what
    words."""

    model: str = "model"
    id: str = "id"
    finish: str = "finish_reason"
    usage: str = "usage"
    said: tuple[str, ...] = ("choices",)
    """Where it holds what the model said, or why the model said nothing."""
    counts: Counts = Counts()
    reasons: Mapping[str, FinishReason] = {}
    """The reasons to end, each in the same words for every provider; one that is not among them is "stop"."""


class Neutral:
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


class Told(Neutral):
    """`Neutral`, of what tells it all in its own words at the places that every answer of its provider has for it."""

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
        reason = at(self._top, self.facts.finish)
        return [reason] if reason else None

    @property
    def _reasons(self) -> Sequence[str] | None:
        return self.finish_reasons

    @property
    def common_finish_reasons(self) -> list[str] | None:
        """`finish_reasons` in the same words for every provider."""
        reasons = self._reasons
        return [self.facts.reasons.get(reason, "stop") for reason in reasons] if reasons else None

    @classmethod
    def read_usage(cls, raw: Any) -> Usage | None:
        """Return the provider's own account of tokens, as JSON, in neutral words."""
        return cls.facts.counts.read(raw) if raw is not None else None

    @property
    def _usage(self) -> Usage | None:
        usage = at(self._top, self.facts.usage)
        return self.read_usage(dumped(usage)) if usage is not None else None
