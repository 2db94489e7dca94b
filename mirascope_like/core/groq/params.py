"""Call parameters of Groq's chat completions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from groq.types.chat import ChatCompletionMessageParam, ChatCompletionToolChoiceOptionParam
from groq.types.chat.completion_create_params import CompoundCustom, Document, ResponseFormat, SearchSettings

from ..base.messages import BaseMessageParam
from ..base.prompts import BaseDynamicConfig
from ..base.request import CommonCallParams, SDKCallParams


class GroqCallParams(CommonCallParams, SDKCallParams, total=False):
    """The parameters of Groq's chat completions. Source: the SDK's `CompletionCreateParams`."""

    citation_options: Literal["enabled", "disabled"] | None
    compound_custom: CompoundCustom | None
    disable_tool_validation: bool
    documents: Iterable[Document] | None
    exclude_domains: Sequence[str] | None
    function_call: str | Mapping[str, Any]
    functions: Iterable[Mapping[str, Any]]
    include_domains: Sequence[str] | None
    include_reasoning: bool | None
    logit_bias: dict[str, int] | None
    logprobs: bool | None
    metadata: dict[str, str] | None
    n: int | None
    parallel_tool_calls: bool | None
    reasoning_effort: Literal["none", "default", "low", "medium", "high"] | None
    reasoning_format: Literal["hidden", "raw", "parsed"] | None
    response_format: ResponseFormat | None
    search_settings: SearchSettings | None
    service_tier: Literal["auto", "on_demand", "flex", "performance"] | None
    store: bool | None
    tool_choice: ChatCompletionToolChoiceOptionParam | None
    top_logprobs: int | None
    user: str | None


GroqMessageParam: TypeAlias = ChatCompletionMessageParam | BaseMessageParam
"""A message in the SDK's format, or a `BaseMessageParam`."""


class GroqDynamicConfig(BaseDynamicConfig[GroqMessageParam, GroqCallParams, Any], total=False):
    """A dict that a prompt function may return to set options for one call."""


AsyncGroqDynamicConfig: TypeAlias = GroqDynamicConfig
"""The same as `GroqDynamicConfig`, for async prompt functions."""
