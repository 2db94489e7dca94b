"""Call parameters of Anthropic's messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from anthropic.types import (
    MetadataParam,
    OutputConfigParam,
    TextBlockParam,
    ThinkingConfigParam,
    ToolChoiceParam,
)
from typing_extensions import TypedDict

from ..base.params import SDKCallParams


class AnthropicCallParams(SDKCallParams, TypedDict, total=False):
    """What Anthropic's messages take. Source: the SDK's `MessageCreateParams`, and what its earlier versions named.

    `max_tokens` is 1,024 where it is not given, as Anthropic demands one.
    """

    max_tokens: int
    temperature: float
    top_p: float
    top_k: int
    stop: str | list[str] | None
    """`stop_sequences`, in the words of other providers."""
    stop_sequences: list[str]
    cache_control: Mapping[str, Any] | None
    container: Any
    diagnostics: Any
    inference_geo: str | None
    metadata: MetadataParam
    output_config: OutputConfigParam
    service_tier: Literal["auto", "standard_only"]
    speed: Literal["standard", "fast"] | None
    system: str | list[TextBlockParam]
    thinking: ThinkingConfigParam
    tool_choice: ToolChoiceParam
    user_profile_id: str
    workspace_id: str
