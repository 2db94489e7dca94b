"""What Cohere's calls give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal, cast

import jiter
from cohere import Citation, V2ChatResponse, V2ChatStreamResponse
from cohere import Usage as CohereUsage

from ..base.async_stream import AsyncStream
from ..base.chunk import BaseCallResponseChunk, ToolDelta
from ..base.messages import BaseMessageParam
from ..base.response import BaseCallResponse, tool_results
from ..base.stream import Stream
from ..base.tools import BaseTool, ToolCall
from ..base.usage import FinishWords, Usage
from ..base.wire import as_object, dumped
from ..dialects.chat_messages import decode_message, encode_tool_result
from ..dialects.event_types import construct_event

CohereFinishReason = Literal["COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "TOOL_CALL", "ERROR", "TIMEOUT"]
"""Why a generation ended. Source: the SDK's `ChatFinishReason`, which also stands for what Cohere may add."""

_FINISH: FinishWords = {"MAX_TOKENS": "length", "TIMEOUT": "length", "TOOL_CALL": "tool_calls"}


def read_usage(raw: Mapping[str, Any] | None, *, billed: bool = False) -> Usage | None:
    """Return Cohere's usage in neutral words: all the tokens, or those that are `billed`.

    Source: the SDK's `Usage`. `tokens` counts all that the model read and wrote, cached ones and Cohere's own preamble
    included; `billed_units` is what is paid for.
    """
    if raw is None:
        return None
    units = as_object(raw.get("billed_units"))
    tokens = {} if billed else {**units, **as_object(raw.get("tokens"))}
    counts = [(tokens or units).get("input_tokens"), (tokens or units).get("output_tokens")]
    asked, written = [None if count is None else int(count) for count in counts]
    cached = None if billed or raw.get("cached_tokens") is None else int(raw["cached_tokens"])
    return Usage(input_tokens=asked, cached_tokens=cached, output_tokens=written)


def delta_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an event adds to the message."""
    return as_object(as_object(data.get("delta")).get("message"))


def event_text(data: Mapping[str, Any], key: str = "text") -> str:
    """Return the text that an event adds, or the thinking."""
    return as_object(delta_of(data).get("content")).get(key) or ""


class CohereTool(BaseTool):
    """A tool that a model of Cohere called."""


class CohereCallResponse(BaseCallResponse[V2ChatResponse, CohereTool]):
    """Cohere's answer; `response` is its `V2ChatResponse`."""

    provider = "cohere"
    finish_words: ClassVar[FinishWords] = _FINISH
    tool_base: ClassVar[type[BaseTool]] = CohereTool

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> V2ChatResponse:
        # Built unchecked, as the SDK itself does.
        return V2ChatResponse.model_construct(**(jiter.from_json(raw) if isinstance(raw, bytes) else raw))

    def _texts(self, kind: str) -> list[str]:
        blocks: Iterable[Any] = getattr(self.response.message, "content", None) or ()
        return [getattr(block, kind) for block in blocks if getattr(block, "type", None) == kind]

    @property
    def content(self) -> str:
        """The text of all text blocks; empty where there is none. A tool plan is no part of it."""
        return "".join(self._texts("text"))

    @property
    def thinking(self) -> str | None:
        """The model's thinking, where it is shown."""
        return "".join(self._texts("thinking")) or None

    @property
    def tool_plan(self) -> str | None:
        """What the model says it will do with its tools."""
        return self.response.message.tool_plan or None

    @property
    def citations(self) -> list[Citation] | None:
        """Which stretches of the text rest on which sources."""
        return self.response.message.citations or None

    @property
    def finish_reasons(self) -> list[CohereFinishReason] | None:
        """Why the generation ended, in Cohere's words."""
        reason = cast("CohereFinishReason | None", self.response.finish_reason)
        return [reason] if reason else None

    @property
    def model(self) -> str | None:
        """The model asked for: Cohere does not say which one answered."""
        return self.call_kwargs.get("model")

    @property
    def id(self) -> str | None:
        """The answer's id."""
        return self.response.id or None

    @property
    def usage(self) -> CohereUsage | None:
        """Cohere's own account of tokens."""
        return self.response.usage

    @property
    def _usage(self) -> Usage | None:
        return read_usage(dumped(self.usage)) if self.usage is not None else None

    @property
    def _priced(self) -> Usage | None:
        return read_usage(dumped(self.usage), billed=True) if self.usage is not None else None

    @property
    def message_param(self) -> dict[str, Any]:
        """The answer as a message to send back, with thinking, tool plan, tool calls and citations."""
        message = dumped(self.response.message)
        return {"role": "assistant", **{key: value for key, value in message.items() if value not in (None, "", [])}}

    @property
    def _tool_calls(self) -> list[ToolCall]:
        return [
            ToolCall(id=call.id, name=call.function.name or "", arguments=call.function.arguments or "", native=call)
            for call in self.response.message.tool_calls or ()
            if call.function is not None
        ]

    @classmethod
    def tool_message_params(cls, tools_and_outputs: Sequence[tuple[Any, Any]]) -> list[Any]:
        """Return a message for each output of a tool."""
        return [encode_tool_result(result) for result in tool_results(tools_and_outputs)]

    @classmethod
    def decode_message(cls, message: Any) -> BaseMessageParam:
        return decode_message(message)


class CohereCallResponseChunk(BaseCallResponseChunk[V2ChatStreamResponse, CohereFinishReason, CohereUsage]):
    """One event of Cohere's answer; `chunk` is the SDK's event."""

    __slots__ = ()
    provider = "cohere"
    finish_words: ClassVar[FinishWords] = _FINISH

    @classmethod
    def _type(cls, raw: bytes) -> V2ChatStreamResponse:
        return cast("V2ChatStreamResponse", construct_event(V2ChatStreamResponse, raw))

    def _text(self) -> str:
        return event_text(self.data)

    @property
    def thinking(self) -> str:
        """The piece of the model's thinking that this event adds; else empty."""
        return event_text(self.data, "thinking")

    @property
    def tool_deltas(self) -> Sequence[ToolDelta]:
        """The piece of a tool call that this event adds."""
        if not (call := as_object(delta_of(self.data).get("tool_calls"))):
            return ()
        function, index = as_object(call.get("function")), self.data.get("index") or 0
        return [ToolDelta(index, function.get("arguments") or "", call.get("id"), function.get("name"))]

    @property
    def finish_reasons(self) -> list[CohereFinishReason] | None:
        """Why the generation ended, in Cohere's words; said in the last event."""
        reason = as_object(self.data.get("delta")).get("finish_reason")
        return [reason] if reason else None

    @property
    def model(self) -> str | None:
        """None: Cohere does not say which model answers."""
        return None

    @property
    def id(self) -> str | None:
        """The answer's id; said in the first event."""
        return self.data.get("id")

    @property
    def usage(self) -> CohereUsage | None:
        """Cohere's own account of tokens; said in the last event."""
        chunk: Any = self.chunk
        return chunk.delta.usage if as_object(self.data.get("delta")).get("usage") is not None else None

    @property
    def _usage(self) -> Usage | None:
        return read_usage(as_object(self.data.get("delta")).get("usage"))


class CohereStream(Stream[CohereCallResponse, CohereCallResponseChunk, CohereTool]):
    """Cohere's answer, read while it arrives.

    A stream carries all that a whole answer does, but writes the arguments of tool calls with other white space; an
    answer never names its model.
    """


class CohereAsyncStream(AsyncStream[CohereCallResponse, CohereCallResponseChunk, CohereTool]):
    """`CohereStream`, to be read with `async for`."""
