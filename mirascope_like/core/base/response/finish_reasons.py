"""Converts the finish reasons of all providers to a common form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "error", "unknown"]
"""Why a generation ended, in the common form. "error" means that the generation failed, and "unknown" stands for
every reason that is not listed here.
"""

_WORDS: dict[FinishReason, str] = {
    "stop": "stop eos eos_token end_turn stop_sequence pause_turn complete completed stop_token done",
    "length": "length max_tokens max_output_tokens model_length model_context_window_exceeded context_length_exceeded "
    "incomplete token_limit time_limit max_length error_limit",
    "tool_calls": "tool_calls tool_call tool_use function_call",
    "content_filter": "content_filter content_filtered sensitive safety refusal recitation guardrail_intervened "
    "blocklist prohibited_content spii error_toxic blocked",
    "error": "error failed cancelled canceled user_cancel abort network_error insufficient_system_resource "
    "engine_overloaded malformed_function_call malformed_tool_use malformed_model_output malformed_response "
    "unexpected_tool_call too_many_tool_calls missing_thought_signature",
}
_COMMON: dict[str, FinishReason] = {word: meaning for meaning, words in _WORDS.items() for word in words.split()}
"""Maps the finish reasons of all providers to the common ones. Source: the API references of OpenAI, Anthropic,
Google, Mistral, Cohere, DeepSeek, z.ai (`sensitive`, `network_error`, `model_context_window_exceeded`), vLLM
(`abort`), watsonx (`token_limit`, `time_limit`) and OpenRouter.
"""


def common_finish_reason(reason: Any, own: Mapping[str, FinishReason]) -> FinishReason:
    """Return a finish reason in the common form. `own` maps reasons of one provider only, and takes precedence over the
    general table.

    Also reads the joined reasons of Gemini's OpenAI endpoint, such as `function_call_filter: MALFORMED_FUNCTION_CALL`,
    and what gateways make of a reason: `tool-calls`, `FinishReason.STOP`, `FINISH_REASON_STOP`.
    """
    text = str(getattr(reason, "value", reason))
    if (meaning := own.get(text) or _COMMON.get(text)) is not None:
        return meaning
    for word in (text, text.rpartition(":")[2]):
        plain = word.strip().lower().replace("-", "_").removeprefix("finishreason.").removeprefix("finish_reason_")
        if (meaning := _COMMON.get(plain) or own.get(word.strip())) is not None:
            return meaning
    return "unknown"


def newer_reason(known: Any, reported: Any) -> Any:
    """Return the finish reason of a response after an event with the reason `reported`. `known` is the reason so far.

    A normal stop does not replace a reason, because some gateways end every stream with one.
    """
    newer = ended_for(reported)
    normal = ended_for(known) is not None and common_finish_reason(newer, {}) == "stop"
    return known if newer is None or normal else newer


def ended_for(reason: Any) -> Any:
    """Return a finish reason; None for a value that means "not ended": None, an empty text, or the text "null"."""
    return None if reason in (None, "", "null", "None") else reason
