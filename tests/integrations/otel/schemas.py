"""The JSON schemas of the conventions for messages, as far as the library writes them, as pydantic models.

Source: `model/gen-ai/gen-ai-input-messages.json`, `gen-ai-output-messages.json`, `gen-ai-system-instructions.json` and
`gen-ai-tool-definitions.json` of the repository `open-telemetry/semantic-conventions-genai`. All objects may have
further properties there. A part of another type than these needs nothing but its type (`GenericPart`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Tag, TypeAdapter


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class TextPart(_Open):
    type: Literal["text"]
    content: str


class ReasoningPart(_Open):
    type: Literal["reasoning"]
    content: str


class ToolCallRequestPart(_Open):
    type: Literal["tool_call"]
    id: str | None = None
    name: str
    arguments: Any = None


class ToolCallResponsePart(_Open):
    type: Literal["tool_call_response"]
    id: str | None = None
    response: Any


class BlobPart(_Open):
    type: Literal["blob"]
    modality: str
    content: str


class UriPart(_Open):
    type: Literal["uri"]
    modality: str
    uri: str


class GenericPart(_Open):
    type: str


_KNOWN = {
    "text": TextPart,
    "reasoning": ReasoningPart,
    "tool_call": ToolCallRequestPart,
    "tool_call_response": ToolCallResponsePart,
    "blob": BlobPart,
    "uri": UriPart,
}


def _kind(part: Any) -> str:
    return part["type"] if part.get("type") in _KNOWN else "generic"


Part = Annotated[
    Annotated[TextPart, Tag("text")]
    | Annotated[ReasoningPart, Tag("reasoning")]
    | Annotated[ToolCallRequestPart, Tag("tool_call")]
    | Annotated[ToolCallResponsePart, Tag("tool_call_response")]
    | Annotated[BlobPart, Tag("blob")]
    | Annotated[UriPart, Tag("uri")]
    | Annotated[GenericPart, Tag("generic")],
    Discriminator(_kind),
]


class ChatMessage(_Open):
    role: str
    parts: list[Part]
    name: str | None = None


class OutputMessage(ChatMessage):
    finish_reason: Literal["stop", "length", "content_filter", "tool_call", "error"] | str | None = None


class ToolDefinition(_Open):
    type: str
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


INPUT_MESSAGES = TypeAdapter(list[ChatMessage])
OUTPUT_MESSAGES = TypeAdapter(list[OutputMessage])
SYSTEM_INSTRUCTIONS = TypeAdapter(list[TextPart])
TOOL_DEFINITIONS = TypeAdapter(list[ToolDefinition])
