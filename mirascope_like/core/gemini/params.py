"""Call parameters of Gemini's retired SDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict

from ..base.prompts import BaseDynamicConfig


class GeminiCallParams(TypedDict, total=False):
    """The parameters of Gemini. Source: the SDK's `GenerativeModel.generate_content`.

    The first six are put into `generation_config` (`max_tokens` as `max_output_tokens`, `stop` as `stop_sequences`),
    unless `generation_config` sets them too. The SDK has no seed.
    """

    temperature: float
    max_tokens: int
    max_completion_tokens: int
    """Another name of `max_tokens`."""
    top_p: float
    frequency_penalty: float
    presence_penalty: float
    stop: str | list[str] | None
    generation_config: Any
    safety_settings: Any
    tools: Sequence[Any]
    """Tools in the SDK's own form, added to those of the call."""
    tool_config: Any
    cached_content: str
    request_options: Mapping[str, Any]
    """The SDK's `timeout` in seconds and `retry`."""


class GeminiDynamicConfig(BaseDynamicConfig[Any, GeminiCallParams, Any], total=False):
    """What a prompt function may return to configure its call."""
