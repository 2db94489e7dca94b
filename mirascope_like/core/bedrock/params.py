"""Call parameters of Bedrock's Converse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict

from ..base.prompts import BaseDynamicConfig


class BedrockCallParams(TypedDict, total=False):
    """The parameters of Converse. Source: boto3's `converse`; the first four are put into `inferenceConfig`."""

    max_tokens: int
    max_completion_tokens: int
    """Another name of `max_tokens`."""
    temperature: float
    top_p: float
    stop: str | list[str] | None
    additionalModelRequestFields: Mapping[str, Any]
    """Parameters of the model itself, for example Anthropic's `thinking`."""
    additionalModelResponseFieldPaths: Sequence[str]
    guardrailConfig: Mapping[str, Any]
    inferenceConfig: Mapping[str, Any]
    outputConfig: Mapping[str, Any]
    performanceConfig: Mapping[str, Any]
    promptVariables: Mapping[str, Any]
    requestMetadata: Mapping[str, str]
    serviceTier: Mapping[str, Any]
    system: Sequence[Mapping[str, Any]]
    """System messages that are placed before those of the prompt."""
    toolConfig: Mapping[str, Any]
    """`toolChoice`, and tools besides those of the call."""


class BedrockDynamicConfig(BaseDynamicConfig[Any, BedrockCallParams, Any], total=False):
    """What a prompt function may return to configure its call."""
