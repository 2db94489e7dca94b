"""Call parameters of Bedrock's Converse API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict

from ..base.prompts import BaseDynamicConfig


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


class BedrockDynamicConfig(BaseDynamicConfig[Any, BedrockCallParams, Any], total=False):
    """A dict that a prompt function may return to set options for one call."""
