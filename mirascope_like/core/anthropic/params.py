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
    """The call parameters of Anthropic's Messages API. Source: `MessageCreateParams` of this and earlier versions of
    the SDK.

    `max_tokens` is 1,024 by default, because Anthropic requires a value.
    """

    max_tokens: int
    max_completion_tokens: int
    """The same as `max_tokens`, under another name."""
    temperature: float
    top_p: float
    top_k: int
    stop: str | list[str] | None
    """The same as `stop_sequences`, under the name of other providers."""
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
    """Settings of a tool: all of Anthropic's tool fields except name, description and schema."""

    cache_control: CacheControlEphemeralParam
    strict: bool


AnthropicMessageParam: TypeAlias = MessageParam | BaseMessageParam
"""A message in the SDK's format, or a `BaseMessageParam`."""


class AnthropicDynamicConfig(BaseDynamicConfig[AnthropicMessageParam, AnthropicCallParams, Any], total=False):
    """A dict that a prompt function may return to set options for one call."""


AsyncAnthropicDynamicConfig: TypeAlias = AnthropicDynamicConfig
"""The same as `AnthropicDynamicConfig`, for async prompt functions."""
