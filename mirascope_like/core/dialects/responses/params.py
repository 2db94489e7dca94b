"""Call parameters of Responses, in the types of OpenAI's SDK."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from openai.types.responses import ResponseIncludable, ResponseTextConfigParam
from openai.types.responses.response_create_params import Conversation, StreamOptions, ToolChoice
from openai.types.responses.response_prompt_param import ResponsePromptParam
from openai.types.shared_params.reasoning import Reasoning

from ...base.request import SDKCallParams


class ResponsesCallParams(SDKCallParams, total=False):
    """The parameters of Responses. Source: the SDK's `ResponseCreateParams`."""

    background: bool | None
    context_management: Iterable[Mapping[str, Any]] | None
    conversation: Conversation | None
    include: list[ResponseIncludable] | None
    instructions: str | None
    """A system prompt before the messages. It is not inherited through `previous_response_id`."""
    max_output_tokens: int | None
    max_tokens: int | None
    """The same as `max_output_tokens`, under the name of chat completions."""
    max_completion_tokens: int | None
    """The same as `max_output_tokens`, under another name."""
    max_tool_calls: int | None
    metadata: dict[str, str] | None
    moderation: Mapping[str, Any] | None
    parallel_tool_calls: bool | None
    previous_response_id: str | None
    prompt: ResponsePromptParam | None
    prompt_cache_key: str | None
    prompt_cache_options: Mapping[str, Any]
    prompt_cache_retention: str | None
    reasoning: Reasoning | None
    safety_identifier: str | None
    service_tier: str | None
    store: bool | None
    stream_options: StreamOptions | None
    temperature: float | None
    text: ResponseTextConfigParam
    tool_choice: ToolChoice
    top_logprobs: int | None
    top_p: float | None
    truncation: str | None
    user: str
