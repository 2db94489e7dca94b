"""Call parameters of chat completions, in the types of OpenAI's SDK."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from openai.types.chat import (
    ChatCompletionAudioParam,
    ChatCompletionPredictionContentParam,
    ChatCompletionStreamOptionsParam,
    ChatCompletionToolChoiceOptionParam,
)
from openai.types.chat.completion_create_params import ResponseFormat, WebSearchOptions

from ...base.request import CommonCallParams, SDKCallParams
from ...base.tools import ToolConfig


class ChatCallParams(CommonCallParams, SDKCallParams, total=False):
    """The parameters of chat completions. Source: the SDK's `CompletionCreateParams`."""

    audio: ChatCompletionAudioParam | None
    logit_bias: dict[str, int] | None
    logprobs: bool | None
    metadata: dict[str, str] | None
    modalities: list[Literal["text", "audio"]] | None
    n: int | None
    parallel_tool_calls: bool
    prediction: ChatCompletionPredictionContentParam | None
    prompt_cache_key: str
    prompt_cache_options: Mapping[str, Any]
    prompt_cache_retention: str | None
    reasoning_effort: str | None
    response_format: ResponseFormat
    safety_identifier: str
    service_tier: str | None
    store: bool | None
    stream_options: ChatCompletionStreamOptionsParam | None
    tool_choice: ChatCompletionToolChoiceOptionParam
    top_logprobs: int | None
    user: str
    verbosity: str | None
    web_search_options: WebSearchOptions
    functions: Iterable[Mapping[str, Any]]
    function_call: str | Mapping[str, Any]
    moderation: Mapping[str, Any]


class ChatToolConfig(ToolConfig, total=False):
    """Settings of a tool in chat completions."""

    strict: bool
    """True to make the provider guarantee that the arguments match the schema."""
