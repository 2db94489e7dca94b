"""Call parameters of Cohere's Chat API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from cohere import CitationOptions, Document, ResponseFormatV2, Thinking
from cohere.core.request_options import RequestOptions

from ..base.prompts import BaseDynamicConfig
from ..base.request import CommonCallParams


class CohereCallParams(CommonCallParams, total=False):
    """What Cohere's chat takes. Source: the SDK's `ClientV2.chat`; `top_p` is its `p`, `stop` its `stop_sequences`."""

    citation_options: CitationOptions | Mapping[str, Any]
    documents: Sequence[str | Document | Mapping[str, Any]]
    """What the model may cite; documents of the prompt are added."""
    k: int
    """Choose among so many of the likeliest tokens."""
    logprobs: bool
    p: float
    priority: int
    request_options: RequestOptions
    """The SDK's own: timeout, retries, headers, and fields of the body that it does not know."""
    response_format: ResponseFormatV2 | Mapping[str, Any]
    safety_mode: Literal["CONTEXTUAL", "STRICT", "OFF"]
    stop_sequences: Sequence[str]
    strict_tools: bool
    thinking: Thinking | Mapping[str, Any]
    tool_choice: Literal["REQUIRED", "NONE"]


class CohereDynamicConfig(BaseDynamicConfig[Any, CohereCallParams, Any], total=False):
    """What a prompt function may return to decide more than its text."""


AsyncCohereDynamicConfig: TypeAlias = CohereDynamicConfig
"""The same, for an async function."""
