"""Call parameters of Anthropic's Messages API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from anthropic.types import (
    CacheControlEphemeralParam,
    MessageParam,
    MetadataParam,
    OutputConfigParam,
    TextBlockParam,
    ThinkingConfigParam,
    ToolChoiceParam,
)
from typing_extensions import TypedDict

from ..base.messages import BaseMessageParam
from ..base.prompts import BaseDynamicConfig
from ..base.request import SDKCallParams
from ..base.tools import ToolConfig


class AnthropicCallParams(SDKCallParams, TypedDict, total=False):
    """The call parameters of Anthropic's Messages API. Source: the SDK's `MessageCreateParams`, including earlier
    versions of it.

    `max_tokens` defaults to 1,024, because Anthropic requires a value.
    """

    max_tokens: int
    max_completion_tokens: int
    """Another name of `max_tokens`."""
    temperature: float
    top_p: float
    top_k: int
    stop: str | list[str] | None
    """The same as `stop_sequences`, under the name that other providers use."""
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


class AnthropicToolConfig(ToolConfig, total=False):
    """Settings of a tool: all of Anthropic's fields except name, description and schema."""

    cache_control: CacheControlEphemeralParam
    strict: bool


AnthropicMessageParam: TypeAlias = MessageParam | BaseMessageParam
"""A message in the SDK's form, or a `BaseMessageParam`."""


class AnthropicDynamicConfig(BaseDynamicConfig[AnthropicMessageParam, AnthropicCallParams, Any], total=False):
    """What a prompt function may return to configure its call."""


AsyncAnthropicDynamicConfig: TypeAlias = AnthropicDynamicConfig
"""The same type, for async functions."""
