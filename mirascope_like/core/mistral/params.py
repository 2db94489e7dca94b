"""Call parameters of Mistral's chat completions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from mistralai.client import models
from mistralai.client.utils import RetryConfig

from ..base.messages import BaseMessageParam
from ..base.prompts import BaseDynamicConfig
from ..base.request import CommonCallParams


class MistralCallParams(CommonCallParams, total=False):
    """The call parameters of Mistral's chat completions. Source: the SDK's `Chat.complete`. `seed` is sent as
    `random_seed`.
    """

    guardrails: Sequence[models.GuardrailConfigTypedDict]
    http_headers: Mapping[str, str]
    """Additional headers of the request."""
    logprobs: bool
    metadata: Mapping[str, Any]
    min_tokens: int
    n: int
    parallel_tool_calls: bool
    prediction: models.PredictionTypedDict
    prompt_cache_key: str
    prompt_logprobs: bool
    prompt_mode: models.MistralPromptMode
    random_seed: int
    reasoning_effort: models.ReasoningEffort
    repetition_penalty: float
    response_format: models.ResponseFormat | models.ResponseFormatTypedDict
    retries: RetryConfig
    """The SDK's retry options. Without them, the SDK does not retry."""
    safe_prompt: bool
    server_url: str
    service_tier: models.RequestedServiceTier
    timeout_ms: int
    """The maximum time to wait for the next piece of the response, in milliseconds."""
    tool_choice: models.ChatCompletionRequestToolChoice | models.ChatCompletionRequestToolChoiceTypedDict
    top_k: int
    top_logprobs: int
    top_prompt_logprobs: int


MistralMessageParam: TypeAlias = (
    models.AssistantMessage
    | models.SystemMessage
    | models.ToolMessage
    | models.UserMessage
    | Mapping[str, Any]
    | BaseMessageParam
)
"""A message in the SDK's format, or a `BaseMessageParam`."""


class MistralDynamicConfig(BaseDynamicConfig[Any, MistralCallParams, Any], total=False):
    """A dict that a prompt function may return to set options for one call."""


AsyncMistralDynamicConfig: TypeAlias = MistralDynamicConfig
"""The same as `MistralDynamicConfig`, for async prompt functions."""
