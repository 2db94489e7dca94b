"""Gemini through the SDK that Google has retired: the provider of `gemini.call`."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from traceback import walk_tb
from typing import Any, ClassVar

from ..base.errors import (
    AuthenticationError,
    ConfigurationError,
    ErrorEventError,
    MalformedEventError,
    MirascopeLikeError,
    PromptError,
    RequestTimeoutError,
    StreamInterruptedError,
    reported_error,
)
from ..base.messages import BaseMessageParam
from ..base.parsing import at
from ..base.provider import client_address
from ..base.request import CommonCallParams, Request
from ..base.response import Accumulator
from ..dialects.gemini import GeminiSpeaker, gemini_kind, wire_content
from ..dialects.schemas import open_schema
from ..dialects.transport import ThreadedProvider, sync_method, watch_requests
from .accumulator import GeminiMessageAccumulator
from .params import GeminiCallParams
from .redirects import keeping_keys
from .types import (
    GeminiCallResponse,
    GeminiCallResponseChunk,
    GeminiTool,
    content_types,
    message_of,
    protos,
)

exceptions: Any = import_module("google.api_core.exceptions")
auth_errors: Any = import_module("google.auth.exceptions")
_sdk: Any = import_module("google.generativeai")
_generation: Any = import_module("google.generativeai.types.generation_types")
_safety: Any = import_module("google.generativeai.types.safety_types")
_clients: Any = import_module("google.generativeai.client")

_MADE = {"safety_settings": _safety.normalize_safety_settings, "tool_config": content_types.to_tool_config}
"""Parameters that must be converted to objects of the SDK, each with the SDK's function that converts it."""
_BESIDE = frozenset(GeminiCallParams.__annotations__) - frozenset(CommonCallParams.__annotations__)


class GeminiSource:
    """Reads a stream with the SDK's iterator. Events of a client are plain messages; those of a `GenerativeModel`
    are wrapped.
    """

    typed = True
    response = None

    def __init__(self, events: Any) -> None:
        self._events = events
        # The iterator of a `GenerativeModel` cannot be closed; the one inside it can.
        self._below = getattr(events, "_iterator", events)

    def __iter__(self) -> Iterator[Sequence[Any]]:
        try:
            for event in self._events:
                yield (event,)
        except _generation.BlockedPromptException as blocked:  # raised by the SDK for an event that reports a block
            yield (blocked.args[0],)
        except OSError as error:  # raised by requests, around urllib3's error
            inner = error.args[0] if error.args else None
            raise inner if isinstance(inner, Exception) else error
        except ValueError as error:  # the SDK reads REST as one JSON array
            if "Unfinished stream" in str(error):
                raise StreamInterruptedError("the response ended before its JSON array was closed") from error
            raise MalformedEventError(str(error)) from error

    def drain(self) -> None:
        """Do nothing: the response has no data after its JSON array."""

    def interrupt(self) -> None:
        """End a read in another thread, by shutting the socket down. On Linux, closing the socket would not end the
        read.
        """
        # The SDK has no method for this, but the response of urllib3 inside its iterator has.
        response = getattr(self._below, "_response", None)
        with suppress(Exception):
            response.raw.connection.sock.shutdown(socket.SHUT_RDWR) if response is not None else self.close()

    def close(self) -> None:
        if (cancel := getattr(self._below, "cancel", None)) is not None:
            cancel()


class GeminiProvider(
    GeminiSpeaker[GeminiCallResponse, GeminiCallResponseChunk, GeminiTool],
    ThreadedProvider[GeminiCallResponse, GeminiCallResponseChunk, GeminiTool],
):
    """Sends requests to Gemini, as configured with `genai.configure`, or with the client that was passed.

    The client is a `GenerativeModel` or the SDK's `GenerativeServiceClient`. An async call runs in a thread.
    """

    name = "gemini"
    environment: tuple[str, ...] = ("GOOGLE_API_KEY", "GEMINI_API_KEY")
    response_type = GeminiCallResponse
    chunk_type = GeminiCallResponseChunk
    accumulator_type: type[Accumulator[Any, Any]] = GeminiMessageAccumulator
    tool_type = GeminiTool
    params_type = GeminiCallParams
    kinds: ClassVar[Mapping[type[Exception], type[MirascopeLikeError]]] = {
        exceptions.RetryError: RequestTimeoutError,
        auth_errors.DefaultCredentialsError: ConfigurationError,
        auth_errors.GoogleAuthError: AuthenticationError,
    }
    readers: ClassVar[tuple[str, ...]] = ("google.protobuf.json_format",)

    config_name = "generation_config"
    all_in_config = False
    parameters_name = "parameters"
    answer_name = "response_schema"

    def settings(self, params: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        make = _generation.to_generation_config_dict
        given = _sdk_object("generation_config", make, params.pop("generation_config", None))
        config = {key: params.pop(key) for key in list(params) if key not in _BESIDE}
        return {**config, **given}, params

    def schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        return open_schema(schema)

    def as_json_content(self, content: Any) -> Any:
        if isinstance(content, BaseMessageParam):
            return content
        try:
            return wire_content(GeminiCallResponse, content)
        except (TypeError, ValueError, AttributeError) as error:
            raise PromptError(f"a message is not in Gemini's format: {error}") from error

    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        if isinstance(request.client, _sdk.GenerativeModel):
            return request.client.generate_content(**_model_arguments(payload, request))
        found = _sdk_method(request, "generate_content")(_sdk_request(payload), **_options(payload, request))
        return _generation.GenerateContentResponse.from_response(found)

    def begin(self, request: Request, payload: dict[str, Any]) -> GeminiSource:
        with _generation.rewrite_stream_error():
            if isinstance(request.client, _sdk.GenerativeModel):
                return GeminiSource(request.client.generate_content(**_model_arguments(payload, request), stream=True))
            method = _sdk_method(request, "stream_generate_content")
            return GeminiSource(method(_sdk_request(payload), **_options(payload, request)))

    def failure(self, error: Exception, request: Request, source: Any = None) -> Exception:
        return super().failure(_named(error), request, source)

    def server_of(self, request: Request) -> str:
        client = request.client
        with suppress(Exception):  # the default client cannot be made
            client = client if client is not None else _clients.get_default_generative_client()
        return client_address(at(client, "_client") or client)

    def identify(self, error: Exception) -> type[MirascopeLikeError] | None:
        if isinstance(error, exceptions.GoogleAPICallError):
            facts: Any = error
            facts.status_code = int(facts.code) if facts.code is not None else None
            facts.body = _body(facts.response) or {"error": {"message": facts.message}}
            return gemini_kind(facts.status_code, facts.body)
        return super().identify(error)

    def broken(self, message: str, response: Any, *, timed_out: bool) -> Exception:
        made: Exception = (exceptions.DeadlineExceeded if timed_out else exceptions.ServiceUnavailable)(message)
        return made

    def reported(self, message: str, response: Any, body: Any = None) -> Exception:
        made: Exception = exceptions.Unknown(message)
        return made


def _named(error: Exception) -> Exception:
    """Return the SDK's error for a response whose error the SDK failed to read; any other error unchanged.

    The SDK reads only an object with an `error` object. Gemini sends a list for a stream, and gateways send texts.
    """
    for one in (error, error.__context__):
        if isinstance(one, AttributeError):
            frames = [frame for frame, _ in walk_tb(one.__traceback__)]
            readers = [frame for frame in frames if frame.f_globals.get("__name__") == exceptions.__name__]
            for response in [frame.f_locals["response"] for frame in readers[-1:]]:
                reported = ErrorEventError(reported_error(response.json()) or response.text)
                made: Exception = exceptions.from_http_status(response.status_code, str(reported), response=response)
                made.__cause__ = one
                return made
    return error


def _sdk_method(request: Request, name: str) -> Any:
    client = request.client if request.client is not None else keeping_keys(_clients.get_default_generative_client())
    return sync_method(watch_requests(client), name, "GenerativeModel(...) or GenerativeServiceClient(...)")


def _options(payload: Mapping[str, Any], request: Request) -> dict[str, Any]:
    options = dict(payload.get("request_options") or {})
    return {**options, "retry": None} if request.deadline is not None or request.sent_once else options


def _tools(payload: Mapping[str, Any]) -> list[Any] | None:
    given, make = payload.get("tools"), partial(message_of, protos.Tool)
    return [_sdk_object("tools", make, tool) if isinstance(tool, dict) else tool for tool in given] if given else None


def _sdk_request(payload: Mapping[str, Any]) -> Any:
    """Return the SDK's request object, built in the same way as `GenerativeModel` builds it."""
    library = content_types.to_function_library(_tools(payload))
    system = payload.get("system_instruction")
    return protos.GenerateContentRequest(
        model=model if "/" in (model := payload["model"]) else f"models/{model}",
        contents=content_types.to_contents(payload["contents"]),
        generation_config=_config(payload),
        tools=library.to_proto() if library is not None else None,
        system_instruction=content_types.to_content(system) if system is not None else None,
        cached_content=payload.get("cached_content"),
        **_beside(payload),
    )


def _beside(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _sdk_object(name, make, payload[name]) for name, make in _MADE.items() if payload.get(name) is not None
    }


def _sdk_object(name: str, make: Callable[[Any], Any], given: Any) -> Any:
    """Return the SDK's object for a parameter. If the SDK rejects the value, raises `ConfigurationError` with the
    parameter's name.
    """
    try:
        return make(given)
    except Exception as error:  # protobuf's errors have no common base class
        raise ConfigurationError(f"invalid call parameter {name} for gemini: {error}") from error


def _config(payload: Mapping[str, Any]) -> dict[str, Any]:
    config = dict(payload.get("generation_config") or {})
    if isinstance(config.get("response_schema"), dict):
        config["response_schema"] = _sdk_object(
            "response_schema", partial(message_of, protos.Schema), config["response_schema"]
        )
    for name, value in config.items():
        _sdk_object(name, protos.GenerationConfig, {name: value})
    return config


def _model_arguments(payload: Mapping[str, Any], request: Request) -> dict[str, Any]:
    contents = payload["contents"]
    if (system := payload.get("system_instruction")) is not None:
        # A `GenerativeModel` has its own system instruction, so that of the call is sent as a message.
        contents = [{**system, "role": "user"}, {"role": "model", "parts": [{"text": "Understood."}]}, *contents]
    options = _options(payload, request)
    given = {**_beside(payload), **({"request_options": options} if options else {})}
    return {**given, "contents": contents, "generation_config": _config(payload), "tools": _tools(payload)}


def _body(response: Any) -> Any:
    read = getattr(response, "json", None)  # an error over gRPC has the call in place of an HTTP response
    try:
        return read() if read is not None else None
    except ValueError:
        return None
