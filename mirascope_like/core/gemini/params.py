"""Call parameters of Gemini through the retired SDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from typing_extensions import TypedDict

from ..base.messages import BaseMessageParam
from ..base.prompts import BaseDynamicConfig


class GeminiCallParams(TypedDict, total=False):
    """The call parameters of Gemini. Source: `GenerativeModel.generate_content` of the retired SDK.

    The first seven are sent in `generation_config` (`max_tokens` as `max_output_tokens`, `stop` as `stop_sequences`).
    Values in `generation_config` take precedence. The SDK has no seed.
    """

    temperature: float
    max_tokens: int
    max_completion_tokens: int
    """The same as `max_tokens`, under another name."""
    top_p: float
    frequency_penalty: float
    presence_penalty: float
    stop: str | list[str] | None
    generation_config: Any
    safety_settings: Any
    tools: Sequence[Any]
    """Tools in the SDK's own format, in addition to those of the call."""
    tool_config: Any
    cached_content: str
    request_options: Mapping[str, Any]
    """The SDK's options `timeout` (in seconds) and `retry`."""


GeminiMessageParam: TypeAlias = Mapping[str, Any] | BaseMessageParam
"""A message in the SDK's format, or a `BaseMessageParam`."""


class GeminiDynamicConfig(BaseDynamicConfig[Any, GeminiCallParams, Any], total=False):
    """A dict that a prompt function may return to set options for one call."""
