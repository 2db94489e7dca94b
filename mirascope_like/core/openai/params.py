"""Call parameters of OpenAI's chat completions."""

from __future__ import annotations

from ..dialects.openai_params import ChatCallParams


class OpenAICallParams(ChatCallParams, total=False):
    """What OpenAI's chat completions take. Source: the SDK's `CompletionCreateParams`."""
