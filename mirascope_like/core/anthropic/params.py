"""Call parameters of Anthropic's messages."""

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
    """What Anthropic's messages take. Source: the SDK's `MessageCreateParams`, and what its earlier versions named.

    `max_tokens` is 1,024 where it is not given, as Anthropic demands one.
    """

    max_tokens: int
    max_completion_tokens: int
    """Another name of `max_tokens`."""
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


class AnthropicToolConfig(ToolConfig, total=False):
    """Settings of a tool: all that Anthropic takes beside its name, description and schema."""

    cache_control: CacheControlEphemeralParam
    strict: bool


AnthropicMessageParam: TypeAlias = MessageParam | BaseMessageParam
"""A message in the SDK's form, or one of ours."""


class AnthropicDynamicConfig(BaseDynamicConfig[AnthropicMessageParam, AnthropicCallParams, Any], total=False):
    """What a prompt function may return to decide more than its text."""


AsyncAnthropicDynamicConfig: TypeAlias = AnthropicDynamicConfig
"""The same, for an async function."""
