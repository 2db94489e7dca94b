"""What Anthropic's calls give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, cast, get_args

from anthropic.types import Message, MessageDeltaUsage, RawMessageStartEvent, RawMessageStreamEvent, StopReason
from anthropic.types import Usage as AnthropicUsage
from pydantic_core import to_json

from ..base.async_stream import AsyncStream
from ..base.chunk import BaseCallResponseChunk, ToolDelta
from ..base.messages import BaseMessageParam
from ..base.response import BaseCallResponse, tool_results
from ..base.stream import Stream
from ..base.tools import BaseTool, ToolCall
from ..base.usage import FinishWords, Usage
from ..base.wire import as_object, dumped
from ..dialects.construct import construct
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


def read_usage(raw: Mapping[str, Any] | None) -> Usage | None:
    """Return Anthropic's usage in neutral words.

    Source: Anthropic's documentation of prompt caching, where `input_tokens` leaves out the tokens read from the cache
    and those written to it; here they are included.
    """
    if raw is None:
        return None
    read, written = raw.get("cache_read_input_tokens"), raw.get("cache_creation_input_tokens")
    asked = raw.get("input_tokens")
    return Usage(
        input_tokens=asked + (read or 0) + (written or 0) if asked is not None else None,
        cached_tokens=read,
        cache_write_tokens=written,
        output_tokens=raw.get("output_tokens"),
    )


def event_text(data: Mapping[str, Any]) -> str:
    """Return the text that an event adds."""
    part: dict[str, Any] = {}
    if data.get("type") == "content_block_delta":
        part = as_object(data.get("delta"))
    elif data.get("type") == "content_block_start":
        part = as_object(data.get("content_block"))
        part = part if part.get("type") == "text" else {}
    return part.get("text") or ""


@lru_cache(maxsize=1)
def _event_types() -> dict[str, Any]:
    union = get_args(RawMessageStreamEvent)[0]
    return {get_args(kind.model_fields["type"].annotation)[0]: kind for kind in get_args(union)}


class AnthropicTool(BaseTool):
    """A tool that a model of Anthropic called."""


class AnthropicCallResponse(BaseCallResponse[Message, AnthropicTool]):
    """Anthropic's answer; `response` is its `Message`."""

    provider = "anthropic"
    finish_words: ClassVar[FinishWords] = _FINISH
    tool_base: ClassVar[type[BaseTool]] = AnthropicTool

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> Message:
        return construct(Message, raw)

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
    def finish_reasons(self) -> list[StopReason] | None:
        """Why the generation ended, in Anthropic's words."""
        reason = self.response.stop_reason
        return [reason] if reason else None

    @property
    def model(self) -> str | None:
        """The model that answered."""
        return self.response.model or None

    @property
    def id(self) -> str | None:
        """The answer's id."""
        return self.response.id or None

    @property
    def usage(self) -> AnthropicUsage | None:
        """Anthropic's own account of tokens."""
        return getattr(self.response, "usage", None)

    @property
    def _usage(self) -> Usage | None:
        usage = self.usage
        return read_usage(dumped(usage)) if usage is not None else None

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
    finish_words: ClassVar[FinishWords] = _FINISH

    @classmethod
    def _type(cls, raw: bytes) -> RawMessageStreamEvent:
        import jiter

        kind = jiter.from_json(raw).get("type")
        return cast("RawMessageStreamEvent", construct(_event_types().get(kind, RawMessageStartEvent), raw))

    def _text(self) -> str:
        return event_text(self.data)

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

    @property
    def _message(self) -> Mapping[str, Any]:
        return self.data.get("message") or {}

    @property
    def finish_reasons(self) -> list[StopReason] | None:
        """Why the generation ended, in Anthropic's words."""
        reason = as_object(self.data.get("delta")).get("stop_reason")
        return [reason] if reason else None

    @property
    def model(self) -> str | None:
        """The model that answers; said in the first event."""
        return self._message.get("model")

    @property
    def id(self) -> str | None:
        """The answer's id; said in the first event."""
        return self._message.get("id")

    @property
    def usage(self) -> AnthropicUsage | MessageDeltaUsage | None:
        """Anthropic's own account of tokens so far; said in the first event and in `message_delta`."""
        chunk: Any = self.chunk
        if self._message.get("usage") is not None:
            first: AnthropicUsage = chunk.message.usage
            return first
        later: MessageDeltaUsage | None = chunk.usage if self.data.get("usage") is not None else None
        return later

    @property
    def _usage(self) -> Usage | None:
        return read_usage(self.data.get("usage") or self._message.get("usage"))


class AnthropicStream(Stream[AnthropicCallResponse, AnthropicCallResponseChunk, AnthropicTool]):
    """Anthropic's answer, read while it arrives.

    A stream carries all that a whole answer does; its `ping` events are not shown.
    """


class AnthropicAsyncStream(AsyncStream[AnthropicCallResponse, AnthropicCallResponseChunk, AnthropicTool]):
    """`AnthropicStream`, to be read with `async for`."""
