"""Call parameters of local models."""

from __future__ import annotations

from typing import Any

from ..base.request import CommonCallParams, SDKCallParams


class LocalCallParams(CommonCallParams, SDKCallParams, total=False):
    """What the embedded server takes. Source: llama.cpp's server, `/v1/chat/completions`."""

    grammar: str
    """A grammar in llama.cpp's notation (GBNF) that the answer must follow."""
    logprobs: bool
    min_p: float
    """Leave out tokens less likely than this share of the likeliest one."""
    n: int
    repeat_penalty: float
    response_format: dict[str, Any]
    """`{"type": "json_schema", ...}` or `{"type": "json_object"}`; the answer always follows it."""
    stream_options: dict[str, Any]
    tool_choice: Any
    top_k: int
    """Choose among this many of the likeliest tokens."""
    top_logprobs: int
