"""Call parameters of local models."""

from __future__ import annotations

from typing import Any

from ..base.request import CommonCallParams, SDKCallParams


class LocalCallParams(CommonCallParams, SDKCallParams, total=False):
    """The parameters of the embedded server. Source: llama.cpp's server, `/v1/chat/completions`."""

    grammar: str
    """A grammar in llama.cpp's notation (GBNF) that the answer has to match."""
    logprobs: bool
    min_p: float
    """Exclude tokens whose probability is less than this fraction of the most likely token's."""
    n: int
    repeat_penalty: float
    response_format: dict[str, Any]
    """`{"type": "json_schema", ...}` or `{"type": "json_object"}`; enforced by a grammar."""
    stream_options: dict[str, Any]
    tool_choice: Any
    top_k: int
    """Choose each token from this many of the most likely ones."""
    top_logprobs: int
