"""Calls to Azure OpenAI. The model is the name of a deployment; the credentials are a key or a token of Entra ID.

@azure.call("my-deployment", client=openai.AzureOpenAI(azure_ad_token_provider=provider, ...))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..base.errors import load_sdk
from ..base.runtime import Listing

load_sdk("openai", extra="openai")

from ..base.calls import Call  # noqa: E402  # after the check for the SDK, whose error names the extra
from ..base.models import Models  # noqa: E402
from .params import (  # noqa: E402
    AsyncAzureDynamicConfig,
    AzureCallParams,
    AzureDynamicConfig,
    AzureMessageParam,
    AzureToolConfig,
)
from .provider import AZURE, AzureProvider  # noqa: E402
from .types import (  # noqa: E402
    AzureAsyncStream,
    AzureCallResponse,
    AzureCallResponseChunk,
    AzureFinishReason,
    AzureStream,
    AzureTool,
)

if TYPE_CHECKING:
    from . import responses

# Calls to a deployment on Azure OpenAI.
call: Call[AzureCallResponse, AzureStream, AzureAsyncStream, AzureCallParams] = Call(
    AZURE, AzureStream, AzureAsyncStream, AzureCallParams
)
azure_call: Call[AzureCallResponse, AzureStream, AzureAsyncStream, AzureCallParams] = call
"""Another name of `call`."""
model: Models[AzureCallResponse, AzureStream, AzureAsyncStream, AzureCallParams] = Models(call)

__all__ = [
    "AsyncAzureDynamicConfig",
    "AzureAsyncStream",
    "AzureCallParams",
    "AzureCallResponse",
    "AzureCallResponseChunk",
    "AzureDynamicConfig",
    "AzureFinishReason",
    "AzureMessageParam",
    "AzureProvider",
    "AzureStream",
    "AzureTool",
    "AzureToolConfig",
    "azure_call",
    "call",
    "model",
    "responses",
]


if not TYPE_CHECKING:  # for type checkers, a name that is not declared is an error

    def __getattr__(name: str) -> Any:
        if name == "responses":
            return import_module(".responses", __name__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__dir__: Listing = Listing(__all__)
