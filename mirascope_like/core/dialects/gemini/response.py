"""Gemini responses, their finish reasons and their usage, read from JSON. Imports no SDK: each provider passes its
own types.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, cast

from pydantic import PrivateAttr
from pydantic_core import to_json
from typing_extensions import TypeVar

from ...base.messages import AudioPart, BaseMessageParam
from ...base.parsing import as_list, as_object, as_parts, decode_text, object_so_far
from ...base.response import BaseCallResponse, Facts, FinishReason, Usage, ended_for, token_count, tool_results
from ...base.tools import ARGUMENTS, BaseTool, CallsOnce, ToolCall, effective_arguments, given_arguments, offered_name
from .messages import decode_content, encode_results

RawT = TypeVar("RawT")
ToolT = TypeVar("ToolT", bound=BaseTool)
FinishT = TypeVar("FinishT", bound=str)
UsageT = TypeVar("UsageT")
MessageT = TypeVar("MessageT", default=Any)
JSON = dict[str, Any]

_UNDERSCORE = re.compile(r"_([a-z])")

_FINISH: dict[str, FinishReason] = {
    **dict.fromkeys(("MAX_TOKENS", "CONTINUATION"), "length"),
    **dict.fromkeys(("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"), "content_filter"),
    **dict.fromkeys(("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"), "content_filter"),
    **dict.fromkeys(("MODEL_ARMOR", "ESCALATION", "PUP_LIMITED_DISABLED"), "content_filter"),
    **dict.fromkeys(("NO_IMAGE", "IMAGE_OTHER"), "error"),
}


FACTS = Facts(
    model="modelVersion",
    id="responseId",
    usage="usageMetadata",
    output_paths=("candidates", "promptFeedback"),
    reasons=_FINISH,
    terms={"service_tier": "usageMetadata.serviceTier", "traffic_type": "usageMetadata.trafficType"},
)


def read_usage(raw: Mapping[str, Any] | None) -> Usage | None:
    """Return Gemini's usage in the common form.

    Source: Google's reference of `UsageMetadata`. The total is the sum of the prompt (including cached tokens), the
    results of server-side tools, the candidates and the thinking. A count of zero is left out.
    """
    if not raw:
        return None
    prompt = _sum(raw.get("promptTokenCount"), raw.get("toolUsePromptTokenCount"))
    written, thoughts = token_count(raw.get("candidatesTokenCount")), token_count(raw.get("thoughtsTokenCount"))
    output, total = _sum(written, thoughts), token_count(raw.get("totalTokenCount"))
    if prompt is not None and total is not None and (output is None or (not thoughts and total - prompt > output)):
        # A count that is left out is in the total, such as the thoughts in the usage of some gateways.
        thoughts = thoughts if output is None else total - prompt - output
        output = max(total - prompt, 0)
    return Usage(
        input_tokens=prompt,
        cached_tokens=token_count(raw.get("cachedContentTokenCount")),
        output_tokens=output,
        input_audio_tokens=_audio(raw.get("promptTokensDetails")),
        output_audio_tokens=_audio(raw.get("candidatesTokensDetails")),
        reasoning_tokens=thoughts,
    )


def _sum(*counts: Any) -> int | None:
    known = [count for one in counts if (count := token_count(one)) is not None]
    return sum(known) if known else None


def _audio(details: Any) -> int | None:
    audio_details = [one for one in map(as_object, as_list(details)) if one.get("modality") == "AUDIO"]
    return token_count(audio_details[0].get("tokenCount")) if audio_details else None


def parts_of(data: Any) -> list[JSON]:
    """Return the parts of the first candidate of a response. A candidate without an index counts as the first."""
    candidates = map(as_object, as_list(as_object(data).get("candidates")))
    first = as_object(next((one for one in candidates if one.get("index") in (None, 0, "0")), None))
    content = as_object(candidate_in_form(first).get("content"))
    return [part_in_form(as_object(part)) for part in as_parts(content.get("parts"))]


def candidate_in_form(candidate: JSON) -> JSON:
    """Return a candidate with Google's names in JSON and an object as its content. Some gateways send the names of the
    SDK, such as `finish_reason`, or a text as the content.
    """
    found = part_in_form(candidate)
    text = found.get("content")
    return {**found, "content": {"role": "model", "parts": [{"text": text}]}} if isinstance(text, str) else found


def part_in_form(part: JSON) -> JSON:
    """Return a part or a candidate with Google's names in JSON, such as `functionCall`, in place of `function_call`."""
    if not any("_" in key for key in part):
        return part
    return {_UNDERSCORE.sub(lambda found: found[1].upper(), key): value for key, value in part.items()}


def text_of(data: Any) -> str:
    """Return the text of the first candidate of a response, without thinking."""
    return "".join(str(part["text"]) for part in parts_of(data) if part.get("text") and not part.get("thought"))


def thinking_of(data: Any) -> str:
    """Return the thinking of the first candidate of a response; empty if there is none."""
    return "".join(str(part["text"]) for part in parts_of(data) if part.get("text") and part.get("thought"))


def finished(data: JSON, reason: Callable[[str], Any]) -> list[Any] | None:
    """Return the finish reasons of the candidates of a response; None if no candidate has finished. `reason`
    converts each reason.
    """
    candidates = [candidate_in_form(as_object(one)) for one in as_list(data.get("candidates"))]
    reasons = [ended_for(one.get("finishReason")) for one in candidates]
    return [reason(one) for one in reasons if one is not None] or None


def tool_call(call: JSON, native: Callable[[JSON], Any]) -> ToolCall:
    """Convert a function call, given as JSON, to a tool call. `native` makes the SDK's object."""
    return ToolCall(id=call.get("id"), name=call.get("name") or "", arguments=written(call), native=native(call))


def written(call: JSON) -> str:
    """Return the arguments of a function call as JSON text; empty if it has none. Some gateways send them as text."""
    args = call.get("args") or given_arguments(call) or call.get("args")
    return args if isinstance(args, str) else decode_text(to_json(args)) if args is not None else ""


def _sendable(part: JSON, names: Collection[str]) -> JSON:
    """Return a part whose function call has the offered name of its tool, and an object as its arguments; some
    gateways send them as JSON text. `names` are the offered names.
    """
    if not (call := as_object(part.get("functionCall"))):
        return {key: value for key, value in part.items() if key != "functionCall"}
    args, name = call.get("args"), call.get("name")
    sent = {**call, "name": offered_name(name, names)} if isinstance(name, str) else call
    if not args and given_arguments(call):
        sent = {key: value for key, value in sent.items() if key not in ARGUMENTS}
        sent["args"] = object_so_far(effective_arguments(written(call)))
    elif args is not None and not isinstance(args, dict):
        sent = {**sent, "args": object_so_far(effective_arguments(written(call)))}
    return {**part, "functionCall": sent}


class Words(NamedTuple):
    """The functions of one SDK that make its objects for two things in JSON: a function call and a finish reason."""

    call: Callable[[JSON], Any]
    """Converts a function call to the SDK's object."""
    reason: Callable[[str], Any] = str
    """Converts a finish reason to the SDK's value."""


class GeminiResponse(BaseCallResponse[RawT, ToolT, FinishT, UsageT, MessageT, MessageT]):
    """A complete response. Its properties are read from the JSON of the response."""

    _messages_key: ClassVar[str] = "contents"
    _facts: ClassVar[Facts] = FACTS
    _words: ClassVar[Words]

    _read: JSON | None = PrivateAttr(default=None)

    @classmethod
    @abstractmethod
    def _wire(cls, response: RawT) -> JSON:
        """Return the JSON that the SDK's response object was made from."""

    @classmethod
    def _top_of(cls, response: RawT) -> JSON:
        return cls._wire(response)

    @classmethod
    def _native_content(cls, content: JSON) -> JSON:
        return content

    @classmethod
    def _wire_content(cls, content: Any) -> JSON:
        return as_object(content)

    @property
    def raw(self) -> JSON:
        """The response as JSON, including fields that the types of the SDK do not have."""
        if self._read is None:
            self._read = self._wire(self.response)
        return self._read

    def _dump_response(self, value: Any) -> Any:
        return self.raw

    @property
    def content(self) -> str:
        """The text of the first candidate; empty if there is none."""
        return text_of(self.raw)

    @property
    def thinking(self) -> str | None:
        """The model's thinking. None unless the request has `thinking_config={"include_thoughts": True}`."""
        return thinking_of(self.raw) or None

    @property
    def audio(self) -> bytes | None:
        """The audio that the model generated, with its pieces joined; None if there is none."""
        recordings = [part.audio for part in self.media if isinstance(part, AudioPart)]
        return b"".join(recordings) if recordings else None

    @property
    def finish_reasons(self) -> list[FinishT] | None:
        """The finish reason of each candidate, in Google's terms."""
        return finished(self.raw, self._words.reason)

    @property
    def usage(self) -> UsageT | None:
        """The token counts as an object of Google's SDK."""
        sdk_response: Any = self.response
        return sdk_response.usage_metadata if "usageMetadata" in self.raw else None

    @property
    def _top(self) -> JSON:
        return self.raw

    @classmethod
    def _read_usage(cls, raw: Any) -> Usage | None:
        return read_usage(raw)

    @property
    def _raw_message(self) -> JSON:
        parts, once = [_sendable(part, self._names) for part in parts_of(self.raw)], CallsOnce()
        calls = [as_object(part.get("functionCall")) for part in parts]
        return {
            "role": "model",
            "parts": [
                part
                for part, call in zip(parts, calls, strict=True)
                if not call or once.is_new(tool_call(call, lambda one: one))
            ],
        }

    @property
    def message_param(self) -> MessageT:
        """The response as a message in Gemini's format for the next request: all parts, with all signatures, in
        order.
        """
        return cast("MessageT", self._native_content(self._raw_message))

    @property
    def _tool_calls(self) -> list[ToolCall]:
        calls = [as_object(part["functionCall"]) for part in parts_of(self.raw) if part.get("functionCall")]
        return [tool_call(call, self._words.call) for call in calls]

    @classmethod
    def tool_message_params(cls, tools_and_outputs: Sequence[tuple[Any, Any]]) -> list[MessageT]:
        """Return one message with the results of all tools. An output that is an exception is sent as an error."""
        return [cast("MessageT", cls._native_content(encode_results(tool_results(tools_and_outputs))))]

    @property
    def _reasons(self) -> list[str] | None:
        return finished(self.raw, str)

    @classmethod
    def _decode_message(cls, message: Any) -> BaseMessageParam:
        return decode_content(cls._wire_content(message))

    def _decode_answer(self) -> BaseMessageParam:
        return decode_content(self._raw_message)

    def _instructions(self) -> list[JSON]:
        instruction = self._instruction()
        return [{**self._wire_content(instruction), "role": "system"}] if instruction else []

    @abstractmethod
    def _instruction(self) -> Any: ...


# Functions and not methods, so that editors do not complete them after a response.


def native_content(kind: type[GeminiResponse[Any, Any, Any, Any, Any]], content: JSON) -> JSON:
    """Convert a message in Gemini's format from JSON to a dict that the SDK accepts."""
    own: Any = kind
    return cast("JSON", own._native_content(content))


def wire_content(kind: type[GeminiResponse[Any, Any, Any, Any, Any]], content: Any) -> JSON:
    """Convert a message in Gemini's format, in any form that the SDK accepts, to JSON."""
    own: Any = kind
    return cast("JSON", own._wire_content(content))
