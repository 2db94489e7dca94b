"""Call parameters of Bedrock's Converse API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from typing_extensions import TypedDict

from ..base.messages import BaseMessageParam
from ..base.prompts import BaseDynamicConfig
from ..base.tools import ToolConfig


class BedrockCallParams(TypedDict, total=False):
    """The call parameters of Converse. Source: boto3's `converse`. The first five are sent in `inferenceConfig`."""

    max_tokens: int
    max_completion_tokens: int
    """The same as `max_tokens`, under another name."""
    temperature: float
    top_p: float
    stop: str | list[str] | None
    additionalModelRequestFields: Mapping[str, Any]
    """Parameters of the model itself, such as Anthropic's `thinking`."""
    additionalModelResponseFieldPaths: Sequence[str]
    guardrailConfig: Mapping[str, Any]
    inferenceConfig: Mapping[str, Any]
    outputConfig: Mapping[str, Any]
    performanceConfig: Mapping[str, Any]
    promptVariables: Mapping[str, Any]
    requestMetadata: Mapping[str, str]
    serviceTier: Mapping[str, Any]
    system: Sequence[Mapping[str, Any]]
    """System messages that precede those of the prompt."""
    toolConfig: Mapping[str, Any]
    """`toolChoice`, and tools in addition to those of the call."""


class UserMessageTypeDef(TypedDict):
    """A message of the user in Converse's format."""

    role: Literal["user"]
    content: Sequence[Mapping[str, Any]]


class AssistantMessageTypeDef(TypedDict):
    """A message of the model in Converse's format."""

    role: Literal["assistant"]
    content: Sequence[Mapping[str, Any]]


BedrockMessageParam: TypeAlias = UserMessageTypeDef | AssistantMessageTypeDef | Mapping[str, Any] | BaseMessageParam
"""A message in Converse's format, or a `BaseMessageParam`."""


class BedrockToolConfig(ToolConfig, total=False):
    """The configuration of a tool class, as `tool_config`. Bedrock has no keys of its own."""


class BedrockDynamicConfig(BaseDynamicConfig[Any, BedrockCallParams, Any], total=False):
    """A dict that a prompt function may return to set options for one call."""


AsyncBedrockDynamicConfig: TypeAlias = BedrockDynamicConfig
"""The same as `BedrockDynamicConfig`, for async prompt functions."""
