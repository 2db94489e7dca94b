"""Call parameters of Gemini's `generateContent`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from google.genai import types

from ..base.messages import BaseMessageParam
from ..base.prompts import BaseDynamicConfig
from ..base.request import CommonCallParams


class GoogleCallParams(CommonCallParams, total=False):
    """The call parameters of Gemini. Source: the SDK's `GenerateContentConfig`; each of its fields is a parameter.

    `max_tokens` is sent as `max_output_tokens`, and `stop` as `stop_sequences`. Values in `config` take precedence.
    """

    config: types.GenerateContentConfigOrDict
    """A configuration object of the SDK, or a dict of the same form."""
    cached_content: str
    candidate_count: int
    max_output_tokens: int
    response_modalities: Sequence[str]
    safety_settings: Sequence[types.SafetySettingOrDict]
    stop_sequences: Sequence[str]
    thinking_config: types.ThinkingConfigOrDict
    tool_config: types.ToolConfigOrDict
    top_k: float


GoogleMessageParam: TypeAlias = types.ContentOrDict | types.FunctionResponse | BaseMessageParam
"""A message in the SDK's format, or a `BaseMessageParam`."""


class GoogleDynamicConfig(BaseDynamicConfig[Any, GoogleCallParams, Any], total=False):
    """A dict that a prompt function may return to set options for one call."""


AsyncGoogleDynamicConfig: TypeAlias = GoogleDynamicConfig
"""The same as `GoogleDynamicConfig`, for async prompt functions."""
