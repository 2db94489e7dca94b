"""Call parameters of local models."""

from __future__ import annotations

from typing import Any

from ..base.request import CommonCallParams, SDKCallParams


class LocalCallParams(CommonCallParams, SDKCallParams, total=False):
    """The call parameters of the embedded server. Source: `/v1/chat/completions` of llama.cpp's server."""

    grammar: str
    """A grammar in llama.cpp's notation (GBNF) that the response must match."""
    logprobs: bool
    min_p: float
    """Exclude tokens whose probability is less than this fraction of the probability of the most likely token."""
    n: int
    repeat_penalty: float
    response_format: dict[str, Any]
    """`{"type": "json_schema", ...}` or `{"type": "json_object"}`. A grammar enforces it."""
    stream_options: dict[str, Any]
    tool_choice: Any
    top_k: int
    """The number of most likely tokens from which each token is chosen."""
    top_logprobs: int
