"""Mistral's chat completions: the provider of `mistral.call`."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import cached_property
from inspect import signature
from types import ModuleType
from typing import Any, ClassVar

import jiter
import mistralai.client
from mistralai.client import errors, models
from mistralai.client.chat import Chat
from mistralai.client.httpclient import HttpClient
from pydantic import ValidationError
from pydantic_core import to_json

from ..base.errors import (
    ConfigurationError,
    ConnectionFailedError,
    ErrorEventError,
    MirascopeLikeError,
    described,
    error_kind,
    reported_error,
)
from ..base.messages import (
    AudioPart,
    AudioURLPart,
    CallForm,
    DocumentPart,
    DocumentURLPart,
    Part,
)
from ..base.parsing import as_object, at
from ..base.provider import AsyncSource, Source
from ..base.request import Prefill, Request, Strategy, Structure
from ..base.response import Accumulator
from ..dialects.chat_completions import (
    ChatAccumulator,
    data_url,
    encode_messages,
    encode_part,
    encode_structure,
    encode_tool,
)
from ..dialects.transport import (
    AsyncByteSource,
    AsyncObjectSource,
    ByteSource,
    ClientProvider,
    DirectCodec,
    ObjectSource,
    allow_slow_reads,
    closed_on_error,
    http_library,
    http_options,
    made,
    made_by,
    note_responses,
    noting,
    refusal,
)
from .direct import MistralCodec
from .params import MistralCallParams
from .types import MistralCallResponse, MistralCallResponseChunk, MistralTool

_PREFILL = Prefill({"prefix": True}, echoes=True)
"""Source: the SDK's `AssistantMessage.prefix`, which makes the model begin its response with the content of the
message.
"""


class _StreamSource(ByteSource):
    """Reads the HTTP response of the SDK's stream as bytes."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream.response)
        self._stream = stream  # keeps the client open
        self._buffers = self.response.iter_bytes()  # the method that the SDK's tracing observes


class _AsyncStreamSource(AsyncByteSource):
    """Async version of `_StreamSource`."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream.response)
        self._stream = stream
        self._buffers = self.response.aiter_bytes()


class MistralAccumulator(ChatAccumulator[MistralCallResponseChunk, MistralTool]):
    """Combines Mistral's chunks into a response."""

    def read_objects(self, events: Iterable[Any]) -> Iterator[tuple[MistralCallResponseChunk, MistralTool | None]]:
        yield from super().read_objects(event.data for event in events)


class MistralProvider(ClientProvider[MistralCallResponse, MistralCallResponseChunk, MistralTool]):
    """Sends requests to Mistral, or to the address of the client that was passed."""

    name = "mistral"
    sdk: ModuleType = mistralai.client
    clients: tuple[str, str] = ("Mistral", "Mistral")
    environment: tuple[str, ...] = ("MISTRAL_API_KEY", "MISTRAL_SA_TOKEN_PATH")
    http_clients: tuple[str, str] = ("sdk_configuration.client", "sdk_configuration.async_client")
    response_type = MistralCallResponse
    chunk_type = MistralCallResponseChunk
    tool_type = MistralTool
    accumulator_type: type[Accumulator[Any, Any]] = MistralAccumulator
    params_type = MistralCallParams
    # Source: the API's "Tool call id was ... but must be a-z, A-Z, 0-9, with a length of 9".
    call_form: ClassVar[CallForm] = CallForm(ids=re.compile("[a-zA-Z0-9]{9}"))

    @cached_property
    def direct_codec(self) -> DirectCodec | None:
        return MistralCodec()

    def make_client(self) -> Any:
        if not any(os.environ.get(name) for name in self.environment):
            raise ConfigurationError(self._key_to_set())  # the SDK would send the request without a key
        library = http_library(HttpClient.send, "request")
        return mistralai.client.Mistral(
            client=library.Client(follow_redirects=True, **http_options(library)),
            async_client=library.AsyncClient(follow_redirects=True, **http_options(library, asynchronous=True)),
        )

    make_async_client = make_client

    @cached_property
    def _accepted(self) -> frozenset[str]:
        return frozenset(signature(Chat.complete).parameters) - {"self", "messages", "model", "stream", "tools"}

    def known_params(self) -> frozenset[str]:
        return super().known_params() | self._accepted

    def encode(self, request: Request) -> dict[str, Any]:
        params = _params(request)
        messages = encode_messages(request.messages, _encode_part)
        payload: dict[str, Any] = {"model": request.model, "messages": messages, **params}
        if tools := [*request.native_tools, *(encode_tool(tool) for tool in request.tools)]:
            payload["tools"] = tools
        if request.json_mode:
            payload.setdefault("response_format", {"type": "json_object"})
        return payload

    def prefill(self, request: Request) -> Prefill | None:
        return _PREFILL

    def strategy(self, request: Request, preferred: Strategy) -> Strategy:
        return preferred

    def structure(self, payload: dict[str, Any], structure: Structure) -> None:
        encode_structure(payload, structure)

    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        client = self._client(request)
        method = self._method(client, "chat.complete")
        if self._own(method):
            note_responses(at(client, "sdk_configuration.client"))
        return method(**self._sent_once(request, method, payload))

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        client = await self._aclient(request)
        method = self._method(client, "chat.complete_async")
        if self._own(method):
            note_responses(at(client, "sdk_configuration.async_client"))
        return await method(**self._sent_once(request, method, payload))

    def _sent_once(self, request: Request, method: Any, payload: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of a call. The SDK repeats requests if its client has a `retry_config`."""
        return {**payload, "retries": None} if request.sent_once and self._own(method) else payload

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        client = self._client(request)
        hasty = {} if request.deadline is None else {"timeout_ms": max(1, int(request.deadline * 1000))}
        method = self._method(client, "chat.stream")
        stream = method(**{**self._sent_once(request, method, payload), **hasty})
        if not self._own(client, method, stream):
            return ObjectSource(stream)
        if hasty:
            given = payload.get("timeout_ms") or client.sdk_configuration.timeout_ms
            allow_slow_reads(stream.response, given / 1000 if given else client.sdk_configuration.client.timeout)
        return _StreamSource(stream)

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        client = await self._aclient(request)
        method = self._method(client, "chat.stream_async")
        stream = await _opened(client, method, self._sent_once(request, method, payload))
        is_sdk_stream = self._own(client, method, stream)
        return _AsyncStreamSource(stream) if is_sdk_stream else AsyncObjectSource(stream)

    def _own(self, *values: Any) -> bool:
        # A client, method or stream that was wrapped for tracing must see the events.
        return all(made_by(mistralai.client, value) for value in values)

    def _is_wrapped(self, client: Any) -> bool:
        return not self._own(client, self._method(client, "chat.stream"))

    def failure(self, error: Exception, request: Request, source: Any = None) -> Exception:
        if isinstance(error, ValidationError) and source is None:  # the SDK rejects the parameters
            try:  # its error does not always name the parameter
                made(models.ChatCompletionRequest, {"model": "", "messages": [], **_params(request)}, self.name)
                return refusal(error, self.name)
            except ConfigurationError as named:
                return named
        if isinstance(error, errors.ResponseValidationError):
            error = _named(error, streamed=source is not None)
        return super().failure(error, request, source)

    def identify(self, error: Exception) -> type[MirascopeLikeError] | None:
        if isinstance(error, errors.NoResponseError):
            return ConnectionFailedError
        if not isinstance(error, errors.MistralError):
            return None
        status, code, text = described(_decoded(error.body))
        return error_kind(error.status_code if error.status_code >= 400 else status, code, text)

    def broken(self, message: str, response: Any, *, timed_out: bool) -> Exception:
        return _error(message, response, message)

    def reported(self, message: str, response: Any, body: Any = None) -> Exception:
        """Return an SDK error with the message of the provider. (The SDK's own stream would only report that
        validation failed.)
        """
        return _error(message, response, message if body is None else to_json(body).decode())


async def _opened(client: Any, method: Any, payload: dict[str, Any]) -> Any:
    """Return the stream of an SDK method. The SDK runs its hooks in a thread between the response and its stream, and
    would leave the response open if the task is cancelled then.
    """
    note_responses(at(client, "sdk_configuration.async_client"))
    with noting() as responses:
        async with closed_on_error(responses):
            return await method(**payload)


def _params(request: Request) -> dict[str, Any]:
    return {"random_seed" if name == "seed" else name: value for name, value in request.call_params.items()}


def _error(message: str, response: Any, body: str) -> Exception:
    return errors.NoResponseError(message) if response is None else errors.MistralError(message, response, body)


def _named(error: errors.ResponseValidationError, *, streamed: bool) -> Exception:
    """Return the error that the provider reported, if that is why validation failed; otherwise `error`.

    The SDK validates an error event, or an error with status 200, as an answer.
    """
    body = _decoded(error.body)
    body = as_object(body).get("data") if streamed else body
    if (reported := reported_error(body, MistralAccumulator.answers)) is None:
        return error
    named = errors.MistralError(str(ErrorEventError(reported)), error.raw_response, to_json(reported).decode())
    named.__cause__ = error
    return named


def _decoded(body: str) -> Any:
    try:
        return jiter.from_json(body.encode())
    except ValueError:
        return body


def _encode_part(part: Part) -> dict[str, Any]:
    match part:
        case AudioPart():
            return {"type": "input_audio", "input_audio": b64encode(part.audio).decode()}
        case AudioURLPart():
            return {"type": "input_audio", "input_audio": part.url}
        case DocumentPart() if part.media_type == "application/pdf":
            return {"type": "document_url", "document_url": data_url(part.media_type, part.document)}
        case DocumentURLPart():
            return {"type": "document_url", "document_url": part.url}
        case _:
            return encode_part(part, "mistral")
