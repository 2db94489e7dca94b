"""Responses and their events with the types of OpenAI's SDK; their finish reasons and usage.

Importing this module imports OpenAI's SDK.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeVar, cast

from openai.types.responses import (
    Response,
    ResponseFunctionToolCall,
    ResponseInputItemParam,
    ResponseOutputItem,
    ResponseStreamEvent,
    ResponseUsage,
)
from pydantic import BaseModel

from ...base.errors import ErrorEventError, reported_error
from ...base.messages import BaseMessageParam, MediaPart, linked_part
from ...base.parsing import as_list, as_object, as_text, at, construct_event, dumped, encode_json
from ...base.response import (
    BaseCallResponse,
    BaseCallResponseChunk,
    Counts,
    Facts,
    FinishReason,
    ToolDelta,
    common_finish_reason,
)
from ...base.tools import (
    ARGUMENTS,
    BaseTool,
    CalledTool,
    CallsOnce,
    ToolCall,
    given_arguments,
    offered_name,
    valid_arguments,
)
from ..chat_completions import arguments_text
from .messages import decode_items
from .native_calls import call_in, call_name, is_call
from .native_results import encode_results
from .output_form import TEXT_PARTS, is_in_form, output_in_form, output_text

TEXT_DELTA = "response.output_text.delta"
"""The type of the events that add text: most events of a stream."""

THINKING = frozenset(
    f"response.{kind}.delta" for kind in ("reasoning_text", "reasoning_summary_text", "reasoning", "reasoning_summary")
)

_WRITING = frozenset({"response.function_call_arguments.delta", "response.custom_tool_call_input.delta"})

ResponsesFinishReason = Literal[
    "completed", "incomplete", "failed", "cancelled", "max_output_tokens", "max_messages", "content_filter", "steered"
]
"""Why a response ended: the reason if the response is incomplete, otherwise its status."""

_FINISH: dict[str, FinishReason] = {
    "incomplete": "length",
    "max_messages": "length",
}


_COUNTS = Counts(
    input=("input_tokens", "prompt_tokens"),
    output=("output_tokens", "completion_tokens"),
    cached=("input_tokens_details.cached_tokens", "cached_tokens", "prompt_tokens_details.cached_tokens"),
    written=("input_tokens_details.cache_write_tokens",),
    reasoning=("output_tokens_details.reasoning_tokens", "completion_tokens_details.reasoning_tokens"),
    total=("total_tokens",),
    searches=("num_sources_used",),
)
"""Source: OpenAI's `ResponseUsage`, whose details are included in the totals. Some gateways send the names of chat
completions.
"""

_FACTS = Facts(output_paths=("output",), counts=_COUNTS, reasons=_FINISH)


def finish_reason(response: Mapping[str, Any]) -> list[Any] | None:
    """Return a list with the reason why a response ended; None if it has not ended."""
    reason = as_object(response.get("incomplete_details")).get("reason") or response.get("status")
    return [reason] if reason and reason not in ("in_progress", "queued") else None


def common_finish(reasons: Sequence[str] | None, output: Sequence[Mapping[str, Any]]) -> list[str] | None:
    """Return finish reasons in the common form. A completed response whose output has tool calls ended with
    "tool_calls".
    """
    called = any(map(is_call, output))
    done: FinishReason = "tool_calls" if called else "stop"
    meanings: dict[str, FinishReason] = {**_FINISH, "completed": done, "steered": done}
    return [common_finish_reason(reason, meanings) for reason in reasons] if reasons else None


def delta_of(data: Mapping[str, Any]) -> Any:
    """Return the piece of text in an event. The first version of OpenAI's reference has an object there."""
    delta = data.get("delta")
    return as_object(delta).get("text") if isinstance(delta, dict) else delta


ToolT = TypeVar("ToolT", bound=BaseTool)


class ResponsesCallResponse(
    BaseCallResponse[
        Response, ToolT, ResponsesFinishReason, ResponseUsage, list[ResponseInputItemParam], ResponseInputItemParam
    ]
):
    """A response in OpenAI's Responses format. `response` is a `Response` of OpenAI's SDK."""

    form: ClassVar[str | None] = "responses"
    _raw_type: ClassVar[Any] = Response
    _facts: ClassVar[Facts] = _FACTS
    _messages_key: ClassVar[str] = "input"

    @classmethod
    def _check(cls, response: Response) -> None:
        # A response that failed comes with status 200.
        error: Any = getattr(response, "error", None)
        if (found := reported_error({"error": dumped(error) if isinstance(error, BaseModel) else error})) is not None:
            raise ErrorEventError(found)
        if getattr(response, "status", None) != "failed":
            super()._check(response)

    @property
    def _output(self) -> list[Any]:
        found: Any = getattr(self.response, "output", None)
        if is_in_form(found):
            return cast("list[Any]", found)
        output = output_in_form(self.raw)
        return [*self.parse_raw_response({**self.raw, "output": output}).output] if output else []

    def _parts(self, item_type: str, part_type: str, parts: str, key: str) -> list[str]:
        items = [item for item in self._output if item.type == item_type]
        if part_type == "output_text" and not all(isinstance(item.content, list) for item in items):  # some gateways
            return [output_text([dumped(item)]) for item in items]
        found = [part for item in items for part in as_list(getattr(item, parts, None))]
        kinds = TEXT_PARTS if part_type == "output_text" else (part_type,)
        return [as_text(getattr(part, key, None)) for part in found if getattr(part, "type", None) in kinds]

    @property
    def content(self) -> str:
        """The text of all messages in the output; empty if there are none."""
        return "".join(self._parts("message", "output_text", "content", "text"))

    @property
    def media(self) -> list[MediaPart]:
        """The images that the model generated. `common_message_param` does not have them, as the API accepts none of
        the assistant's back but as the items of `message_param`.
        """
        images = [item for item in self._output if item.type == "image_generation_call" and item.result]
        formats = [at(item, "output_format") or "png" for item in images]
        return [
            linked_part("image", f"data:image/{form};base64,{item.result}")
            for form, item in zip(formats, images, strict=True)
        ]

    @property
    def refusal(self) -> str | None:
        """The text with which the model refused to answer; None if it did not refuse."""
        return "".join(self._parts("message", "refusal", "content", "refusal")) or None

    @property
    def thinking(self) -> str | None:
        """The reasoning text, or its summary; None if the response has neither."""
        shown = [*filter(None, self._parts("reasoning", "reasoning_text", "content", "text"))]
        return "\n\n".join(shown or filter(None, self._parts("reasoning", "summary_text", "summary", "text"))) or None

    @property
    def finish_reasons(self) -> list[ResponsesFinishReason] | None:
        """Why the response ended: the reason if the response is incomplete, otherwise its status."""
        details: Any = getattr(self.response, "incomplete_details", None)
        status = getattr(self.response, "status", None) or ("completed" if self._output else None)
        return finish_reason({"status": status, "incomplete_details": dumped(details) if details else None})

    @property
    def message_param(self) -> list[ResponseInputItemParam]:
        """The response as a list of items for the next request: the complete output, with reasoning, in order.

        The list can be used in place of one message in a list of messages.
        """
        items, once = [_sendable(dumped(item), self._names) for item in self._output], CallsOnce()
        calls = [call_in(item, item, self._tool_types) for item in items]
        sent = [item for item, call in zip(items, calls, strict=True) if call is None or once.is_new(call)]
        return cast("list[ResponseInputItemParam]", sent)

    @property
    def _tool_calls(self) -> list[ToolCall]:
        calls = [call_in(dumped(item), item, self._tool_types) for item in self._output]
        return [call for call in calls if call is not None]

    @classmethod
    def tool_message_params(cls, tools_and_outputs: Sequence[tuple[Any, Any]]) -> list[ResponseInputItemParam]:
        """Return one item for each tool result. An output that is an exception is sent as an error.

        The form of an item depends on the kind of its tool call. Raises `PromptError` if the output of a computer call
        is not an image (a screenshot).
        """
        return cast("list[ResponseInputItemParam]", encode_results(tools_and_outputs))

    @property
    def common_finish_reasons(self) -> list[str] | None:
        """The finish reasons in the form that is common to all providers."""
        return common_finish(self.finish_reasons, [dumped(item) for item in self._output])

    @classmethod
    def _decode_message(cls, message: Any) -> BaseMessageParam:
        # A response is a list of items, of which the common form may not have all.
        decoded = decode_items([message])
        return decoded[0] if decoded else BaseMessageParam(role="assistant", content="")

    @property
    def common_messages(self) -> list[BaseMessageParam]:
        """The messages of the request in the common form."""
        return decode_items(self.messages)


def _sendable(item: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return an item in a form that the API accepts: a tool call with the offered name of its tool and with valid JSON
    as arguments, a message with a list of parts, none of which has null for its text.
    """
    if item.get("type") == "message" and not isinstance(content := item.get("content"), str):
        parts: list[Any] = [content] if isinstance(content, dict) else as_list(content)
        full = [part for part in parts if as_object(part).get("text", "") is not None]
        return {**item, "content": [{**part, "type": "output_text"} if _is_text(part) else part for part in full]}
    if item.get("type") not in ("function_call", "custom_tool_call"):
        return item
    sent = {**item, "name": offered_name(str(item.get("name") or ""), names)}
    if item["type"] == "function_call":
        sent = {key: value for key, value in sent.items() if key not in ARGUMENTS}
        sent["arguments"] = valid_arguments(arguments_text(given_arguments(item)))
    return sent


def _sdk_call(call: dict[str, Any]) -> Any:
    return construct_event(ResponseOutputItem, encode_json(call))


class ResponsesTool(CalledTool[ResponseFunctionToolCall]):
    """A tool that a model called. The call of a custom tool, or of a tool of OpenAI's own such as the shell, is an
    object of another class, such as `ResponseCustomToolCall`.
    """

    _sdk_call: ClassVar[Any] = _sdk_call


def _is_text(part: Any) -> bool:
    return as_object(part).get("type") in TEXT_PARTS


class ResponsesChunk(BaseCallResponseChunk[ResponseStreamEvent, ResponsesFinishReason, ResponseUsage]):
    """One event of a stream. `chunk` is the event as an object of OpenAI's SDK."""

    __slots__ = ("_parted", "_whole_thinking")
    _parted: bool
    """True if the piece of thinking in this event begins a new part of the reasoning."""
    _raw_type: ClassVar[Any] = ResponseStreamEvent
    _facts: ClassVar[Facts] = _FACTS
    _usage_places: ClassVar[tuple[str, ...]] = ("response.usage",)

    _whole_thinking: str
    """The text of reasoning parts that arrived whole with this event. Set by the accumulator; missing if there is none.
    """

    @classmethod
    def _text_of(cls, data: Mapping[str, Any]) -> str:
        return as_text(delta_of(data)) if data.get("type") == TEXT_DELTA else ""

    @property
    def _top(self) -> Mapping[str, Any]:
        # The first events and the final one contain the response.
        return as_object(self.data.get("response"))

    @property
    def thinking(self) -> str:
        """The piece of reasoning, or of its summary, that this event adds; empty if it adds none.

        The first piece of each further part begins with a blank line, as between the parts of an unstreamed response.
        """
        piece = as_text(delta_of(self.data)) if as_text(self.data.get("type")) in THINKING else ""
        piece = piece or getattr(self, "_whole_thinking", "")
        return f"\n\n{piece}" if piece and getattr(self, "_parted", False) else piece

    @property
    def tool_deltas(self) -> Sequence[ToolDelta]:
        """The pieces of tool calls that this event adds."""
        kind, item = as_text(self.data.get("type")), as_object(self.data.get("item"))
        index = self._placed(self.data.get("output_index"))
        if kind == "response.output_item.added" and is_call(item):
            return [ToolDelta(index=index, id=item.get("call_id"), name=call_name(item))]
        if kind in _WRITING:
            return [ToolDelta(index=index, arguments=as_text(delta_of(self.data)))]
        return ()

    @property
    def finish_reasons(self) -> list[ResponsesFinishReason] | None:
        """Why the response ended. Only the final event has a reason; None for other events."""
        return finish_reason(self._top)

    @property
    def common_finish_reasons(self) -> list[str] | None:
        """The finish reasons in the form that is common to all providers."""
        return common_finish(self.finish_reasons, as_list(self._top.get("output")))


def show_thinking(chunk: ResponsesChunk, apart: bool, text: str) -> None:
    """Set whether the thinking of a chunk begins a new part of the reasoning, and add `text` to it: a part that arrived
    whole, or nothing.
    """
    own: Any = chunk
    if text and (known := getattr(own, "_whole_thinking", "")):
        own._whole_thinking = f"{known}\n\n{text}"
        return
    own._parted = apart
    if text:
        own._whole_thinking = text
