"""The results of requests: responses, chunks, accumulators, stream events, finish reasons, usage and prices.

Used by: providers, flows, streams, and the wire formats in `dialects`.
Must not know: how a request is sent, or when another request is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .accumulator import Accumulator
    from .attached import attach_response, response_of
    from .billing import Billed, usage_and_cost
    from .call_response import BaseCallResponse
    from .chunk import BaseCallResponseChunk, ChunkFactory, ToolDelta, set_place, without_content
    from .cost import Price, call_cost, set_price
    from .cost_metadata import CostMetadata
    from .decoded_messages import last_user_message
    from .dump import (
        CARRIERS,
        HOLDERS,
        FrozenValues,
        check_dump_version,
        dumped_raw,
        dumped_rest,
        from_json_bytes,
        json_bytes,
        plain_json,
        plain_options,
        without_carried,
    )
    from .finish_reasons import FinishReason, common_finish_reason, ended_for, newer_reason
    from .indexed_accumulator import IndexedAccumulator, Positions
    from .metadata import CommonMetadata, Facts, common_reasons, counted_usage
    from .notebook import Shown, ShownInNotebooks, pretty_json, shown_response
    from .offered_tools import attach_tools, set_tool_base
    from .related_responses import set_earlier_attempts, set_earlier_rounds, set_interruptions
    from .response_functions import (
        check_response,
        common_messages,
        correction_messages,
        decode_message,
        generated_text,
        is_from_cache,
        made_response,
        message_format,
        messages_key,
        set_from_batch,
        set_from_cache,
        tool_round_messages,
        usage_price,
    )
    from .result_parts import tool_results
    from .stream_events import (
        ErrorEvent,
        FinishEvent,
        StreamEvent,
        TextEvent,
        ThinkingEvent,
        ToolDeltaEvent,
        ToolReadyEvent,
        ToolStartEvent,
        UsageEvent,
    )
    from .usage import CommonUsage, Counts, Usage, newer_usage, token_count
    from .v1_form import V1CallResponse, V1CallResponseChunk
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "accumulator": "Accumulator",
            "attached": "attach_response response_of",
            "billing": "Billed usage_and_cost",
            "call_response": "BaseCallResponse",
            "chunk": "BaseCallResponseChunk ChunkFactory ToolDelta set_place without_content",
            "cost": "Price call_cost set_price",
            "decoded_messages": "last_user_message",
            "notebook": "Shown ShownInNotebooks pretty_json shown_response",
            "offered_tools": "attach_tools set_tool_base",
            "related_responses": "set_earlier_attempts set_earlier_rounds set_interruptions",
            "dump": "CARRIERS HOLDERS FrozenValues check_dump_version dumped_raw dumped_rest from_json_bytes "
            "json_bytes plain_json plain_options without_carried",
            "finish_reasons": "FinishReason common_finish_reason ended_for newer_reason",
            "indexed_accumulator": "IndexedAccumulator Positions",
            "metadata": "Facts CommonMetadata common_reasons counted_usage",
            "response_functions": "check_response common_messages correction_messages decode_message generated_text "
            "is_from_cache made_response message_format messages_key set_from_batch set_from_cache tool_round_messages "
            "usage_price",
            "result_parts": "tool_results",
            "stream_events": "ErrorEvent FinishEvent StreamEvent TextEvent ThinkingEvent ToolDeltaEvent "
            "ToolReadyEvent ToolStartEvent UsageEvent",
            "usage": "CommonUsage Counts Usage newer_usage token_count",
            "cost_metadata": "CostMetadata",
            "v1_form": "V1CallResponse V1CallResponseChunk",
        },
    )

__all__ = [
    "CARRIERS",
    "HOLDERS",
    "BaseCallResponse",
    "BaseCallResponseChunk",
    "Billed",
    "ChunkFactory",
    "CommonUsage",
    "Counts",
    "ErrorEvent",
    "Facts",
    "FinishEvent",
    "FinishReason",
    "Accumulator",
    "CommonMetadata",
    "IndexedAccumulator",
    "Positions",
    "Price",
    "Shown",
    "ShownInNotebooks",
    "StreamEvent",
    "TextEvent",
    "ThinkingEvent",
    "ToolDelta",
    "ToolDeltaEvent",
    "ToolReadyEvent",
    "ToolStartEvent",
    "Usage",
    "UsageEvent",
    "V1CallResponse",
    "V1CallResponseChunk",
    "call_cost",
    "check_dump_version",
    "check_response",
    "common_messages",
    "common_reasons",
    "correction_messages",
    "counted_usage",
    "FrozenValues",
    "dumped_raw",
    "dumped_rest",
    "from_json_bytes",
    "json_bytes",
    "plain_json",
    "pretty_json",
    "plain_options",
    "decode_message",
    "generated_text",
    "is_from_cache",
    "made_response",
    "message_format",
    "messages_key",
    "set_from_batch",
    "set_from_cache",
    "shown_response",
    "set_place",
    "tool_round_messages",
    "usage_and_cost",
    "usage_price",
    "without_carried",
    "without_content",
    "common_finish_reason",
    "ended_for",
    "newer_reason",
    "newer_usage",
    "attach_response",
    "attach_tools",
    "last_user_message",
    "set_earlier_attempts",
    "set_earlier_rounds",
    "set_interruptions",
    "set_tool_base",
    "response_of",
    "set_price",
    "token_count",
    "tool_results",
    "CostMetadata",
]
