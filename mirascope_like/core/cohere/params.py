"""Call parameters of Cohere's Chat API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from cohere import CitationOptions, Document, ResponseFormatV2, Thinking
from cohere.core.request_options import RequestOptions

from ..base.prompts import BaseDynamicConfig
from ..base.request import CommonCallParams


class CohereCallParams(CommonCallParams, total=False):
    """The parameters of Cohere's chat. Source: the SDK's `ClientV2.chat`; `top_p` is its `p`, `stop` its
    `stop_sequences`."""

    citation_options: CitationOptions | Mapping[str, Any]
    documents: Sequence[str | Document | Mapping[str, Any]]
    """Documents that the model may cite; those of the prompt are added."""
    k: int
    """Choose each token from this many of the most likely ones."""
    logprobs: bool
    p: float
    priority: int
    request_options: RequestOptions
    """Options of the SDK: timeout, retries, headers, and body fields that the SDK does not have."""
    response_format: ResponseFormatV2 | Mapping[str, Any]
    safety_mode: Literal["CONTEXTUAL", "STRICT", "OFF"]
    stop_sequences: Sequence[str]
    strict_tools: bool
    thinking: Thinking | Mapping[str, Any]
    tool_choice: Literal["REQUIRED", "NONE"]


class CohereDynamicConfig(BaseDynamicConfig[Any, CohereCallParams, Any], total=False):
    """What a prompt function may return to configure its call."""


AsyncCohereDynamicConfig: TypeAlias = CohereDynamicConfig
"""The same type, for async functions."""
