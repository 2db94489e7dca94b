"""Google's Gemini, through the Gemini API or Vertex AI: the provider of `google.call`."""

from __future__ import annotations

from collections.abc import Mapping
from traceback import walk_tb
from types import ModuleType
from typing import Any, ClassVar, cast

from google import genai
from google.auth import exceptions as auth_errors
from google.genai import errors, types
from google.genai.client import AsyncClient
from pydantic import ValidationError

from ..base.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    ErrorEventError,
    MalformedEventError,
    MirascopeLikeError,
    ProviderError,
    reported_error,
)
from ..base.parsing import as_object, at, readable
from ..base.provider import AsyncSource, Source
from ..base.request import Request
from ..base.response import Accumulator
from ..dialects.gemini import AsyncStartedSource, GeminiSpeaker, aopen_stream, gemini_kind, open_stream, wire_content
from ..dialects.transport import ClientProvider, ObjectSource, check_asyncio, made, made_by, raise_reported
from .accumulator import GoogleAccumulator
from .http import DefaultAsyncClient, DefaultClient, with_bodies
from .params import GoogleCallParams
from .types import GoogleCallResponse, GoogleCallResponseChunk, GoogleTool, answer

_SDK = "google.genai"
"""The package whose frames hold a response that the SDK is reading."""


class GoogleProvider(
    GeminiSpeaker[GoogleCallResponse, GoogleCallResponseChunk, GoogleTool],
    ClientProvider[GoogleCallResponse, GoogleCallResponseChunk, GoogleTool],
):
    """Sends requests to Gemini, or to the address of the client that was passed.

    The SDK builds and sends the request; its HTTP response is read as bytes. A response with the finish
    reason `CONTINUATION` is returned with its continuation token; the library does not continue it.
    """

    name = "google"
    sdk: ModuleType = genai
    clients: tuple[str, str] = ("Client", "Client")
    environment: tuple[str, ...] = (
        *("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"),
        *("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "GOOGLE_APPLICATION_CREDENTIALS"),
        *("GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL", "GOOGLE_GENAI_API_VERSION"),
    )
    response_type = GoogleCallResponse
    chunk_type = GoogleCallResponseChunk
    accumulator_type: type[Accumulator[Any, Any]] = GoogleAccumulator
    tool_type = GoogleTool
    params_type = GoogleCallParams
    kinds: ClassVar[Mapping[type[Exception], type[MirascopeLikeError]]] = {
        errors.UnknownApiResponseError: ProviderError,
        auth_errors.DefaultCredentialsError: ConfigurationError,
        auth_errors.TransportError: ConnectionFailedError,
        auth_errors.GoogleAuthError: AuthenticationError,
    }
    config_name = "config"
    all_in_config = True
    parameters_name = "parameters_json_schema"
    answer_name = "response_json_schema"

    def make_client(self) -> Any:
        return DefaultClient()

    def make_async_client(self) -> Any:
        return DefaultAsyncClient()

    def known_params(self) -> frozenset[str]:
        return super().known_params() | types.GenerateContentConfig.model_fields.keys()

    def settings(self, params: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        config: Any = params.pop("config", None) or {}
        if isinstance(config, types.GenerateContentConfig):
            config = {name: getattr(config, name) for name in config.model_fields_set}
        return {**params, **config}, {}

    def as_json_content(self, content: Any) -> Any:
        return wire_content(GoogleCallResponse, content) if isinstance(content, types.Content) else content

    def _sdk_method(self, request: Request, name: str) -> Any:
        client = request.client
        if client is None:
            client = self._defaults.sync().client
        if isinstance(client, AsyncClient):
            raise ConfigurationError(
                "a sync call cannot use an async client: pass google.genai.Client(...), or use an async prompt function"
            )
        return self._method(client, f"models.{name}")

    def opens_here(self, request: Request) -> bool:
        return request.deadline is None and not made_by(genai, self._sdk_method(request, "generate_content_stream"))

    async def _asdk_method(self, request: Request, name: str) -> Any:
        check_asyncio(self.name)
        client = request.client
        if client is None:
            client = (await self._defaults.asynchronous()).client
        return self._method(client, f"models.{name}" if isinstance(client, AsyncClient) else f"aio.models.{name}")

    def send(self, request: Request, payload: dict[str, Any]) -> types.GenerateContentResponse:
        method, arguments, as_bytes = _prepared(
            self._sdk_method(request, "generate_content"), _sent_once(request, payload), stream=False
        )
        found = method(**arguments)
        return _decoded(found) if as_bytes else readable(found, self.parse)

    async def asend(self, request: Request, payload: dict[str, Any]) -> types.GenerateContentResponse:
        method, arguments, as_bytes = _prepared(
            await self._asdk_method(request, "generate_content"), _sent_once(request, payload), stream=False
        )
        found = await method(**arguments)
        return _decoded(found) if as_bytes else readable(found, self.parse)

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        method, arguments, as_bytes = _prepared(
            self._sdk_method(request, "generate_content_stream"), _sent_once(request, payload), stream=True
        )
        return open_stream(with_bodies(method), arguments) if as_bytes else ObjectSource(method(**arguments))

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        method, arguments, as_bytes = _prepared(
            await self._asdk_method(request, "generate_content_stream"), _sent_once(request, payload), stream=True
        )
        return (
            await aopen_stream(with_bodies(method), arguments)
            if as_bytes
            else AsyncStartedSource(None, await method(**arguments))
        )

    def failure(self, error: Exception, request: Request, source: Any = None) -> Exception:
        return super().failure(_readable(error), request, source)

    def identify(self, error: Exception) -> type[MirascopeLikeError] | None:
        if isinstance(error, errors.APIError):
            found: Any = _with_status(error)
            return gemini_kind(found.code, found.body)
        return super().identify(error)

    def broken(self, message: str, response: Any, *, timed_out: bool) -> Exception:
        status = "DEADLINE_EXCEEDED" if timed_out else "UNAVAILABLE"
        return errors.APIError(cast("Any", None), {"error": {"message": message, "status": status}})

    def reported(self, message: str, response: Any, body: Any = None) -> Exception:
        if body is None:
            return errors.UnknownApiResponseError(message)
        code = at(body, "error.code")
        kind = errors.ServerError if isinstance(code, int) and code >= 500 else errors.ClientError
        # The SDK cannot parse an error whose body is plain text.
        found: Any = kind(cast("Any", code), body if as_object(at(body, "error")) else {"message": message}, response)
        found.details = body
        return _with_status(found)

    def missing_key_error(self, error: Exception) -> Exception | None:
        if type(error) is ValueError and "API key" in str(error):
            return ValueError(self._key_to_set())
        return None


def _readable(error: Exception) -> Exception:
    """Return our error for a response that the SDK failed to read: an error of another structure, or unknown values."""
    if not isinstance(error, AttributeError | TypeError | ValidationError):
        return error
    held = [frame.f_locals for frame, _ in walk_tb(error.__traceback__) if frame.f_globals.get("__package__") == _SDK]
    for name in ("response_json", "response_dict", "chunk_json"):
        for body in [values[name] for values in held if name in values]:
            reported = reported_error(body)
            found = ErrorEventError(body) if reported is not None else MalformedEventError(str(error))
            found.__cause__ = error
            return found
    return error


def _with_status(error: errors.APIError) -> errors.APIError:
    facts = cast("Any", error)
    facts.status_code, facts.body = facts.code, facts.details
    return error


def _prepared(method: Any, payload: dict[str, Any], *, stream: bool) -> tuple[Any, dict[str, Any], bool]:
    """Return the SDK's method, its arguments, and True if its HTTP response can be captured as bytes.

    It cannot be captured if the call is traced, if another HTTP client is set, or if the SDK runs the tools: these need
    the response themselves.
    """
    config: dict[str, Any] = dict(payload.get("config") or {})
    as_bytes = made_by(genai, method) and all(
        isinstance(tool, Mapping | types.Tool) for tool in config.get("tools") or ()
    )
    if not config and (stream or not as_bytes):  # without a config the SDK handles each event faster
        return method, payload, as_bytes
    if as_bytes:
        config.setdefault("automatic_function_calling", {"disable": True})
        if not stream:
            config["should_return_http_response"] = True
    return method, {**payload, "config": made(types.GenerateContentConfig, config, "google")}, as_bytes


def _sent_once(request: Request, payload: dict[str, Any]) -> dict[str, Any]:
    """Return the payload of a call. The SDK repeats requests if its client has `retry_options`."""
    if not request.sent_once:
        return payload
    config: dict[str, Any] = dict(payload.get("config") or {})
    given = made(types.HttpOptions, config.get("http_options") or {}, "google")
    config["http_options"] = given.model_copy(update={"retry_options": types.HttpRetryOptions(attempts=1)})
    return {**payload, "config": config}


def _decoded(found: types.GenerateContentResponse) -> types.GenerateContentResponse:
    came = found.sdk_http_response
    body = (came.body if came is not None else None) or "{}"
    try:
        response = answer(body.encode())
    except ValueError as error:
        raise_reported(body.encode())
        raise errors.UnknownApiResponseError(f"the response is not JSON: {error}: {body[:200]!r}") from error
    response.sdk_http_response = came
    return response
