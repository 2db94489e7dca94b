"""Call parameters of Gemini's retired SDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict

from ..base.prompts import BaseDynamicConfig


class GeminiCallParams(TypedDict, total=False):
    """What Gemini takes. Source: the SDK's `GenerativeModel.generate_content`.

    The first six go into `generation_config`, as `max_output_tokens` and `stop_sequences` where those are their names
    there; what `generation_config` says goes before them. The SDK has no word for a seed.
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
    """Tools in the SDK's own form, besides those of the call."""
    tool_config: Any
    cached_content: str
    request_options: Mapping[str, Any]
    """The SDK's `timeout` in seconds and `retry`."""


class GeminiDynamicConfig(BaseDynamicConfig[Any, GeminiCallParams, Any], total=False):
    """What a prompt function may return to decide more than its text."""
