"""Azure OpenAI's chat completions: the provider of `azure.call`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import openai

from ..base.errors import ConfigurationError, MirascopeLikeError
from ..base.request import Request
from ..base.response import Accumulator
from ..dialects.chat_completions import (
    INFERENCE_VARIABLES,
    OpenAISDKProvider,
    completions,
    inference_create,
    inference_kind,
    inference_options,
    is_inference,
    openai_limit_names,
)
from ..dialects.transport import async_method, sync_method
from .params import AzureCallParams
from .types import AzureCallResponse, AzureCallResponseChunk, AzureTool

_BODY = frozenset({"data_sources", "user_security_context"})
"""Parameters of Azure that the SDK does not have. They are sent in `extra_body`."""
_API_VERSION = "2024-10-21"
"""The version of Azure OpenAI's API that is requested if `OPENAI_API_VERSION` is not set."""
_INFERENCE = "azure.ai.inference.ChatCompletionsClient(...)"


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
        *INFERENCE_VARIABLES,
    )
    endpoints: tuple[str, ...] = ("AZURE_OPENAI_ENDPOINT", "AZURE_INFERENCE_ENDPOINT")
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
        if not is_inference(request.client) and (extras := payload.pop("model_extras", None)):
            payload["extra_body"] = {**extras, **(payload.get("extra_body") or {})}
        return payload

    def client_kind(self, *, asynchronous: bool) -> Any:
        return (
            (openai.AsyncOpenAI if asynchronous else openai.OpenAI)
            if _plain()
            else super().client_kind(asynchronous=asynchronous)
        )

    def new_client(self, *, asynchronous: bool, proxies: bool = True, **options: Any) -> Any:
        if not _plain():
            version = {"api_version": os.environ.get("OPENAI_API_VERSION") or _API_VERSION}
            return super().new_client(asynchronous=asynchronous, proxies=proxies, **version | options)
        if endpoint := os.environ.get("AZURE_OPENAI_ENDPOINT"):
            key = os.environ.get("AZURE_OPENAI_API_KEY") or os.environ.get("AZURE_OPENAI_AD_TOKEN")
            own: dict[str, Any] = {"base_url": endpoint, "api_key": key or ""}
        else:
            own = inference_options(asynchronous=asynchronous)
        client = super().new_client(asynchronous=asynchronous, proxies=proxies, **own | options)
        client.organization = client.project = None  # OpenAI's: must not be sent to another host
        return client

    def create(self, client: Any) -> Callable[..., Any]:
        return inference_create(client) if is_inference(client) else super().create(client)

    def _client(self, request: Request) -> Any:
        client = super()._client(request)
        if is_inference(client):
            sync_method(client, "complete", _INFERENCE)
        return client

    async def _aclient(self, request: Request) -> Any:
        client = await super()._aclient(request)
        if is_inference(client) and async_method(client, "complete") is None:
            raise ConfigurationError(
                "an async call needs an async client: pass client=azure.ai.inference.aio.ChatCompletionsClient(...)"
            )
        return client

    def rebuilt(self, request: Request, accumulator: Accumulator[Any, Any]) -> Any:
        if is_inference(request.client):
            return completions(accumulator.rebuild())
        return super().rebuilt(request, accumulator)

    def identify(self, error: Exception) -> type[MirascopeLikeError] | None:
        return inference_kind(error) if is_inference(error) else super().identify(error)

    def missing_key_error(self, error: Exception) -> Exception | None:
        # If the endpoint or the version is missing, the SDK raises a plain ValueError.
        if isinstance(error, ValueError) and "environment variable" in str(error):
            return openai.OpenAIError(self._key_to_set())
        return super().missing_key_error(error)

    def _key_to_set(self) -> str:
        return (
            "azure needs AZURE_OPENAI_ENDPOINT and a key (AZURE_OPENAI_API_KEY) or a token (AZURE_OPENAI_AD_TOKEN), or "
            "AZURE_INFERENCE_ENDPOINT and AZURE_INFERENCE_CREDENTIAL: set these environment variables, or pass "
            "client=openai.AzureOpenAI(...)"
        )


def _plain() -> bool:
    """Return True if the endpoint in the environment is called with the client of OpenAI itself: a `v1` endpoint of
    Azure OpenAI, or an inference endpoint. The variables of Azure OpenAI take precedence.
    """
    endpoint = os.environ.get("AZURE_OPENAI_ENDPOINT")
    if endpoint:
        return endpoint.rstrip("/").endswith("/v1")
    return bool(os.environ.get("AZURE_INFERENCE_ENDPOINT"))


AZURE = AzureProvider()
"""The provider of `azure.call`. `azure.responses` uses its default clients."""
