"""The types of responses, chunks, tools and streams of Gemini through the retired SDK."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, cast

from google.generativeai.types import GenerateContentResponse
from pydantic_core import to_json

from ..base.errors import PromptError
from ..base.parsing import as_list, as_object
from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool, CalledTool
from ..dialects.gemini import JSON, GeminiChunk, GeminiResponse, Words, blob_bytes

if TYPE_CHECKING:
    from google.ai.generativelanguage_v1beta.types import FunctionCall as GeminiFunctionCall
    from google.ai.generativelanguage_v1beta.types import GenerateContentResponse as _Message

    GeminiUsage: TypeAlias = _Message.UsageMetadata
else:
    GeminiFunctionCall = GeminiUsage = Any

# Protobuf classes are created at run time: type checkers cannot know them.
protos: Any = import_module("google.generativeai.protos")
_json_format: Any = import_module("google.protobuf.json_format")
content_types: Any = import_module("google.generativeai.types.content_types")

_PARTS = {
    "inlineData": ("inline_data", {"mimeType": "mime_type", "data": "data"}),
    "fileData": ("file_data", {"mimeType": "mime_type", "fileUri": "file_uri"}),
    "functionCall": ("function_call", {"id": "id", "name": "name", "args": "args"}),
    "functionResponse": ("function_response", {"id": "id", "name": "name", "response": "response"}),
    "executableCode": ("executable_code", {"language": "language", "code": "code"}),
    "codeExecutionResult": ("code_execution_result", {"outcome": "outcome", "output": "output"}),
}
"""Maps the name of each kind of part, and of its fields, from JSON to the SDK."""


def wire(message: Any) -> JSON:
    """Return a protobuf message as JSON in the API's format."""
    return as_object(_json_format.MessageToDict(message))


def message_of(kind: Any, raw: Any) -> Any:
    """Return a protobuf message of the SDK, made from JSON. Fields that the SDK does not know are dropped."""
    return kind.from_json(raw if isinstance(raw, bytes) else to_json(raw), ignore_unknown_fields=True)


def message(response: Any) -> Any:
    """Return the protobuf message of an SDK response. A wrapped response is unwrapped."""
    kind = protos.GenerateContentResponse
    if isinstance(response, kind):
        return kind.pb(response)
    merged = kind.pb()(candidates=response.candidates.pb, model_version=response.model_version)
    for name in ("prompt_feedback", "usage_metadata"):
        value: Any = getattr(response, name)
        if (found := value.__class__.pb(value)).ByteSize():
            getattr(merged, name).CopyFrom(found)
    return merged


def answer(raw: bytes | Mapping[str, Any]) -> GenerateContentResponse:
    """Return the SDK's response object for a response in JSON."""
    response: GenerateContentResponse = GenerateContentResponse.from_response(
        message_of(protos.GenerateContentResponse, raw)
    )
    return response


def native_part(part: JSON) -> JSON:
    """Convert a part from JSON to a dict that the SDK accepts."""
    for name, (native, fields) in _PARTS.items():
        if name in part:
            if "parts" in as_object(part[name]):
                raise PromptError("the retired SDK accepts only text from tools: use google.call, or return text")
            found = {fields[key]: value for key, value in as_object(part[name]).items() if key in fields}
            return {native: {**found, "data": blob_bytes(found)} if name == "inlineData" else found}
    return {"text": part.get("text") or ""}


_WORDS = Words(partial(message_of, protos.FunctionCall))


class GeminiTool(CalledTool[GeminiFunctionCall]):
    """A tool that a model of Google called, through the retired SDK."""


class GeminiCallResponse(GeminiResponse[GenerateContentResponse, GeminiTool, str, GeminiUsage, JSON]):
    """A response of Gemini. `response` is the SDK's `GenerateContentResponse`; `raw` is the same response as JSON."""

    provider = "gemini"
    _priced_as: ClassVar[str | None] = "google"
    _words: ClassVar[Words] = _WORDS
    _tool_base: ClassVar[type[BaseTool]] = GeminiTool

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> GenerateContentResponse:
        return answer(raw)

    @classmethod
    def _wire(cls, response: GenerateContentResponse) -> JSON:
        return wire(message(response))

    @classmethod
    def _native_content(cls, content: JSON) -> JSON:
        return {**content, "parts": [native_part(as_object(part)) for part in as_list(content.get("parts"))]}

    @classmethod
    def _wire_content(cls, content: Any) -> JSON:
        return wire(protos.Content.pb(content_types.to_content(content)))

    def _instruction(self) -> Any:
        return self.call_kwargs.get("system_instruction")


class GeminiCallResponseChunk(GeminiChunk[GenerateContentResponse, str, GeminiUsage]):
    """One event of a stream of Gemini. `chunk` is the SDK's `GenerateContentResponse`."""

    __slots__ = ()
    provider = "gemini"
    _words: ClassVar[Words] = _WORDS

    @property
    def chunk(self) -> GenerateContentResponse:
        """The event as an object of the SDK. A plain protobuf message is wrapped when this property is first read."""
        found: Any = super().chunk
        if isinstance(found, protos.GenerateContentResponse):
            self._chunk = found = GenerateContentResponse.from_response(found)
        return cast("GenerateContentResponse", found)

    @classmethod
    def _dumped(cls, chunk: Any) -> JSON:
        return wire(message(chunk))

    @classmethod
    def _type(cls, raw: bytes) -> GenerateContentResponse:
        return answer(raw)


class GeminiStream(Stream[GeminiCallResponse, GeminiCallResponseChunk, GeminiTool]):
    """A streamed response of Gemini, read with the retired SDK's iterator.

    The SDK drops much of what Gemini sends today. Thinking arrives as plain text. Signatures, response ids, calls of
    server-side tools, thinking tokens and errors in the middle of a stream are lost. Use `google` to receive them.
    """


class GeminiAsyncStream(AsyncStream[GeminiCallResponse, GeminiCallResponseChunk, GeminiTool]):
    """Async version of `GeminiStream`. It is read in a thread, because the SDK has no async client for REST."""
