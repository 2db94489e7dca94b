"""What Anthropic's calls give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from anthropic.types import Message, MessageDeltaUsage, RawMessageStreamEvent, StopReason
from anthropic.types import Usage as AnthropicUsage
from pydantic_core import to_json

from ..base.async_stream import AsyncStream
from ..base.chunk import BaseCallResponseChunk, ToolDelta
from ..base.messages import BaseMessageParam
from ..base.response import BaseCallResponse, tool_results
from ..base.stream import Stream
from ..base.tools import BaseTool, ToolCall
from ..base.usage import Counts, FinishWords, Places
from ..base.wire import as_object, dumped
from .messages import decode_message, encode_tool_results

_FINISH: FinishWords = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


_PLACES = Places(finish="stop_reason")

_COUNTS = Counts(
    input=("input_tokens",),
    output=("output_tokens",),
    cached=("cache_read_input_tokens",),
    written=("cache_creation_input_tokens",),
    apart=True,
)
"""Source: Anthropic's documentation of prompt caching, where `input_tokens` leaves out what was read from the cache or
written to it; here both are included."""


class AnthropicTool(BaseTool):
    """A tool that a model of Anthropic called."""


class AnthropicCallResponse(BaseCallResponse[Message, AnthropicTool, StopReason, AnthropicUsage]):
    """Anthropic's answer; `response` is its `Message`."""

    provider = "anthropic"
    raw_type = Message
    places: ClassVar[Places] = _PLACES
    counts: ClassVar[Counts] = _COUNTS
    finish_words: ClassVar[FinishWords] = _FINISH
    tool_base: ClassVar[type[BaseTool]] = AnthropicTool

    @property
    def _blocks(self) -> list[Any]:
        return getattr(self.response, "content", None) or []

    @property
    def content(self) -> str:
        """The text of all text blocks; empty where there is none."""
        return self.spoken("".join(block.text for block in self._blocks if block.type == "text"))

    @property
    def thinking(self) -> str | None:
        """The model's thinking, where it is shown."""
        texts: list[str] = [block.thinking for block in self._blocks if block.type == "thinking"]
        return "".join(texts) if texts else None

    @property
    def signature(self) -> str | None:
        """Anthropic's signature of the thinking, by which it knows it again."""
        return next((block.signature for block in self._blocks if block.type == "thinking"), None)

    @property
    def message_param(self) -> dict[str, Any]:
        """The answer as a message to send back, with thinking and its signatures, in order."""
        blocks = [_sent_back(dumped(block)) for block in self._blocks]
        return {"role": "assistant", "content": [block for block in blocks if block.get("text") != ""]}

    @property
    def _tool_calls(self) -> list[ToolCall]:
        return [
            ToolCall(id=block.id, name=block.name, arguments=to_json(block.input).decode(), native=block)
            for block in self._blocks
            if block.type == "tool_use"
        ]

    @classmethod
    def tool_message_params(cls, tools_and_outputs: Sequence[tuple[Any, Any]]) -> list[Any]:
        """Return one message with the outputs of all tools; an exception is told as an error."""
        return [encode_tool_results(tool_results(tools_and_outputs))]

    @classmethod
    def decode_message(cls, message: Any) -> BaseMessageParam:
        return decode_message(message)

    def _instructions(self) -> Sequence[Any]:
        system = self.call_kwargs.get("system")
        return [{"role": "system", "content": system}] if system else ()


def _sent_back(block: dict[str, Any]) -> dict[str, Any]:
    # Anthropic does not take back what it left empty.
    return {key: value for key, value in block.items() if value is not None}


class AnthropicCallResponseChunk(
    BaseCallResponseChunk[RawMessageStreamEvent, StopReason, AnthropicUsage | MessageDeltaUsage]
):
    """One event of Anthropic's answer; `chunk` is the SDK's event."""

    __slots__ = ()
    provider = "anthropic"
    raw_type = RawMessageStreamEvent
    places: ClassVar[Places] = _PLACES
    counts: ClassVar[Counts] = _COUNTS
    finish_words: ClassVar[FinishWords] = _FINISH
    usage_places: ClassVar[tuple[str, ...]] = ("message.usage", "usage")

    @classmethod
    def text_of(cls, data: Mapping[str, Any]) -> str:
        if data.get("type") == "content_block_start":
            block = as_object(data.get("content_block"))
            return (block.get("text") if block.get("type") == "text" else None) or ""
        return as_object(data.get("delta")).get("text") or ""

    @property
    def _facts(self) -> Mapping[str, Any]:
        # The first event holds the message; `message_delta` tells its end.
        return self.data.get("message") or {**self.data, **as_object(self.data.get("delta"))}

    @property
    def thinking(self) -> str:
        """The piece of the model's thinking that this event adds."""
        return as_object(self.data.get("delta")).get("thinking") or ""

    @property
    def signature(self) -> str:
        """The signature of the thinking before; empty in all other events."""
        return as_object(self.data.get("delta")).get("signature") or ""

    @property
    def tool_deltas(self) -> Sequence[ToolDelta]:
        """The piece of a tool call that this event adds."""
        block, delta = as_object(self.data.get("content_block")), as_object(self.data.get("delta"))
        if block.get("type") == "tool_use":
            return [ToolDelta(index=self.data["index"], id=block.get("id"), name=block.get("name"))]
        if delta.get("type") == "input_json_delta":
            return [ToolDelta(index=self.data["index"], arguments=delta.get("partial_json") or "")]
        return ()


class AnthropicStream(Stream[AnthropicCallResponse, AnthropicCallResponseChunk, AnthropicTool]):
    """Anthropic's answer, read while it arrives.

    A stream carries all that a whole answer does; its `ping` events are not shown.
    """


class AnthropicAsyncStream(AsyncStream[AnthropicCallResponse, AnthropicCallResponseChunk, AnthropicTool]):
    """`AnthropicStream`, to be read with `async for`."""
