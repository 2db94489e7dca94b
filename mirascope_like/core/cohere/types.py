"""The types of responses, chunks, tools and streams of Cohere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Literal

from cohere import Citation, ToolCallV2, V2ChatResponse, V2ChatStreamResponse
from cohere import Usage as CohereUsage

from ..base.messages import BaseMessageParam
from ..base.parsing import as_object, as_parts, as_text, at, construct, decode_whole, dumped
from ..base.response import (
    BaseCallResponse,
    BaseCallResponseChunk,
    Counts,
    Facts,
    FinishReason,
    ToolDelta,
    Usage,
    tool_results,
)
from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool, CalledTool, ToolCall
from ..dialects.chat_completions import arguments_text, call_in_form, decode_reply, encode_tool_result, sendable_calls

CohereFinishReason = Literal["COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "TOOL_CALL", "ERROR", "TIMEOUT"]
"""Why a generation ended. Source: the SDK's `ChatFinishReason`. Cohere may add further reasons."""

_FINISH: dict[str, FinishReason] = {"TIMEOUT": "length"}


_COUNTS = Counts(
    input=("tokens.input_tokens", "billed_units.input_tokens"),
    output=("tokens.output_tokens", "billed_units.output_tokens"),
    cached=("cached_tokens",),
)
"""Source: the SDK's `Usage`. `tokens` counts all tokens that the model read and wrote, including cached tokens and
Cohere's preamble. `billed_units` counts only tokens that are billed.
"""
_FACTS = Facts(output_paths=("message",), counts=_COUNTS, reasons=_FINISH)
_BILLED = Counts(input=("billed_units.input_tokens",), output=("billed_units.output_tokens",))


def delta_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the message delta in an event, as JSON."""
    return as_object(as_object(data.get("delta")).get("message"))


def called(delta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the piece of a tool call in a delta, with its arguments as text; some gateways send a list of one."""
    found = delta.get("tool_calls")
    return call_in_form(as_object(found[0] if isinstance(found, list) and found else found))


def _arguments_of(function: Any) -> str:
    # Version 1 of the API has `parameters`.
    return arguments_text(at(function, "arguments") or at(function, "parameters"))


def _content_of(data: Mapping[str, Any], key: str) -> str:
    found = [as_object(block).get(key) for block in as_parts(delta_of(data).get("content"))]
    return "".join(text for text in found if isinstance(text, str))


class CohereTool(CalledTool[ToolCallV2]):
    """A tool that a model of Cohere called."""

    _sdk_call: ClassVar[Any] = partial(construct, ToolCallV2)


class CohereCallResponse(
    BaseCallResponse[V2ChatResponse, CohereTool, CohereFinishReason, CohereUsage, dict[str, Any], dict[str, Any]]
):
    """A response of Cohere. `response` is a `V2ChatResponse` of its SDK."""

    provider = "cohere"
    _raw_type: ClassVar[Any] = V2ChatResponse
    _facts: ClassVar[Facts] = _FACTS
    _tool_base: ClassVar[type[BaseTool]] = CohereTool

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> V2ChatResponse:
        # Constructed without validation, as the SDK itself does.
        return V2ChatResponse.model_construct(**(decode_whole(raw) if isinstance(raw, bytes) else raw))

    @property
    def _message(self) -> Any:  # in version 1 of the API, the text is at the top level
        return at(self.response, "message") or {"role": "assistant", "content": as_parts(at(self.response, "text"))}

    def _texts(self, kind: str) -> list[str]:
        return [as_text(at(one, kind)) for one in as_parts(at(self._message, "content")) if at(one, "type") == kind]

    @property
    def content(self) -> str:
        """The text of all text blocks, without the tool plan; empty if there are none."""
        return "".join(self._texts("text"))

    @property
    def thinking(self) -> str | None:
        return "".join(self._texts("thinking")) or None

    @property
    def tool_plan(self) -> str | None:
        """The text in which the model explains how it will use its tools; None if there is none."""
        return at(self.response, "message.tool_plan") or None

    @property
    def citations(self) -> list[Citation] | None:
        """The citations (parts of the text with their sources); None if there are none."""
        return at(self.response, "message.citations") or None

    @property
    def model(self) -> str | None:
        """The requested model, because Cohere does not report the model."""
        return self.call_kwargs.get("model")

    @property
    def _priced(self) -> Usage | None:
        return _BILLED.read(dumped(self.usage)) if self.usage is not None else None

    @property
    def message_param(self) -> dict[str, Any]:
        """The response as an assistant message for the next request, with thinking, tool plan, tool calls and
        citations.
        """
        message = dumped(self._message)
        fields = {key: value for key, value in message.items() if value not in (None, "", [])}
        if isinstance(content := fields.get("content"), dict):
            fields["content"] = as_parts(content)
        if calls := as_parts(fields.get("tool_calls")):
            fields["tool_calls"] = sendable_calls(calls, self._names)
        return {"role": "assistant", **fields}

    @property
    def _tool_calls(self) -> list[ToolCall]:
        return [
            ToolCall(at(call, "id"), at(function, "name") or "", _arguments_of(function), native=call)
            for call in as_parts(at(self.response, "message.tool_calls"))
            if (function := at(call, "function")) is not None
        ]

    @classmethod
    def tool_message_params(cls, tools_and_outputs: Sequence[tuple[Any, Any]]) -> list[dict[str, Any]]:
        """Return one message for each tool result."""
        return [encode_tool_result(result) for result in tool_results(tools_and_outputs)]

    @classmethod
    def _decode_message(cls, message: Any) -> BaseMessageParam:
        return decode_reply(message)


class CohereCallResponseChunk(BaseCallResponseChunk[V2ChatStreamResponse, CohereFinishReason, CohereUsage]):
    """One event of a stream of Cohere. `chunk` is the event as an object of its SDK."""

    __slots__ = ()
    provider = "cohere"
    _raw_type: ClassVar[Any] = V2ChatStreamResponse
    _facts: ClassVar[Facts] = _FACTS
    _usage_places: ClassVar[tuple[str, ...]] = ("delta.usage",)

    @classmethod
    def _dumped(cls, chunk: Any) -> dict[str, Any]:
        data = super()._dumped(chunk)
        if "type" not in getattr(chunk, "model_fields_set", data):  # the SDK adds the type of its first class
            data.pop("type", None)
        return data

    @classmethod
    def _text_of(cls, data: Mapping[str, Any]) -> str:
        return _content_of(data, "text")

    @property
    def _top(self) -> Mapping[str, Any]:
        return {**self.data, **as_object(self.data.get("delta"))}

    @property
    def thinking(self) -> str:
        """The piece of thinking that this event adds; empty if it adds none."""
        return _content_of(self.data, "thinking")

    @property
    def tool_deltas(self) -> Sequence[ToolDelta]:
        """The pieces of tool calls that this event adds."""
        if not (call := called(delta_of(self.data))):
            return ()
        function, index = as_object(call.get("function")), self._placed(self.data.get("index"))
        return [ToolDelta(index, function.get("arguments") or "", call.get("id"), function.get("name"))]


class CohereStream(Stream[CohereCallResponse, CohereCallResponseChunk, CohereTool]):
    """A streamed response of Cohere.

    It has everything that an unstreamed response has. Only the white space in the arguments of tool calls differs.
    Neither has the name of the model.
    """


class CohereAsyncStream(AsyncStream[CohereCallResponse, CohereCallResponseChunk, CohereTool]):
    """Async version of `CohereStream`."""
