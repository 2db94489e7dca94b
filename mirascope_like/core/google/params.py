"""Call parameters of Gemini's `generateContent`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from google.genai import types

from ..base.prompts import BaseDynamicConfig
from ..base.request import CommonCallParams


class GoogleCallParams(CommonCallParams, total=False):
    """What Gemini takes. Source: the SDK's `GenerateContentConfig`, each of whose fields may be given by its own name.

    `max_tokens` is its `max_output_tokens`, `stop` its `stop_sequences`. What `config` says goes before all else.
    """

    config: types.GenerateContentConfigOrDict
    """The SDK's own configuration."""
    cached_content: str
    candidate_count: int
    max_output_tokens: int
    response_modalities: Sequence[str]
    safety_settings: Sequence[types.SafetySettingOrDict]
    stop_sequences: Sequence[str]
    thinking_config: types.ThinkingConfigOrDict
    tool_config: types.ToolConfigOrDict
    top_k: float


class GoogleDynamicConfig(BaseDynamicConfig[Any, GoogleCallParams, Any], total=False):
    """What a prompt function may return to decide more than its text."""


AsyncGoogleDynamicConfig: TypeAlias = GoogleDynamicConfig
"""The same, for an async function."""
