"""The contents of requests and responses in the form of the conventions: messages, system instructions, and choices.

Source: the JSON schemas `gen-ai-input-messages.json` and `gen-ai-output-messages.json` of the conventions. Images,
audio and documents are recorded without their bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from pydantic_core import to_json, to_jsonable_python

from ...core.base.errors import ResponseParseError
from ...core.base.messages import (
    AudioPart,
    BaseMessageParam,
    CacheControlPart,
    DocumentPart,
    ImagePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from ...core.base.parsing import as_list, at, encode_json, without_iterators
from ...core.base.response import BaseCallResponse
from .conventions import FINISH_REASONS, Conventions

JSON = dict[str, Any]
_AS_JSON: dict[str, Any] = {"fallback": str, "serialize_unknown": True, "inf_nan_mode": "null"}
_CHOICES = ("choices", "candidates")
"""The fields of responses that hold several answers: OpenAI's and Google's."""


def as_json(value: Any) -> str:
    """Return a value as JSON text. What JSON cannot contain becomes text, and halves of characters are replaced."""
    value = without_iterators(value)
    try:
        return to_json(value, **_AS_JSON).decode()
    except ValueError:  # half a character: a lone surrogate
        return encode_json(to_jsonable_python(value, **_AS_JSON)).decode()


def input_content(response: BaseCallResponse[Any, Any]) -> tuple[list[JSON], list[JSON]]:
    """Return the system instructions that were sent apart from the messages, as parts, and the messages."""
    own = response.provider_response
    messages = own.common_messages
    apart = len(messages) - len(own.messages)
    instructions = [part for message in messages[:apart] for part in _parts(message)]
    if isinstance(text := own.call_kwargs.get("instructions"), str):  # OpenAI's Responses
        instructions.insert(0, {"type": "text", "content": text})
    return instructions, [message_content(message) for message in messages[apart:]]


def output_content(response: BaseCallResponse[Any, Any], table: Conventions, *, complete: bool) -> list[JSON]:
    """Return one message for each choice. If the response is not `complete`, a missing finish reason is "error"."""
    reasons = finish_reasons(response, complete=complete)
    found: list[JSON] = []
    for place, choice in enumerate(choices(response)):
        message = message_content(_answer(choice))
        if choice.thinking:
            message["parts"].insert(0, {"type": "reasoning", "content": choice.thinking})
        if table.reason_in_messages and place < len(reasons):
            message["finish_reason"] = reasons[place]
        found.append(message)
    return found


def _answer(choice: BaseCallResponse[Any, Any]) -> BaseMessageParam:
    try:
        return choice.common_message_param
    except ResponseParseError:  # a structure that the common form has no place for
        return BaseMessageParam(role="assistant", content=choice.content)


def choices(response: BaseCallResponse[Any, Any]) -> list[BaseCallResponse[Any, Any]]:
    """Return a response for each choice of a response; the response itself if it has one choice."""
    own = response.provider_response
    key = next((name for name in _CHOICES if len(as_list(at(own.response, name))) > 1), None)
    if key is None:
        return [own]
    raw = own.raw
    ordered = sorted(as_list(raw.get(key)), key=lambda choice: choice.get("index") or 0)
    singles = ({**raw, key: [{**choice, "index": 0}]} for choice in ordered)
    return [own.model_copy(update={"response": own.parse_raw_response(single)}) for single in singles]


def finish_reasons(response: BaseCallResponse[Any, Any], *, complete: bool) -> list[str]:
    """Return the finish reason of each choice in the words of the conventions.

    If the response is not `complete` (the stream was closed or has failed), the reason of a choice that has none is
    "error". A reason without a common form is returned as the provider reports it.
    """
    found: list[str] = []
    for choice in choices(response):
        common, own = choice.common_finish_reasons, choice.finish_reasons
        if common and own:
            reason = str(getattr(own[0], "value", own[0])) if common[0] == "unknown" else common[0]
            found.append(FINISH_REASONS.get(reason, reason))
        elif not complete:
            found.append("error")
    return found


def message_content(message: BaseMessageParam) -> JSON:
    """Return a message in the form of the conventions."""
    return {"role": message.role, "parts": list(_parts(message))}


def _parts(message: BaseMessageParam) -> Iterator[JSON]:
    content: Sequence[Any] = [TextPart(text=message.content)] if isinstance(message.content, str) else message.content
    return (_part(part) for part in content if not isinstance(part, CacheControlPart))


def _part(part: Any) -> JSON:
    match part:
        case TextPart():
            return {"type": "text", "content": part.text}
        case ToolCallPart():
            return {"type": "tool_call", "id": part.id, "name": part.name, "arguments": part.args}
        case ToolResultPart():
            return {"type": "tool_call_response", "id": part.id, "response": part.text}
        case ImagePart() | AudioPart() | DocumentPart():
            data = cast("bytes", getattr(part, part.type))
            return {"type": part.type, "modality": part.type, "mime_type": part.media_type, "size": len(data)}
        case _:
            modality = str(part.type).removesuffix("_url")
            if part.url.startswith("data:"):
                return {"type": modality, "modality": modality}
            return {"type": "uri", "modality": modality, "uri": part.url}


def messages_as_json(messages: Iterable[BaseMessageParam]) -> str:
    """Return messages as JSON in the format of the semantic conventions. Media are recorded without their content."""
    return as_json([message_content(message) for message in messages])
