"""The usage of a response: its tokens, in the form that is common to all providers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, ClassVar, NamedTuple, Self, cast

from pydantic import BaseModel, ConfigDict

from ..parsing import at


class CommonUsage(BaseModel):
    """The tokens of a call in the common form. A number that the provider did not report is `None`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(defer_build=True)

    input_tokens: int | None = None
    """Tokens of the prompt, including cached ones."""
    cached_tokens: int | None = None
    """Tokens read from the provider's cache; a part of `input_tokens`."""
    cache_write_tokens: int | None = None
    """Tokens written to the provider's cache; a part of `input_tokens`."""
    output_tokens: int | None = None
    """Tokens generated, including reasoning."""
    reasoning_tokens: int | None = None
    """Tokens generated for reasoning; included in `output_tokens`."""
    total_tokens: int | None = None
    """Input plus output."""

    def __setstate__(self, state: dict[Any, Any]) -> None:
        # A pickle of an older version lacks the fields that were added since.
        unset = dict.fromkeys(type(self).model_fields)
        super().__setstate__({**state, "__dict__": {**unset, **state["__dict__"]}})

    @classmethod
    def sum(cls, usages: Sequence[CommonUsage]) -> Self:
        """Return the sum over several calls; None for a number that no call reported."""
        totals: dict[str, int | None] = {}
        for name in cls.model_fields:
            known = [count for one in usages if (count := getattr(one, name)) is not None]
            totals[name] = sum(known) if known else None
        return cls(**totals)


class Usage(NamedTuple):
    """The tokens of a call as they are priced: each token is counted once."""

    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    cache_write_tokens: int | None = None
    """Tokens written to the cache; a part of `input_tokens`."""
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    reasoning_tokens: int | None = None
    """Tokens generated for reasoning; a part of `output_tokens`."""
    cache_write_1h_tokens: int | None = None
    """Tokens written to the cache for an hour; a part of `cache_write_tokens`."""
    web_searches: int | None = None
    """Searches that the provider ran and bills apart from the tokens."""

    def common(self) -> CommonUsage:
        """Return the part that is common to all providers."""
        known = self.input_tokens is not None and self.output_tokens is not None
        return CommonUsage(
            input_tokens=self.input_tokens,
            cached_tokens=self.cached_tokens,
            cache_write_tokens=self.cache_write_tokens,
            output_tokens=self.output_tokens,
            reasoning_tokens=self.reasoning_tokens,
            total_tokens=(self.input_tokens or 0) + (self.output_tokens or 0) if known else None,
        )


class Counts(NamedTuple):
    """The paths of each number in a provider's usage object. The first path that is present counts."""

    input: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    cached: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    """Tokens written to the cache."""
    input_audio: tuple[str, ...] = ()
    output_audio: tuple[str, ...] = ()
    apart: bool = False
    """True if the provider's input tokens exclude those read from and written to the cache."""
    reasoning: tuple[str, ...] = ()
    total: tuple[str, ...] = ()
    """Input and output together. It shows whether the output count includes the reasoning: see `with_reasoning`."""
    written_1h: tuple[str, ...] = ()
    """Tokens written to the cache for an hour."""
    searches: tuple[str, ...] = ()
    """Searches that the provider ran."""

    def read(self, raw: Any) -> Usage:
        """Return the usage for the provider's own usage object, given as JSON."""
        prompt, cached, written = _first(raw, self.input), _first(raw, self.cached), _first(raw, self.written)
        reasoning, total = _first(raw, self.reasoning), _first(raw, self.total)
        output = with_reasoning(_first(raw, self.output), reasoning, prompt, total)
        if self.apart and prompt is not None:
            prompt += (cached or 0) + (written or 0)
        return Usage(
            input_tokens=prompt,
            cached_tokens=cached,
            output_tokens=output,
            cache_write_tokens=written,
            input_audio_tokens=_first(raw, self.input_audio),
            output_audio_tokens=_first(raw, self.output_audio),
            reasoning_tokens=reasoning,
            cache_write_1h_tokens=_first(raw, self.written_1h),
            web_searches=_first(raw, self.searches),
        )


def with_reasoning(output: int | None, reasoning: int | None, prompt: int | None, total: int | None) -> int | None:
    """Return the number of output tokens including those of reasoning.

    Some hosts leave reasoning out of the output count. Then the total is larger than prompt and output together;
    without a total, it is known only if there are more reasoning than output tokens. Source: xAI's documentation of
    rate limits, where `completion_tokens` excludes reasoning tokens and `total_tokens` includes them; OpenAI includes
    them in both.
    """
    if output is None or not reasoning:
        return output
    if prompt is None or total is None:
        return output + reasoning if reasoning > output else output
    return output + min(max(total - prompt - output, 0), reasoning)


def token_count(value: Any) -> int | None:
    """Return a token count; None for any other value, such as NaN or Infinity."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if isfinite(value) and value >= 0 else None


def newer_usage(known: Mapping[str, Any], reported: Mapping[str, Any]) -> dict[str, Any]:
    """Return the usage known so far, updated by a later event.

    The usage in a stream is cumulative: the later number replaces the earlier one, but zero and null replace no number.
    """
    merged = dict(known)
    for key, value in reported.items():
        old: Any = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            merged[key] = newer_usage(cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", value))
        elif value or key not in merged or (not old and value is not None):
            merged[key] = value
    return merged


def _first(raw: Any, paths: Sequence[str]) -> int | None:
    return next((found for path in paths if (found := token_count(at(raw, path))) is not None), None)
