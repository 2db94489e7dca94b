"""Chat completion chunks, and functions that find the usage in chunks and complete chat completions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar, cast

from pydantic import BaseModel
from pydantic_core import to_json

from ...base.errors import ErrorEventError, reported_error
from ...base.parsing import as_list, as_object, as_parts, at
from ...base.response import BaseCallResponseChunk, Counts, Facts, ToolDelta, ended_for

RawChunkT = TypeVar("RawChunkT")
FinishT = TypeVar("FinishT", bound=str)
UsageT = TypeVar("UsageT")


def choice_delta(choice: Mapping[str, Any]) -> dict[str, Any]:
    """Return the delta of a choice in a chunk. Some hosts send it as `message`, or a text in its place, and the oldest
    API sends only `text`.
    """
    delta = next((found for key in ("delta", "message") if (found := message_object(choice.get(key)))), None)
    if delta is None:
        return {"content": choice["text"]} if isinstance(choice.get("text"), str) else {}
    return with_parts(delta)


def message_object(message: Any) -> dict[str, Any]:
    """Return a message or delta as an object; a text is its content. Empty for any other value."""
    return {"content": message} if isinstance(message, str) and message else as_object(message)


def with_parts(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message or delta with lists of parts and of tool calls. Some gateways send one of these alone, or the
    call under the older name `function_call`.
    """
    alone = {key: [message[key]] for key in ("content", "tool_calls") if isinstance(message.get(key), dict)}
    if calls := as_list(alone.get("tool_calls") or message.get("tool_calls")):
        alone["tool_calls"] = [call_in_form(as_object(call)) if isinstance(call, dict) else call for call in calls]
    if (call := as_object(message.get("function_call"))) and not message.get("tool_calls"):
        rest = {key: value for key, value in message.items() if key != "function_call"}
        return {**rest, **alone, "tool_calls": [{"type": "function", "function": call}]}
    return {**message, **alone} if alone else message


def call_in_form(call: dict[str, Any]) -> dict[str, Any]:
    """Return a tool call, or a piece of one, with its name and arguments where the reference has them. Some gateways
    have no `function`, the arguments as an object, or as `parameters` or `input`, or a number as the id.
    """
    if isinstance(call.get("id"), int):
        call = {**call, "id": str(call["id"])}
    function = call.get("function")
    if function is None and call.get("custom") is None and {"name", "arguments", "parameters"} & call.keys():
        function = {key: call[key] for key in ("name", "arguments", "parameters") if key in call}
        call = {key: value for key, value in call.items() if key not in function}
    if not isinstance(function, dict):
        return call
    fields = as_object(cast("Any", function))
    other = next((key for key in ("parameters", "input") if fields.get(key) is not None), None)
    if other is not None and fields.get("arguments") is None:
        fields = {**{key: value for key, value in fields.items() if key != other}, "arguments": fields[other]}
    if isinstance(fields.get("arguments"), dict | list):
        fields = {**fields, "arguments": arguments_text(fields["arguments"])}
    return {**call, "function": fields}


def raise_choice_error(choices: Sequence[Any]) -> None:
    """Raise `ErrorEventError` if a choice contains an error. OpenRouter reports failures of its hosts there."""
    for choice in map(as_object, choices):
        for error in (choice.get("error"), choice_delta(choice).get("error")):
            if (error := reported_error({"error": error})) is not None:
                raise ErrorEventError(error)


def chunk_text(choices: Sequence[Mapping[str, Any]]) -> str:
    """Return the text that a chunk adds to the first choice. A choice without an index counts as the first."""
    first = next((one for one in choices if _is_first(as_object(one))), None)
    return content_text(choice_delta(as_object(first)).get("content"))


def _is_first(choice: Mapping[str, Any]) -> bool:
    return choice.get("index") in (None, 0, "0")


def content_text(content: Any) -> str:
    """Return the text of a message's content, which some hosts send as a list of parts. Thinking is left out."""
    if isinstance(content, str):
        return content
    several: list[Any] = [{"text": one} if isinstance(one, str) else one for one in as_list(content)]
    parts = [part for part in map(as_object, several) if part.get("type") not in _THOUGHTS]
    texts = [as_object(text).get("value") if isinstance(text := part.get("text"), dict) else text for part in parts]
    return "".join(text for text in texts if isinstance(text, str))


_THOUGHTS = ("thinking", "reasoning")
"""The types of parts that contain the model's thinking."""
_THINKING = ("reasoning", "reasoning_content", "reasoning_text", "thinking")
"""The keys of a message for thinking: those of OpenRouter, DeepSeek, GitHub Copilot and Ollama."""


def may_think(message: Any) -> bool:
    """Return False if a message of an SDK certainly has no thinking. Faster than its conversion to JSON."""
    if not isinstance(message, BaseModel):
        return message is not None
    fields = {**vars(message), **(message.model_extra or {})}
    places = (*_THINKING, "reasoning_details", "thinking_blocks")
    return not isinstance(fields.get("content"), str | None) or any(fields.get(key) for key in places)


def message_thinking(message: Mapping[str, Any]) -> str | None:
    """Return the thinking in a message or delta, from whichever field the host uses for it; None if there is none."""
    for key in _THINKING:
        found = message.get(key)
        if text := found if isinstance(found, str) else "".join(map(_part_thinking, map(as_object, as_parts(found)))):
            return text
    blocks = as_list(message.get("reasoning_details")) or as_list(message.get("thinking_blocks"))
    details = [_part_thinking(one) for one in map(as_object, blocks)]
    parts = [as_object(part) for part in as_list(message.get("content"))]
    shown = [_part_thinking(part) for part in parts if part.get("type") in _THOUGHTS]
    return "".join(details) or "".join(shown) or None


def _part_thinking(part: Mapping[str, Any]) -> str:
    """Return the thinking in a part: Mistral's `thinking`, Databricks' `summary`, or a `text`."""
    keys = ("thinking", "summary", "text", "reasoning", "content")
    found = next((part[key] for key in keys if part.get(key)), None)
    return content_text(found)


def arguments_text(arguments: Any) -> str:
    """Return the arguments of a tool call as JSON text. Mistral may send them as an object."""
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return to_json(arguments).decode()


def _called(piece: Mapping[str, Any]) -> dict[str, Any]:
    return as_object(piece.get("function")) or as_object(piece.get("custom"))


_COUNTS = Counts(
    input=("prompt_tokens", "input_tokens"),
    output=("completion_tokens", "output_tokens"),
    cached=(
        *("prompt_tokens_details.cached_tokens", "prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens"),
        "cache_read_input_tokens",
    ),
    written=(
        *("prompt_tokens_details.cache_write_tokens", "prompt_tokens_details.cache_creation_tokens"),
        "cache_creation_input_tokens",
    ),
    input_audio=("prompt_tokens_details.audio_tokens",),
    output_audio=("completion_tokens_details.audio_tokens",),
    reasoning=(
        "completion_tokens_details.reasoning_tokens",
        "reasoning_tokens",
        "output_tokens_details.reasoning_tokens",
    ),
    total=("total_tokens",),
    searches=("num_sources_used", "server_tool_use.web_search_requests"),
    uncounted=("prompt_audio_seconds",),
)
"""Source: OpenAI's `CompletionUsage`, whose details are included in the totals. DeepSeek sends
`prompt_cache_hit_tokens`, Mistral sometimes `num_cached_tokens`, Kimi `cached_tokens`, and gateways to Anthropic its
names. xAI charges for the sources of its searches (`num_sources_used`). Mistral's total includes the
tokens of audio (`prompt_audio_seconds`)."""

FACTS = Facts(counts=_COUNTS)


def usage_of(data: Any) -> Any:
    """Return the usage in a chunk or a complete response, as JSON or as an object of the SDK; None if there is none.

    In streams, Groq may send the usage only in `x_groq`, and Kimi in the first choice; some gateways send it in the
    delta.
    """
    if found := at(data, "usage") or at(data, "x_groq.usage"):
        return found
    places = ("usage", "delta.usage")
    choices = as_list(at(data, "choices"))
    return next((found for choice in choices for place in places if (found := at(choice, place))), None)


class BaseChatChunk(BaseCallResponseChunk[RawChunkT, FinishT, UsageT]):
    """A chunk in OpenAI's format."""

    __slots__ = ("_new_thinking", "_places")
    _facts: ClassVar[Facts] = FACTS

    _new_thinking: str
    """See `set_thinking`."""

    _places: Sequence[int]
    """See `set_places`."""

    @classmethod
    def _text_of(cls, data: Mapping[str, Any]) -> str:
        return chunk_text(as_list(data.get("choices")))

    @property
    def _delta(self) -> dict[str, Any]:
        """The delta of the first choice."""
        choices: list[Any] = as_list(self.data.get("choices"))
        first = next((one for one in choices if _is_first(as_object(one))), None)
        return choice_delta(as_object(first))

    @property
    def _reported_usage(self) -> Any:
        return usage_of(self.data)

    @property
    def usage(self) -> UsageT | None:
        """The usage object of the provider's SDK; None if this event has no usage."""
        return cast("UsageT | None", usage_of(self.chunk))

    @property
    def thinking(self) -> str:
        """The piece of thinking that this event adds; empty if it adds none."""
        known = getattr(self, "_new_thinking", None)
        return message_thinking(self._delta) or "" if known is None else known

    @property
    def finish_reasons(self) -> list[FinishT] | None:
        """The finish reasons in the provider's own terms; None until the generation has ended."""
        reasons = [ended_for(as_object(one).get("finish_reason")) for one in as_list(self.data.get("choices"))]
        return [reason for reason in reasons if reason is not None] or None

    @property
    def tool_deltas(self) -> Sequence[ToolDelta]:
        """The pieces of tool calls that this event adds."""
        places = getattr(self, "_places", ())
        pieces = [as_object(piece) for piece in as_list(self._delta.get("tool_calls")) if piece is not None]
        return [
            ToolDelta(
                index=places[position] if position < len(places) else position,
                arguments=arguments_text(_called(piece).get("arguments") or _called(piece).get("input")),
                id=piece.get("id") or None,
                name=_called(piece).get("name") or None,
            )
            for position, piece in enumerate(pieces)
        ]


def set_thinking(chunk: BaseChatChunk[Any, Any, Any], text: str) -> None:
    """Set the thinking that a complete message adds, which some hosts send in place of a delta."""
    own: Any = chunk
    own._new_thinking = text


def set_places(chunk: BaseChatChunk[Any, Any, Any], places: Sequence[int]) -> None:
    """Set, for each piece of a tool call in the event of a chunk, the index of its tool call in the response."""
    own: Any = chunk
    own._places = places
