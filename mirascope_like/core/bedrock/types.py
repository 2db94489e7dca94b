"""The types of responses, chunks, tools and streams of Bedrock."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self, cast

from pydantic import field_serializer
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict

from ..base.parsing import as_list, as_object, as_text, at, decode_whole
from ..base.response import BaseCallResponseChunk, Counts, Facts, ToolDelta, Usage, token_count
from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool, CalledTool
from ..dialects.chat_completions import arguments_text
from ..dialects.content_blocks import BlockResponse, Blocks
from .messages import BLOCKS

BedrockFinishReason = Literal[
    "end_turn",
    "tool_use",
    "max_tokens",
    "stop_sequence",
    "guardrail_intervened",
    "content_filtered",
    "malformed_model_output",
    "malformed_tool_use",
    "model_context_window_exceeded",
]
"""Why a generation ended. Source: `StopReason` of boto3's service model."""


class BedrockUsage(TypedDict, total=False):
    """Bedrock's token counts. Source: `TokenUsage` of boto3's service model."""

    inputTokens: int
    """Tokens that were neither read from nor written to the cache."""
    outputTokens: int
    totalTokens: int
    cacheReadInputTokens: int
    cacheWriteInputTokens: int
    cacheDetails: list[dict[str, Any]]


class BedrockResponse(TypedDict, total=False):
    """The dict that boto3's `converse` returns. Source: `ConverseResponse` of boto3's service model."""

    ResponseMetadata: dict[str, Any]
    output: dict[str, Any]
    """A dict of the form `{"message": {"role": ..., "content": [...]}}`."""
    stopReason: BedrockFinishReason
    usage: BedrockUsage
    metrics: dict[str, Any]
    additionalModelResponseFields: Any
    trace: dict[str, Any]
    performanceConfig: dict[str, Any]
    serviceTier: dict[str, Any]


_COUNTS = Counts(
    input=("inputTokens",),
    output=("outputTokens",),
    cached=("cacheReadInputTokens",),
    written=("cacheWriteInputTokens",),
    apart=True,
)
"""Source: Bedrock's documentation of prompt caching. Bedrock's `inputTokens` do not include tokens that were read
from or written to the cache; `Usage.input_tokens` does.
"""

_FACTS = Facts(
    model="trace.promptRouter.invokedModelId",
    id="ResponseMetadata.RequestId",
    finish="stopReason",
    output_paths=("output",),
    counts=_COUNTS,
    terms={"service_tier": "serviceTier.type"},
)
"""Bedrock reports the model only if a prompt router chose it."""


def _read_usage(raw: Any) -> Usage:
    hour = [
        token_count(one.get("inputTokens"))
        for one in map(as_object, as_list(at(raw, "cacheDetails")))
        if one.get("ttl") == "1h"
    ]
    return _COUNTS.read(raw)._replace(cache_write_1h_tokens=sum(one or 0 for one in hour) if hour else None)


class BedrockTool(CalledTool[dict[str, Any]]):
    """A tool that a model on Bedrock called."""


class BedrockCallResponse(
    BlockResponse[BedrockResponse, BedrockTool, BedrockFinishReason, BedrockUsage, dict[str, Any]]
):
    """A response of Bedrock. `response` is the dict that boto3 returns."""

    provider = "bedrock"
    _block_kind: ClassVar[Blocks] = BLOCKS
    _facts: ClassVar[Facts] = _FACTS
    _priced_as: ClassVar[str | None] = "aws"
    _tool_base: ClassVar[type[BaseTool]] = BedrockTool
    _batch_part: ClassVar[float | None] = 0.5
    """Source: Amazon Bedrock's pricing."""

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> BedrockResponse:
        return cast("BedrockResponse", _with_bytes(decode_whole(raw) if isinstance(raw, bytes) else raw))

    @classmethod
    def _read_usage(cls, raw: Any) -> Usage | None:
        return _read_usage(raw)

    @property
    def raw(self) -> dict[str, Any]:
        """The dict that boto3 returned, as JSON: bytes are base64."""
        return cast("dict[str, Any]", to_jsonable_python(self.response, bytes_mode="base64", fallback=str))

    @field_serializer("response", mode="plain")
    def _dump_response(self, value: Any) -> Any:
        return to_jsonable_python(value, bytes_mode="base64", fallback=str)

    @property
    def citations(self) -> list[dict[str, Any]] | None:
        """The citations of all text blocks; None if there are none."""
        cited = [as_object(block.get("citationsContent")).get("citations") for block in self._blocks]
        return [citation for citations in cited for citation in citations or ()] or None

    @property
    def model(self) -> str | None:
        """The model that a prompt router chose; otherwise the requested model, because Bedrock does not report the
        model.
        """
        return super().model or self.call_kwargs.get("modelId")


_DATA = frozenset({"bytes", "redactedContent"})
_FREE = frozenset({"input", "json", "additionalModelResponseFields", "trace", "ResponseMetadata"})


def _with_bytes(value: Any) -> Any:
    """Return a dumped response with its base64 values decoded to bytes. JSON that the model wrote is not changed."""
    if isinstance(value, list):
        return [_with_bytes(one) for one in as_list(value)]
    if not isinstance(value, Mapping):
        return value
    fields: dict[str, Any] = {**value}
    for key, one in fields.items():
        if key in _DATA and isinstance(one, str):
            fields[key] = urlsafe_b64decode(one)
        elif key not in _FREE:
            fields[key] = _with_bytes(one)
    return fields


class BedrockCallResponseChunk(BaseCallResponseChunk[dict[str, Any], BedrockFinishReason, BedrockUsage]):
    """One event of a stream of Bedrock. `chunk` is boto3's event: a dict whose only key is the name of the event."""

    __slots__ = ()
    provider = "bedrock"
    _facts: ClassVar[Facts] = _FACTS
    _usage_places: ClassVar[tuple[str, ...]] = ("metadata.usage",)

    @classmethod
    def _from_data(cls, data: dict[str, Any]) -> Self:
        return cls._from_object(data, cls._text_of(data))

    @classmethod
    def _read_usage(cls, raw: Any) -> Usage | None:
        return _read_usage(raw)

    @classmethod
    def _type(cls, raw: bytes) -> dict[str, Any]:
        return cast("dict[str, Any]", decode_whole(raw))

    @classmethod
    def _text_of(cls, data: Mapping[str, Any]) -> str:
        return as_text(at(data, "contentBlockDelta.delta.text"))

    @property
    def _top(self) -> Mapping[str, Any]:
        # An event has one key, its name. `messageStop` and `metadata` contain top-level fields of a response.
        return as_object(next(iter(self.data.values()), None))

    @property
    def thinking(self) -> str:
        """The piece of thinking that this event adds; empty if it adds none."""
        return as_text(at(self.data, "contentBlockDelta.delta.reasoningContent.text"))

    @property
    def tool_deltas(self) -> Sequence[ToolDelta]:
        """The pieces of tool calls that this event adds."""
        facts, index = self._top, self._placed(self._top.get("contentBlockIndex"))
        if use := at(facts, "start.toolUse"):
            own = use.get("type") is not None  # a call that the provider runs itself
            return () if own else [ToolDelta(index, "", use.get("toolUseId"), use.get("name"))]
        use = at(facts, "delta.toolUse")
        return [ToolDelta(index, arguments_text(use.get("input")))] if use else ()


class BedrockStream(Stream[BedrockCallResponse, BedrockCallResponseChunk, BedrockTool]):
    """A streamed response of Bedrock.

    It has everything that an unstreamed response has. boto3 drops events and fields that its service model does not
    contain, such as the random padding `p` of events, from both.
    """


class BedrockAsyncStream(AsyncStream[BedrockCallResponse, BedrockCallResponseChunk, BedrockTool]):
    """Async version of `BedrockStream`. boto3 reads in a thread, at most 64 events ahead of the reader."""
