"""Call parameters of Mistral's chat completions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from mistralai.client import models
from mistralai.client.utils import RetryConfig

from ..base.prompts import BaseDynamicConfig
from ..base.request import CommonCallParams


class MistralCallParams(CommonCallParams, total=False):
    """The parameters of Mistral's chat completions. Source: the SDK's `Chat.complete`; `seed` is its `random_seed`."""

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
    """The SDK's retry options; unset means no retries."""
    safe_prompt: bool
    server_url: str
    service_tier: models.RequestedServiceTier
    timeout_ms: int
    """Milliseconds to wait for the next piece of the response."""
    tool_choice: models.ChatCompletionRequestToolChoice | models.ChatCompletionRequestToolChoiceTypedDict
    top_k: int
    top_logprobs: int
    top_prompt_logprobs: int


class MistralDynamicConfig(BaseDynamicConfig[Any, MistralCallParams, Any], total=False):
    """What a prompt function may return to configure its call."""


AsyncMistralDynamicConfig: TypeAlias = MistralDynamicConfig
"""The same type, for async functions."""
