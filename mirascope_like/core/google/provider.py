"""Google's Gemini, over the Gemini API or Vertex AI: the provider behind `google.call`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any, cast

from google import genai
from google.auth import exceptions as auth_errors
from google.genai import errors, types
from google.genai.client import AsyncClient

from ..base.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    MirascopeLikeError,
    ProviderError,
)
from ..base.fold import ErrorEventError
from ..base.provider import AsyncSource, Source
from ..base.request import Request
from ..base.structure import Structure, Way
from ..base.tools import BaseTool, tool_description, tool_name
from ..base.wire import as_object
from ..dialects.catching import catching
from ..dialects.client_provider import ClientProvider, made_by
from ..dialects.gemini_contents import encode_contents
from ..dialects.gemini_failures import gemini_kind
from ..dialects.gemini_fold import GeminiFold
from ..dialects.gemini_source import AsyncBegunSource, AsyncGeminiSource, BegunSource, GeminiSource
from ..dialects.sdk import AsyncObjectSource, ObjectSource
from .http import DefaultAsyncClient, DefaultClient
from .params import GoogleCallParams
from .types import GoogleCallResponse, GoogleCallResponseChunk, GoogleTool, function_call

_NAMES = {"max_tokens": "max_output_tokens", "stop": "stop_sequences"}
_BEFORE_3 = re.compile(r"(.*/)?gemini-[12][.-]")
"""Models that want no signature of a call that they did not make, and give no schema beside tools."""


class GoogleProvider(ClientProvider[GoogleCallResponse, GoogleCallResponseChunk, GoogleTool]):
    """Speaks to Gemini, or to whomever the client given speaks to."""

    name = "google"
    sdk: ModuleType = genai
    clients: tuple[str, str] = ("Client", "Client")
    environment: tuple[str, ...] = (
        "GOOGLE_API_KEY",
        "GEMINI_API_KEY",
        "GOOGLE_GENAI_USE_VERTEXAI",
        "GOOGLE_GENAI_USE_ENTERPRISE",
        "GOOGLE_CLOUD_PROJECT",
        "GOOGLE_CLOUD_LOCATION",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "GOOGLE_GEMINI_BASE_URL",
        "GOOGLE_VERTEX_BASE_URL",
        "GOOGLE_GENAI_API_VERSION",
    )
    response_type = GoogleCallResponse
    chunk_type = GoogleCallResponseChunk
    tool_type = GoogleTool

    def make_client(self) -> Any:
        return DefaultClient()

    def make_async_client(self) -> Any:
        return DefaultAsyncClient()

    def known_params(self) -> frozenset[str]:
        ours = {name for kind in GoogleCallParams.__mro__ for name in getattr(kind, "__annotations__", ())}
        return frozenset(ours | types.GenerateContentConfig.model_fields.keys())

    def encode(self, request: Request) -> dict[str, Any]:
        signed = _BEFORE_3.match(request.model) is None
        said = [_native(message) for message in request.messages]
        system, contents = encode_contents(said, sign_calls=signed)
        config: dict[str, Any] = {_NAMES.get(key, key): value for key, value in request.call_params.items()}
        config.update(_fields(config.pop("config", None)))
        if isinstance(stop := config.get("stop_sequences"), str):
            config["stop_sequences"] = [stop]
        if system is not None:
            config["system_instruction"] = system
        declared = [{"function_declarations": [encode_tool(tool) for tool in request.tools]}] if request.tools else []
        if tools := [*(config.get("tools") or ()), *request.native_tools, *declared]:
            config["tools"] = tools
        elif request.json_mode:  # before Gemini 3 it does not go with tools
            config.setdefault("response_mime_type", "application/json")
        return {"model": request.model, "contents": contents, **({"config": config} if config else {})}

    def way(self, request: Request, wanted: Way) -> Way:
        if wanted == "json":
            return wanted
        config = _fields(request.call_params.get("config"))
        tools = request.tools or request.native_tools or config.get("tools") or request.call_params.get("tools")
        # A call comes in one piece, text as it is made; before Gemini 3 a schema does not go with tools.
        return "tool" if tools and (wanted == "tool" or _BEFORE_3.match(request.model)) else "schema"

    def structure(self, payload: dict[str, Any], structure: Structure) -> None:
        config = payload["config"] = dict(payload.get("config") or {})
        schema = dict(structure.schema)
        if structure.way == "schema":
            config["response_mime_type"] = "application/json"
            config["response_json_schema"] = schema
        elif structure.way == "tool":
            declared = {"name": structure.name, "description": structure.description, "parameters_json_schema": schema}
            config["tools"] = [*(config.get("tools") or ()), {"function_declarations": [declared]}]
            config.setdefault("tool_config", {"function_calling_config": {"mode": "ANY"}})

    def fold(self, request: Request) -> GeminiFold[GoogleCallResponseChunk, GoogleTool]:
        reason = types.FinishReason
        tools, partial = request.tools, request.partial_tools
        return GeminiFold(GoogleCallResponseChunk, GoogleTool, function_call, reason, tools, partial)

    def parse(self, raw: bytes | Mapping[str, Any]) -> types.GenerateContentResponse:
        return GoogleCallResponse.parse_raw_response(raw)

    def _models(self, request: Request) -> Any:
        client = request.client
        if client is None:
            client = self._defaults.sync().client
        if isinstance(client, AsyncClient):
            raise ConfigurationError("a sync call cannot use an async client: give it google.genai.Client(...)")
        return client.models

    async def _amodels(self, request: Request) -> Any:
        client = request.client
        if client is None:
            client = (await self._defaults.asynchronous()).client
        return client.models if isinstance(client, AsyncClient) else client.aio.models

    def send(self, request: Request, payload: dict[str, Any]) -> types.GenerateContentResponse:
        ask, arguments, own = _prepared(self._models(request).generate_content, payload, stream=False)
        found = ask(**arguments)
        return _decoded(found) if own else found

    async def asend(self, request: Request, payload: dict[str, Any]) -> types.GenerateContentResponse:
        models = await self._amodels(request)
        ask, arguments, own = _prepared(models.generate_content, payload, stream=False)
        found = await ask(**arguments)
        return _decoded(found) if own else found

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        ask, arguments, own = _prepared(self._models(request).generate_content_stream, payload, stream=True)
        if not own:
            return ObjectSource(ask(**arguments))
        with catching() as caught:
            stream = ask(**arguments)
            first = next(stream, None)
        return GeminiSource(caught[0]) if caught else BegunSource(first, stream)

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        models = await self._amodels(request)
        ask, arguments, own = _prepared(models.generate_content_stream, payload, stream=True)
        if not own:
            return AsyncObjectSource(await ask(**arguments))
        with catching() as caught:
            stream = await ask(**arguments)
            first = await anext(stream, None)
        return AsyncGeminiSource(caught[0]) if caught else AsyncBegunSource(first, stream)

    def identify(self, error: Exception) -> type[MirascopeLikeError] | None:
        if isinstance(error, errors.APIError):
            found: Any = _told(error)
            return gemini_kind(found.code, found.body)
        if isinstance(error, errors.UnknownApiResponseError):
            return ProviderError
        if isinstance(error, auth_errors.DefaultCredentialsError):
            return ConfigurationError
        if isinstance(error, auth_errors.TransportError):
            return ConnectionFailedError
        return AuthenticationError if isinstance(error, auth_errors.GoogleAuthError) else None

    def broken(self, message: str, response: Any, *, timed_out: bool) -> Exception:
        status = "DEADLINE_EXCEEDED" if timed_out else "UNAVAILABLE"
        return errors.APIError(cast("Any", None), {"error": {"message": message, "status": status}})

    def unreadable(self, message: str, response: Any) -> Exception:
        return errors.UnknownApiResponseError(message)

    def event_error(self, error: ErrorEventError, response: Any) -> Exception:
        code = as_object(as_object(error.body).get("error")).get("code")
        kind = errors.ServerError if isinstance(code, int) and code >= 500 else errors.ClientError
        return _told(kind(cast("Any", code), error.body, response))

    def keyless(self, error: Exception) -> Exception | None:
        if type(error) is ValueError and "API key" in str(error):
            return ValueError(self._key_to_set())
        return None


def _told(error: errors.APIError) -> errors.APIError:
    facts = cast("Any", error)
    facts.status_code, facts.body = facts.code, facts.details
    return error


def _native(message: Any) -> Any:
    return GoogleCallResponse.wire_content(message) if isinstance(message, types.Content) else message


def _fields(config: Any) -> Mapping[str, Any]:
    if isinstance(config, types.GenerateContentConfig):
        return {name: getattr(config, name) for name in config.model_fields_set}
    return config or {}


def _prepared(ask: Any, payload: dict[str, Any], *, stream: bool) -> tuple[Any, dict[str, Any], bool]:
    """Return the SDK's call, its arguments, and whether its answer can be taken as it came over the wire.

    It cannot where somebody traces the call or has put another client in its place, nor where the SDK is to run the
    tools: they are to see the answer.
    """
    config: dict[str, Any] = dict(payload.get("config") or {})
    own = made_by(genai, ask) and all(isinstance(tool, Mapping | types.Tool) for tool in config.get("tools") or ())
    if own:
        config.setdefault("automatic_function_calling", {"disable": True})
        if not stream:
            config["should_return_http_response"] = True
    elif not config:
        return ask, payload, own
    return ask, {**payload, "config": types.GenerateContentConfig(**config)}, own


def _decoded(found: types.GenerateContentResponse) -> types.GenerateContentResponse:
    came = found.sdk_http_response
    body = (came.body if came is not None else None) or "{}"
    try:
        response = GoogleCallResponse.parse_raw_response(body.encode())
    except ValueError as error:
        raise errors.UnknownApiResponseError(f"the answer is not JSON: {error}: {body[:200]!r}") from error
    response.sdk_http_response = came
    return response


def encode_tool(tool: type[BaseTool]) -> dict[str, Any]:
    """Return a tool as a function declaration."""
    encoded: dict[str, Any] = {
        "name": tool_name(tool),
        "description": tool_description(tool),
        "parameters_json_schema": tool.tool_json_schema(),
    }
    return {**encoded, **{key: value for key, value in tool.tool_config.items() if value is not None}}
