"""Call parameters of Azure OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..dialects.openai_params import ChatCallParams


class AzureCallParams(ChatCallParams, total=False):
    """What Azure OpenAI's chat completions take. Source: Azure OpenAI's REST reference, and the SDK."""

    data_sources: Iterable[Mapping[str, Any]]
    """Where to look for grounds of the answer: Azure's "on your data"."""
    user_security_context: Mapping[str, Any]
    """Who asks, for Microsoft Defender."""
