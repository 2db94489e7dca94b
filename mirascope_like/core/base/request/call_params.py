"""Call parameters that every provider takes, under one name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypedDict


class CommonCallParams(TypedDict, total=False):
    """Parameters in the same words for every provider. What is unset is not sent."""

    temperature: float
    """How freely to choose among the likely tokens."""
    max_tokens: int
    """The most tokens to generate."""
    top_p: float
    """Choose among the tokens that make up this share of the probability."""
    frequency_penalty: float
    presence_penalty: float
    seed: int
    stop: str | list[str] | None
    """Texts that end the generation."""


class SDKCallParams(TypedDict, total=False):
    """What every SDK of OpenAI's family takes besides the body."""

    extra_headers: Mapping[str, str]
    extra_query: Mapping[str, Any]
    extra_body: Mapping[str, Any]
    """Fields of the body that the SDK does not know."""
    timeout: Any
    """Seconds, or the HTTP client's own timeout object."""
