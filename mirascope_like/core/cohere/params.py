"""Call parameters of Cohere's Chat API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from cohere import ChatMessageV2, CitationOptions, Document, ResponseFormatV2, Thinking
from cohere.core.request_options import RequestOptions

from ..base.messages import BaseMessageParam
from ..base.prompts import BaseDynamicConfig
from ..base.request import CommonCallParams


class CohereCallParams(CommonCallParams, total=False):
    """The call parameters of Cohere's Chat API. Source: the SDK's `ClientV2.chat`. `top_p` is sent as `p`, and
    `stop` as `stop_sequences`.
    """

    citation_options: CitationOptions | Mapping[str, Any]
    documents: Sequence[str | Document | Mapping[str, Any]]
    """Documents that the model may cite, in addition to those of the prompt."""
    k: int
    """The number of most likely tokens from which each token is chosen."""
    logprobs: bool
    p: float
    priority: int
    request_options: RequestOptions
    """Options of the SDK: timeout, retries, headers, and body fields for which the SDK has no parameters."""
    response_format: ResponseFormatV2 | Mapping[str, Any]
    safety_mode: Literal["CONTEXTUAL", "STRICT", "OFF"]
    stop_sequences: Sequence[str]
    strict_tools: bool
    thinking: Thinking | Mapping[str, Any]
    tool_choice: Literal["REQUIRED", "NONE"]


CohereMessageParam: TypeAlias = ChatMessageV2 | Mapping[str, Any] | BaseMessageParam
"""A message in the SDK's format, or a `BaseMessageParam`."""


class CohereDynamicConfig(BaseDynamicConfig[Any, CohereCallParams, Any], total=False):
    """A dict that a prompt function may return to set options for one call."""


AsyncCohereDynamicConfig: TypeAlias = CohereDynamicConfig
"""The same as `CohereDynamicConfig`, for async prompt functions."""
