"""Calls to Gemini on Vertex AI, under the names of Mirascope v1: as `google`, with a default client for Vertex AI.

`google.call` does the same with `GOOGLE_GENAI_USE_VERTEXAI=true`, or with `client=google.genai.Client(vertexai=True)`.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, TypeAlias, cast
from weakref import WeakKeyDictionary

from .base.calls import Call
from .base.errors import ConfigurationError
from .base.models import Models
from .base.parsing import at
from .base.provider import Clients
from .base.request import Request
from .base.runtime import Listing
from .base.streams import AsyncStream, Stream
from .base.tools import BaseTool
from .google import (
    GoogleCallParams,
    GoogleCallResponse,
    GoogleCallResponseChunk,
    GoogleDynamicConfig,
    GoogleMessageParam,
    GoogleProvider,
    GoogleTool,
)
from .google.http import DefaultAsyncClient, DefaultClient

VertexCallParams: TypeAlias = GoogleCallParams
"""The same as `GoogleCallParams`."""
VertexDynamicConfig: TypeAlias = GoogleDynamicConfig
"""The same as `GoogleDynamicConfig`."""
AsyncVertexDynamicConfig: TypeAlias = GoogleDynamicConfig
"""The same as `GoogleDynamicConfig`, for async prompt functions."""
VertexMessageParam: TypeAlias = GoogleMessageParam
"""The same as `GoogleMessageParam`."""
_LOCATION = "us-central1"
"""The location that the package `vertexai` used by default."""


class VertexTool(GoogleTool):
    """A tool that a model on Vertex AI called."""


class VertexCallResponse(GoogleCallResponse):
    """A response of Gemini on Vertex AI. `response` is a `GenerateContentResponse` of google-genai."""

    provider = "vertex"
    _priced_as: ClassVar[str | None] = "google"
    _batch_part: ClassVar[float | None] = None
    _tool_base: ClassVar[type[BaseTool]] = VertexTool


class VertexCallResponseChunk(GoogleCallResponseChunk):
    """One event of a stream of Vertex AI. `chunk` is a `GenerateContentResponse` of google-genai."""

    __slots__ = ()
    provider = "vertex"


class VertexStream(Stream[VertexCallResponse, VertexCallResponseChunk, VertexTool]):
    """A streamed response of Gemini on Vertex AI. It has what a `GoogleStream` has."""


class VertexAsyncStream(AsyncStream[VertexCallResponse, VertexCallResponseChunk, VertexTool]):
    """Async version of `VertexStream`."""


class VertexProvider(GoogleProvider):
    """Sends requests to Vertex AI, or to the address of the client that was passed."""

    name = "vertex"
    response_type: type[Any] = VertexCallResponse
    chunk_type: type[Any] = VertexCallResponseChunk
    tool_type: type[Any] = VertexTool

    def make_client(self) -> Any:
        return DefaultClient(**client_options())

    def make_async_client(self) -> Any:
        return DefaultAsyncClient(**client_options())

    def _sdk_method(self, request: Request, name: str) -> Any:
        if (clients := _clients_for(request)) is not None:
            request = replace(request, client=clients.sync().client)
        return super()._sdk_method(request, name)

    async def _asdk_method(self, request: Request, name: str) -> Any:
        if (clients := _clients_for(request)) is not None:
            request = replace(request, client=(await clients.asynchronous()).client)
        return await super()._asdk_method(request, name)

    def missing_key_error(self, error: Exception) -> Exception | None:
        if type(error).__name__ == "DefaultCredentialsError":  # google-auth's
            error.args = (self._key_to_set(),)
            return error
        return super().missing_key_error(error)

    def _key_to_set(self) -> str:
        return (
            "vertex needs credentials and a project, or a key: set GOOGLE_APPLICATION_CREDENTIALS and "
            "GOOGLE_CLOUD_PROJECT, or GOOGLE_API_KEY, or pass client=google.genai.Client(vertexai=True, project=...)"
        )


def client_options() -> dict[str, Any]:
    """Return the arguments of google-genai's client for Vertex AI: from the environment, or from `vertexai.init(...)`.

    A key for Vertex AI in express mode (`GOOGLE_API_KEY`) is used if there is no project.
    """
    config: Any = getattr(sys.modules.get("google.cloud.aiplatform.initializer"), "global_config", None)
    project = at(config, "_project") or os.environ.get("GOOGLE_CLOUD_PROJECT")
    location = at(config, "_location") or os.environ.get("GOOGLE_CLOUD_LOCATION")
    if not project:
        return {"vertexai": True}
    given = {"project": project, "location": location or _LOCATION, "credentials": at(config, "_credentials")}
    return {"vertexai": True, **{name: value for name, value in given.items() if value is not None}}


_OWN = {
    "_generation_config": "call_params",
    "_safety_settings": "call_params",
    "_tools": "tools",
    "_tool_config": "call_params",
    "_system_instruction": "a system message",
    "_cached_content": "call_params",
    "_labels": "call_params",
}
"""The attributes of a `GenerativeModel` of `vertexai` for settings of its own, and where to pass these."""
_CLIENTS: WeakKeyDictionary[Any, Clients] = WeakKeyDictionary()
"""Maps each `GenerativeModel` to the clients of google-genai that are used for it."""


def _clients_for(request: Request) -> Clients | None:
    """Return the clients of google-genai for a request whose client is a `GenerativeModel` of `vertexai`: they have its
    project and location, and the credentials of `vertexai.init(...)`. None for a request with another client.

    Raises `ConfigurationError` for a model with settings of its own, which google-genai has in other types; for a model
    other than that of the call; and for any other object of `vertexai`.
    """
    given: Any = request.client
    if type(given).__module__.partition(".")[0] != "vertexai":
        return None
    if type(given).__name__ != "GenerativeModel":
        raise ConfigurationError(
            f"a {type(given).__name__} of vertexai cannot be the client: pass a GenerativeModel, or "
            "google.genai.Client(vertexai=True, project=..., location=...)"
        )
    for name, place in _OWN.items():
        if getattr(given, name, None):
            raise ConfigurationError(
                f"the GenerativeModel has {name[1:]} of its own, in a type that google-genai does not accept: pass it "
                f"to the call as {place}"
            )
    resource: str = given._prediction_resource_name
    if request.model.rpartition("/")[2] != resource.rpartition("/")[2]:
        raise ConfigurationError(
            f"the call names the model {request.model!r}, and its client is a GenerativeModel of {resource!r}: "
            "name the same model"
        )
    if (clients := _CLIENTS.get(given)) is None:
        _, project, _, location, *_ = resource.split("/")
        options = {**client_options(), "project": project, "location": location}
        made = Clients(partial(DefaultClient, **options), partial(DefaultAsyncClient, **options))
        clients = _CLIENTS.setdefault(given, made)
    return clients


call: Call[VertexCallResponse, VertexStream, VertexAsyncStream, VertexCallParams] = Call(
    cast("Any", VertexProvider()), VertexStream, VertexAsyncStream, VertexCallParams
)
"""Return a decorator that turns a prompt function into a call to Gemini on Vertex AI."""
vertex_call: Call[VertexCallResponse, VertexStream, VertexAsyncStream, VertexCallParams] = call
"""Another name of `call`."""
model: Models[VertexCallResponse, VertexStream, VertexAsyncStream, VertexCallParams] = Models(call)
"""Make a model object. Its settings apply to every call that is made with it."""

__path__: list[str] = []  # a package for the import system: v1 had modules below it, such as `call_params`

__all__ = [
    "AsyncVertexDynamicConfig",
    "VertexAsyncStream",
    "VertexCallParams",
    "VertexCallResponse",
    "VertexCallResponseChunk",
    "VertexDynamicConfig",
    "VertexMessageParam",
    "VertexProvider",
    "VertexStream",
    "VertexTool",
    "call",
    "model",
    "vertex_call",
]

__dir__: Listing = Listing(__all__)
