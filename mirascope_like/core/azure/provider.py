"""Azure OpenAI's chat completions: the provider of `azure.call`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import openai

from ..base.request import Request
from ..dialects.chat_completions import OpenAISDKProvider, openai_limit_names
from .params import AzureCallParams
from .types import AzureCallResponse, AzureCallResponseChunk, AzureTool

_BODY = frozenset({"data_sources", "user_security_context"})
"""Parameters of Azure that the SDK does not have. They are sent in `extra_body`."""


class AzureProvider(OpenAISDKProvider[AzureCallResponse, AzureCallResponseChunk, AzureTool]):
    """Sends requests to a deployment on Azure. The `model` of a call is the name of the deployment."""

    name = "azure"
    clients: tuple[str, str] = ("AzureOpenAI", "AsyncAzureOpenAI")
    environment: tuple[str, ...] = (
        "AZURE_OPENAI_API_KEY",
        "AZURE_OPENAI_AD_TOKEN",
        "AZURE_OPENAI_ENDPOINT",
        "OPENAI_API_VERSION",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "OPENAI_CUSTOM_HEADERS",
    )
    response_type = AzureCallResponse
    chunk_type = AzureCallResponseChunk
    tool_type = AzureTool
    params_type = AzureCallParams
    takes_developer = True

    def limit_names(self, model: str) -> tuple[str, ...]:
        return openai_limit_names(model)

    def encode(self, request: Request) -> dict[str, Any]:
        payload = super().encode(request)
        if unnamed := {key: payload.pop(key) for key in _BODY & payload.keys()}:
            given: Mapping[str, Any] = payload.get("extra_body") or {}
            payload["extra_body"] = {**unnamed, **given}
        return payload

    def missing_key_error(self, error: Exception) -> Exception | None:
        # If the endpoint or the version is missing, the SDK raises a plain ValueError.
        if isinstance(error, ValueError) and "environment variable" in str(error):
            return openai.OpenAIError(self._key_to_set())
        return super().missing_key_error(error)

    def _key_to_set(self) -> str:
        return (
            "azure needs AZURE_OPENAI_ENDPOINT, OPENAI_API_VERSION, and a key (AZURE_OPENAI_API_KEY) or a token "
            "(AZURE_OPENAI_AD_TOKEN): set these environment variables, or pass client=openai.AzureOpenAI(...)"
        )


AZURE = AzureProvider()
"""The provider of `azure.call`. `azure.responses` uses its default clients."""
