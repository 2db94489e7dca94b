"""The usage (tokens) of a response, and its finish reasons, in the form that is common to all providers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from ..parsing import at


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
