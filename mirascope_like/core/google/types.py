"""What calls to Google's Gemini give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import jiter
from google.genai import types
from pydantic_core import to_json

from ..base.parsing import as_list, as_object, dumped, fitted
from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.gemini import JSON, GeminiChunk, GeminiResponse, Words, as_sent, usual_base64

_ADDED = ("sdkHttpResponse", "automaticFunctionCallingHistory", "parsed")
"""What the SDK puts into an answer besides the answer."""


def _wire(response: types.GenerateContentResponse) -> JSON:
    data = {key: value for key, value in dumped(response).items() if key not in _ADDED}
    for candidate in map(as_object, as_list(data.get("candidates"))):
        usual_base64(candidate, "continuationToken")
        as_sent(as_object(candidate.get("content")))
    return data


def answer(raw: bytes) -> types.GenerateContentResponse:
    """Make the SDK's response object."""
    data: Any = jiter.from_json(raw)
    if not isinstance(data, dict):
        raise ValueError("the answer is not a JSON object")
    for candidate in map(as_object, as_list(as_object(data).get("candidates"))):
        cited = as_object(candidate.get("citationMetadata"))
        if "citationSources" in cited:  # the Gemini API's word for what Vertex and the SDK call citations
            cited["citations"] = cited.pop("citationSources")
    return fitted(types.GenerateContentResponse, as_object(data))


def _call(call: JSON) -> types.FunctionCall:
    return fitted(types.FunctionCall, dict(call))


_WORDS = Words(_call, types.FinishReason)


class GoogleTool(BaseTool):
    """A tool that a model of Google called."""


class GoogleCallResponse(
    GeminiResponse[
        types.GenerateContentResponse, GoogleTool, types.FinishReason, types.GenerateContentResponseUsageMetadata
    ]
):
    """Gemini's answer; `response` is the SDK's `GenerateContentResponse`, `raw` the JSON that came.

    The SDK's types leave out what they do not know; `response.sdk_http_response.body` keeps it all.
    """

    provider = "google"
    words: ClassVar[Words] = _WORDS
    tool_base: ClassVar[type[BaseTool]] = GoogleTool

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> types.GenerateContentResponse:
        body = raw if isinstance(raw, bytes) else to_json(raw)
        response = answer(body)
        response.sdk_http_response = types.HttpResponse(body=body.decode())
        return response

    @classmethod
    def wire(cls, response: types.GenerateContentResponse) -> JSON:
        came = response.sdk_http_response
        if came is not None and came.body:
            return as_object(jiter.from_json(came.body.encode()))
        return _wire(response)

    @classmethod
    def wire_content(cls, content: Any) -> JSON:
        if not isinstance(content, types.Content) and not as_object(content).keys() & {"parts", "role"}:
            content = types.UserContent(content)  # of a text, a part, or a list of these
        return as_sent(dumped(types.Content.model_validate(content)))

    def _instruction(self) -> Any:
        config = self.call_kwargs.get("config")
        return as_object(config).get("system_instruction") or getattr(config, "system_instruction", None)


class GoogleCallResponseChunk(
    GeminiChunk[types.GenerateContentResponse, types.FinishReason, types.GenerateContentResponseUsageMetadata]
):
    """One event of Gemini's answer; `chunk` is the SDK's `GenerateContentResponse`."""

    __slots__ = ()
    provider = "google"
    words: ClassVar[Words] = _WORDS

    @classmethod
    def _dumped(cls, chunk: Any) -> JSON:
        return _wire(chunk)

    @classmethod
    def _type(cls, raw: bytes) -> types.GenerateContentResponse:
        return answer(raw)


class GoogleStream(Stream[GoogleCallResponse, GoogleCallResponseChunk, GoogleTool]):
    """Gemini's answer, read while it arrives.

    A stream carries all that a whole answer does. Two things can look otherwise: text that is signed in an event of its
    own stays a part of its own, and average log probabilities are those of the last event.

    With a default client, or one made with `fast_http_options`, the answer is read as bytes. With any other client the
    SDK's own iterator is used, which leaves out what its types do not know (`finishMessage`, on the Gemini API).
    """


class GoogleAsyncStream(AsyncStream[GoogleCallResponse, GoogleCallResponseChunk, GoogleTool]):
    """`GoogleStream`, to be read with `async for`."""
