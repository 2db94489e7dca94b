"""OpenAI's chat completions: the provider of `openai.call`."""

from __future__ import annotations

from types import ModuleType

import openai

from ..dialects.chat_completions import ChatProvider, openai_limit_names
from .params import OpenAICallParams
from .types import OpenAICallResponse, OpenAICallResponseChunk, OpenAITool


class OpenAIProvider(ChatProvider[OpenAICallResponse, OpenAICallResponseChunk, OpenAITool]):
    """Sends requests to OpenAI, or to the address of the client that was passed."""

    name = "openai"
    sdk: ModuleType = openai
    clients: tuple[str, str] = ("OpenAI", "AsyncOpenAI")
    environment: tuple[str, ...] = (
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "OPENAI_ADMIN_KEY",
        "OPENAI_CUSTOM_HEADERS",
    )
    response_type = OpenAICallResponse
    chunk_type = OpenAICallResponseChunk
    tool_type = OpenAITool
    params_type = OpenAICallParams
    takes_developer = True

    def limit_names(self, model: str) -> tuple[str, ...]:
        return openai_limit_names(model)


OPENAI = OpenAIProvider()
"""The provider of `openai.call`. `openai.responses` uses its default clients."""
