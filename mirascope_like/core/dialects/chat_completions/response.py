"""Complete chat completions: their text, tool calls and messages. `chunk.usage_of` reads their usage."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, cast

from typing_extensions import TypeVar

from ...base.messages import BaseMessageParam
from ...base.parsing import PLAIN_TYPES, as_list, as_object, at, construct, dumped
from ...base.response import BaseCallResponse, Facts, ended_for, tool_results
from ...base.tools import BaseTool, CallsOnce, ToolCall, offered_name, valid_arguments
from .calls import is_empty
from .chunk import (
    FACTS,
    arguments_text,
    call_in_form,
    choice_delta,
    content_text,
    may_think,
    message_thinking,
    raise_choice_error,
    usage_of,
    with_parts,
)
from .custom_tools import custom_arguments
from .messages import decode_message, encode_tool_result

RawT = TypeVar("RawT")
ToolT = TypeVar("ToolT", bound=BaseTool)
FinishT = TypeVar("FinishT", bound=str)
UsageT = TypeVar("UsageT")
AnswerT = TypeVar("AnswerT", default=Any)
MessageT = TypeVar("MessageT", default=Any)


class BaseChatCallResponse(BaseCallResponse[RawT, ToolT, FinishT, UsageT, AnswerT, MessageT]):
    """A complete chat completion in OpenAI's format."""

    _facts: ClassVar[Facts] = FACTS

    _always_reports_usage: ClassVar[bool] = False
    """True if the provider reports the usage of a stream without a request for it."""
    _usage_type: ClassVar[type[Any]]
    """The SDK's class of usage objects."""

    @classmethod
    def _check(cls, response: RawT) -> None:
        super()._check(response)
        for choice in as_list(at(response, "choices")):
            if at(choice, "error") or at(choice, "message.error"):
                raise_choice_error([dumped(choice)])

    @property
    def _reported_usage(self) -> Any:
        return usage_of(self.response)

    @property
    def usage(self) -> UsageT | None:
        """The usage object of the provider's SDK; None if the response has no usage."""
        found: Any = usage_of(self.response)
        usage = construct(self._usage_type, as_object(found)) if isinstance(found, dict) else found
        return cast("UsageT | None", usage)

    @property
    def _requested_usage(self) -> bool:
        # Some hosts report the tokens of a stream only if requested, some always, and some never.
        return self._always_reports_usage or at(self.call_kwargs, "stream_options.include_usage") is True

    @property
    def _choices(self) -> list[Any]:
        found = as_list(getattr(self.response, "choices", None))
        choices = [one for one in found if one is not None and not isinstance(one, PLAIN_TYPES)]
        if len(choices) > 1 and all(isinstance(at(one, "index"), int) for one in choices):
            return sorted(choices, key=lambda one: at(one, "index"))
        return choices

    @property
    def _message(self) -> Any:
        choices = self._choices
        found: Any = getattr(choices[0], "message", None) if choices else None
        found = None if isinstance(found, PLAIN_TYPES) else found  # some gateways send only the text
        calls: Any = getattr(found, "tool_calls", None)
        odd = isinstance(calls, dict) or (not calls and getattr(found, "function_call", None))
        if choices and (not found or odd or any(map(_is_odd, as_list(calls)))):
            # Some gateways send `delta` or `text` in place of the message, or calls in another structure.
            first = as_object(as_list(self.raw.get("choices"))[0])
            if delta := choice_delta(first):
                choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **delta}}
                mended: Any = self.parse_raw_response({**self.raw, "choices": [choice]})
                return mended.choices[0].message
        return found

    @property
    def _raw_message(self) -> dict[str, Any]:
        """The message of the first choice, as JSON."""
        message = self._message
        return with_parts(dumped(message)) if message is not None else {}

    @property
    def content(self) -> str:
        """The text of the first choice; empty if there is none."""
        content = getattr(self._message, "content", None)
        return content if isinstance(content, str) else content_text(self._raw_message.get("content"))

    @property
    def thinking(self) -> str | None:
        return message_thinking(self._raw_message) if may_think(self._message) else None

    @property
    def refusal(self) -> str | None:
        """The text with which the model refused to answer; None if it did not refuse."""
        return getattr(self._message, "refusal", None) or None

    @property
    def finish_reasons(self) -> list[FinishT] | None:
        """The finish reason of each choice, in the provider's own terms; None if there is none."""
        reasons = [ended_for(choice.finish_reason) for choice in self._choices]
        return [reason for reason in reasons if reason is not None] or None

    @property
    def message_param(self) -> AnswerT:
        """The response as an assistant message for the next request. Has all fields that are not empty."""
        fields = {key: value for key, value in self._raw_message.items() if value not in (None, [], "")}
        # `audio` is sent back as its id; the API rejects annotations.
        if isinstance(audio := fields.get("audio"), Mapping):
            fields["audio"] = {"id": cast("Mapping[str, Any]", audio).get("id")}
        fields.pop("annotations", None)
        if sent := sendable_calls(as_list(fields.pop("tool_calls", None)), self._names):
            fields["tool_calls"] = sent
        return cast("AnswerT", {"content": self._raw_message.get("content"), **fields, "role": "assistant"})

    @property
    def _tool_calls(self) -> list[ToolCall]:
        calls = [self._call(call) for call in as_list(getattr(self._message, "tool_calls", None))]
        return [call for call in calls if call is not None]

    def _call(self, call: Any) -> ToolCall | None:
        if (function := getattr(call, "function", None)) is not None:
            if isinstance(function, PLAIN_TYPES) or not (call.id or function.name or function.arguments):
                return None  # some gateways send each field, empty
            return ToolCall(call.id, function.name or "", arguments_text(function.arguments), native=call)
        if name := at(call, "custom.name"):
            arguments = custom_arguments(name, str(at(call, "custom.input") or ""), self._tool_types)
            return ToolCall(at(call, "id"), name, arguments, native=call)
        return None

    @classmethod
    def tool_message_params(cls, tools_and_outputs: Sequence[tuple[Any, Any]]) -> list[MessageT]:
        """Return one message for each tool result. An output that is an exception is sent as an error."""
        return cast("list[MessageT]", [encode_tool_result(result) for result in tool_results(tools_and_outputs)])

    @classmethod
    def _decode_message(cls, message: Any) -> BaseMessageParam:
        return decode_message(message)


def _is_odd(call: Any) -> bool:
    """Return True if a tool call of an SDK's object has no function, or neither text nor an object as arguments, or no
    text as its id.
    """
    if call is None or at(call, "custom") is not None:
        return False
    return at(call, "function.arguments") is None or not isinstance(at(call, "id"), str | None)


def sendable_calls(calls: Sequence[Any], names: Collection[str]) -> list[dict[str, Any]]:
    """Return tool calls in a form that hosts accept in a request: each once, with the tool's offered name, and with
    valid JSON as arguments. `names` are the offered names.
    """
    sent, once = [_sendable_call(one, names) for one in map(as_object, calls) if not is_empty(one)], CallsOnce()
    return [call for call in sent if once.is_new(_call_in(call))]


def _call_in(call: Mapping[str, Any]) -> ToolCall:
    function = as_object(call.get("function")) or as_object(call.get("custom"))
    arguments = arguments_text(function.get("arguments") or function.get("input"))
    return ToolCall(call.get("id"), str(function.get("name") or ""), arguments)


def _sendable_call(call: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    call = call_in_form(call)
    if not (function := as_object(call.get("function"))):
        return call
    name = offered_name(str(function.get("name") or ""), names)
    return {**call, "function": {**function, "name": name, "arguments": _sendable(function.get("arguments"))}}


def _sendable(arguments: Any) -> Any:
    return valid_arguments(arguments_text(arguments)) if isinstance(arguments, str | dict) else arguments
