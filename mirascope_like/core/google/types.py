"""The types of responses, chunks, tools and streams of Google's Gemini."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from google.genai import types

from ..base.parsing import as_list, as_object, decode_whole, dumped, encode_json, fitted
from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool, CalledTool
from ..dialects.gemini import JSON, GeminiChunk, GeminiResponse, Words, as_sent, usual_base64

_ADDED = ("sdkHttpResponse", "automaticFunctionCallingHistory", "parsed")
"""Fields that the SDK itself adds to a response."""


def _wire(response: types.GenerateContentResponse) -> JSON:
    data = {key: value for key, value in dumped(response).items() if key not in _ADDED}
    for candidate in map(as_object, as_list(data.get("candidates"))):
        usual_base64(candidate, "continuationToken")
        as_sent(as_object(candidate.get("content")))
    return data


def _read(response: types.GenerateContentResponse) -> JSON:
    came = response.sdk_http_response
    return as_object(decode_whole(came.body.encode())) if came is not None and came.body else _wire(response)


def answer(raw: bytes) -> types.GenerateContentResponse:
    """Return the SDK's response object for a response in JSON. Raises `ValueError` if the JSON is not an object."""
    data: Any = decode_whole(raw)
    if not isinstance(data, dict):
        raise ValueError("the body of the response is not a JSON object: check the base URL of the client")
    for candidate in map(as_object, as_list(as_object(data).get("candidates"))):
        cited = as_object(candidate.get("citationMetadata"))
        if "citationSources" in cited:  # the Gemini API's name for what Vertex and the SDK call citations
            cited["citations"] = cited.pop("citationSources")
    return fitted(types.GenerateContentResponse, as_object(data))


def _call(call: JSON) -> types.FunctionCall:
    return fitted(types.FunctionCall, dict(call))


def _reason(reason: str) -> types.FinishReason:
    return types.FinishReason(str(reason))  # some gateways send a number


_WORDS = Words(_call, _reason)


class GoogleTool(CalledTool[types.FunctionCall]):
    """A tool that a model of Google called. It has the arguments, and `call()` runs it."""


class GoogleCallResponse(
    GeminiResponse[
        types.GenerateContentResponse,
        GoogleTool,
        types.FinishReason,
        types.GenerateContentResponseUsageMetadata,
        types.ContentDict,
    ]
):
    """A response of Gemini. `response` is the SDK's `GenerateContentResponse`; `raw` is the JSON as it was received.

    The SDK's types drop fields that they do not know. `response.sdk_http_response.body` has all fields.
    """

    provider = "google"
    _batch_part: ClassVar[float | None] = 0.5
    """Source: Google's guide "Batch API"."""
    _words: ClassVar[Words] = _WORDS
    _tool_base: ClassVar[type[BaseTool]] = GoogleTool

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> types.GenerateContentResponse:
        body = raw if isinstance(raw, bytes) else encode_json(raw)
        response = answer(body)
        response.sdk_http_response = types.HttpResponse(body=body.decode())
        return response

    @classmethod
    def _wire(cls, response: types.GenerateContentResponse) -> JSON:
        return _read(response)

    @classmethod
    def _wire_content(cls, content: Any) -> JSON:
        if not isinstance(content, types.Content) and not as_object(content).keys() & {"parts", "role"}:
            content = types.UserContent(content)  # converts a text, a part, or a list of these
        return as_sent(dumped(types.Content.model_validate(content)))

    def _instruction(self) -> Any:
        config = self.call_kwargs.get("config")
        return as_object(config).get("system_instruction") or getattr(config, "system_instruction", None)


class GoogleCallResponseChunk(
    GeminiChunk[types.GenerateContentResponse, types.FinishReason, types.GenerateContentResponseUsageMetadata]
):
    """One event of a stream of Gemini. `chunk` is the SDK's `GenerateContentResponse`."""

    __slots__ = ()
    provider = "google"
    _words: ClassVar[Words] = _WORDS

    @classmethod
    def _dumped(cls, chunk: Any) -> JSON:
        return _read(chunk)

    @classmethod
    def _type(cls, raw: bytes) -> types.GenerateContentResponse:
        return answer(raw)


def set_event(chunk: GoogleCallResponseChunk, event: types.GenerateContentResponse) -> None:
    """Set the SDK's object for the event of a chunk."""
    own: Any = chunk
    own._chunk = event


class GoogleStream(Stream[GoogleCallResponse, GoogleCallResponseChunk, GoogleTool]):
    """A streamed response of Gemini.

    It has everything that an unstreamed response has, with two differences. Text whose signature arrives in a separate
    event is a separate part. Average log probabilities are those of the last event.

    With a default client, or one made with `fast_http_options`, the stream is read as bytes. With any other client, it
    is read with the SDK's iterator, whose objects drop fields that the SDK's types do not know (`finishMessage`, on the
    Gemini API); `raw` keeps these fields, unless the client is wrapped or its method was patched.
    """


class GoogleAsyncStream(AsyncStream[GoogleCallResponse, GoogleCallResponseChunk, GoogleTool]):
    """Async version of `GoogleStream`."""
