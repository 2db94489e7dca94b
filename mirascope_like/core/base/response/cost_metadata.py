"""`CostMetadata`: what Mirascope v1's `calculate_cost` computes a cost from."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class CostMetadata(BaseModel):
    """The usage of a call, for `calculate_cost`. A number that is not known is None.

    Fields of Mirascope v1 that do not change a price here are accepted and kept.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    input_tokens: int | float | None = None
    """Tokens in the prompt, including cached ones."""
    output_tokens: int | float | None = None
    """Generated tokens, including reasoning."""
    cached_tokens: int | float | None = None
    """Tokens that were read from the provider's cache. They are part of `input_tokens`."""
    tier: str | None = None
    """The service tier, such as "flex"; None for the standard price."""
    cost: float | None = None
    """The cost in US dollars that the provider reported. `calculate_cost` returns it unchanged."""
    images: list[Any] | None = None
    """Images of the prompt. Providers count them in `input_tokens`."""


__all__ = ["CostMetadata"]
