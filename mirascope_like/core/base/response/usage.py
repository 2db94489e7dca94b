"""The usage (tokens) of a response, and its finish reasons, in the form that is common to all providers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from ..parsing import at


class CommonUsage(BaseModel):
    """The tokens of a call in the common form. A number that the provider did not report is `None`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(defer_build=True)

    input_tokens: int | None = None
    """Tokens of the prompt, including cached ones."""
    cached_tokens: int | None = None
    """Tokens read from the provider's cache; a part of `input_tokens`."""
    output_tokens: int | None = None
    """Tokens generated, including reasoning."""
    total_tokens: int | None = None
    """Input plus output."""

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

    def common(self) -> CommonUsage:
        """Return the part that is common to all providers."""
        known = self.input_tokens is not None and self.output_tokens is not None
        return CommonUsage(
            input_tokens=self.input_tokens,
            cached_tokens=self.cached_tokens,
            output_tokens=self.output_tokens,
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

    def read(self, raw: Any) -> Usage:
        """Return the usage for the provider's own usage object, given as JSON."""
        input_tokens, cached, written = _first(raw, self.input), _first(raw, self.cached), _first(raw, self.written)
        if self.apart and input_tokens is not None:
            input_tokens += (cached or 0) + (written or 0)
        input_audio, output_audio = _first(raw, self.input_audio), _first(raw, self.output_audio)
        return Usage(input_tokens, cached, _first(raw, self.output), written, input_audio, output_audio)


def _first(raw: Any, paths: Sequence[str]) -> int | None:
    return next((int(found) for path in paths if isinstance(found := at(raw, path), int | float)), None)
