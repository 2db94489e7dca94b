"""The types of responses, chunks, tools and streams of Anthropic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, cast

from anthropic.types import Message, MessageDeltaUsage, MessageParam, RawMessageStreamEvent, StopReason, ToolUseBlock
from anthropic.types import Usage as AnthropicUsage

from ..base.parsing import as_list, as_object, as_text, construct
from ..base.response import BaseCallResponseChunk, Counts, Facts, ToolDelta
from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool, CalledTool
from ..dialects.chat_completions import arguments_text
from ..dialects.content_blocks import BlockResponse, Blocks
from .messages import BLOCKS

_COUNTS = Counts(
    input=("input_tokens",),
    output=("output_tokens",),
    cached=("cache_read_input_tokens",),
    written=("cache_creation_input_tokens",),
    apart=True,
    reasoning=("output_tokens_details.thinking_tokens",),
    written_1h=("cache_creation.ephemeral_1h_input_tokens",),
    searches=("server_tool_use.web_search_requests",),
)
"""Source: Anthropic's documentation of prompt caching. Anthropic's `input_tokens` do not include tokens that were
read from or written to the cache; `Usage.input_tokens` does.
"""

_FACTS = Facts(
    finish="stop_reason",
    output_paths=("content",),
    counts=_COUNTS,
    terms={"service_tier": "usage.service_tier", "speed": "usage.speed", "inference_geo": "usage.inference_geo"},
)
"""Source: Anthropic's pricing. The service tier, the fast mode and the region each change the price."""


_KINDS = {
    "partial_json": "input_json_delta",
    "text": "text_delta",
    "thinking": "thinking_delta",
    "signature": "signature_delta",
    "citation": "citations_delta",
}
"""Maps the key of a delta's content to the type of the delta."""


def kind_of(delta: Mapping[str, Any]) -> str:
    """Return the type of a delta. Without a type, which some gateways leave out, its content decides."""
    return str(delta.get("type") or next((kind for key, kind in _KINDS.items() if delta.get(key)), ""))


class AnthropicTool(CalledTool[ToolUseBlock]):
    """A tool that a model of Anthropic called."""

    _sdk_call: ClassVar[Any] = partial(construct, ToolUseBlock)


class AnthropicCallResponse(BlockResponse[Message, AnthropicTool, StopReason, AnthropicUsage, MessageParam]):
    """A response of Anthropic. `response` is a `Message` of its SDK."""

    provider = "anthropic"
    _raw_type: ClassVar[Any] = Message
    _block_kind: ClassVar[Blocks] = BLOCKS
    _facts: ClassVar[Facts] = _FACTS
    _tool_base: ClassVar[type[BaseTool]] = AnthropicTool
    _batch_part: ClassVar[float | None] = 0.5
    """Source: Anthropic's guide "Batch processing"."""

    @property
    def signature(self) -> str | None:
        """Anthropic's signature of the thinking; None without thinking. The signature is required when the thinking
        is sent back.
        """
        return next((block.signature for block in self._blocks if block.type == "thinking"), None)


class AnthropicCallResponseChunk(
    BaseCallResponseChunk[RawMessageStreamEvent, StopReason, AnthropicUsage | MessageDeltaUsage]
):
    """One event of a stream of Anthropic. `chunk` is the event as an object of its SDK."""

    __slots__ = ()
    provider = "anthropic"
    _raw_type: ClassVar[Any] = RawMessageStreamEvent
    _facts: ClassVar[Facts] = _FACTS
    _usage_places: ClassVar[tuple[str, ...]] = ("message.usage", "usage")

    @classmethod
    def _text_of(cls, data: Mapping[str, Any]) -> str:
        if data.get("type") == "content_block_start":
            block = as_object(data.get("content_block"))
            return as_text(block.get("text")) if block.get("type") in ("text", None) else ""
        if data.get("type") == "message_start":
            return "".join(as_text(as_object(block).get("text")) for block in _first_blocks(data))
        return as_text(as_object(data.get("delta")).get("text"))

    @property
    def _top(self) -> Mapping[str, Any]:
        # The first event contains the message; `message_delta` has its finish reason and usage.
        return as_object(self.data.get("message")) or {**self.data, **as_object(self.data.get("delta"))}

    @property
    def thinking(self) -> str:
        """The piece of thinking that this event adds; empty if it adds none."""
        added = [self.data.get("delta"), self.data.get("content_block"), *_first_blocks(self.data)]
        return "".join(as_text(as_object(one).get("thinking")) for one in added)

    @property
    def signature(self) -> str:
        """The signature of the thinking, in the event that has it; empty in all other events."""
        return as_text(as_object(self.data.get("delta")).get("signature"))

    @property
    def tool_deltas(self) -> Sequence[ToolDelta]:
        """The pieces of tool calls that this event adds."""
        block, delta = as_object(self.data.get("content_block")), as_object(self.data.get("delta"))
        index = self._placed(self.data.get("index"))
        if block.get("type") == "tool_use":
            return [ToolDelta(index=index, id=block.get("id"), name=block.get("name"))]
        if kind_of(delta) == "input_json_delta":
            return [ToolDelta(index=index, arguments=arguments_text(delta.get("partial_json")))]
        return ()


def _first_blocks(data: Mapping[str, Any]) -> list[Any]:
    """Return the blocks that the first event of a stream has. Anthropic sends none there, but some gateways do."""
    return as_list(as_object(data.get("message")).get("content"))


class _Thinks:
    """What the streams of Anthropic have in addition to those of other providers."""

    @property
    def thinking(self) -> str:
        """The thinking received so far; empty if there is none."""
        so_far = cast("Any", self)._so_far()
        return so_far.thinking or "" if so_far is not None else ""

    @property
    def signature(self) -> str:
        """Anthropic's signature of the thinking; empty until it has arrived."""
        so_far = cast("Any", self)._so_far()
        return so_far.signature or "" if so_far is not None else ""


class AnthropicStream(_Thinks, Stream[AnthropicCallResponse, AnthropicCallResponseChunk, AnthropicTool]):
    """A streamed response of Anthropic.

    It has everything that an unstreamed response has. `ping` events are not yielded.
    """


class AnthropicAsyncStream(_Thinks, AsyncStream[AnthropicCallResponse, AnthropicCallResponseChunk, AnthropicTool]):
    """Async version of `AnthropicStream`."""
