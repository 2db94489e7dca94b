"""The table of oddities: each kind of what providers and hosts send, in each wire format.

A cell is a test (`module.function` below `tests/`, with the name of a script in brackets where a test runs several), or
the reason why the format cannot have the oddity. `test_odd_table.py` fails for a missing cell, and for a test that does
not exist or does not run the format.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

FORMATS = ("chat", "messages", "responses", "gemini", "cohere", "bedrock")


@dataclass(frozen=True)
class Reason:
    """Why a format cannot have an oddity."""

    text: str


Cell: TypeAlias = str | Reason


def row(rest: Cell | None = None, **cells: Cell) -> dict[str, Cell]:
    """The cells of an oddity: those given, and `rest` for all other formats."""
    others = {} if rest is None else dict.fromkeys(FORMATS, rest)
    return {**others, **cells}


def wire(name: str) -> str:
    return f"conformance.test_odd_wire.{name}"


def answers(name: str) -> str:
    return f"conformance.test_odd_answers.{name}"


def cells(name: str) -> str:
    return f"conformance.test_odd_cells.{name}"


def shapes(name: str) -> str:
    return f"conformance.test_odd_shapes.{name}"


def usage(name: str) -> str:
    return f"conformance.test_usage_missing.{name}"


def waiting(name: str) -> str:
    return f"conformance.test_waiting_times.{name}"


def scripted(script: str) -> str:
    """A script of `test_gateways.py`."""
    return f"conformance.test_gateways.test_streams[{script}]"


def added(script: str) -> str:
    """A script of `test_odd_cells.py`."""
    return f"conformance.test_odd_cells.test_scripts[{script}]"


PROPERTY = "conformance.test_odd_streams.test_an_odd_stream_is_the_answer"

# Reasons that several cells share.
WHOLE_CALL = Reason("a call arrives whole, in one part without an index")
BEGINS_ONCE = Reason("only the event that begins a block has its id and name")
LAST_EVENT = Reason("the event with the finish reason is the last one that is read")
NO_CHOICES = Reason("the format has no choices")
TYPED = Reason("boto3 reads events by Amazon's service model, and drops what it does not name")
BINARY = Reason("frames are binary and have a checksum: no line, no `[DONE]`")
ONE_USAGE = Reason("only the last event has the usage")
AMAZON = Reason("Amazon alone has the format, and reports no price")
NO_SIGNATURE = Reason("the format has no signatures")
NO_PARTS = Reason("thinking has no parts that are told apart by an index")
ONE_NAME = Reason("its SDK and every known host have one name for thinking")
NO_TOTAL = Reason("reasoning tokens are a part of the output tokens, and have no count of their own")
FINAL_HAS_ALL = Reason("the final event has the finish reason and the usage: a stream without it is interrupted")
NO_STAMPS = Reason("events have no id, time or model")
OPENAI_TOOLS = Reason("the tools are OpenAI's own")
SDK_HTTP = Reason("boto3 has its own HTTP layer, which no transport of httpx replaces")

TABLE: dict[str, dict[str, Cell]] = {
    # 1. Arguments
    "arguments begin complete and go on": row(
        chat=wire("test_arguments_that_count"),
        messages=wire("test_arguments_of_a_block"),
        responses=PROPERTY,
        gemini=WHOLE_CALL,
        cohere=wire("test_arguments_of_cohere"),
        bedrock=wire("test_arguments_of_bedrock"),
    ),
    "arguments after a first finish reason": row(
        added("after the finish reason"),
        chat=wire("test_arguments_that_count"),
        responses=LAST_EVENT,
        cohere=LAST_EVENT,
    ),
    "a call that is cut before its arguments": row(
        "conformance.test_odd_ends_of_calls.test_a_call_that_is_cut_before_its_arguments"
    ),
    # 2. Blocks and items
    "two calls under one index": row(
        scripted("two calls at one index"),
        chat=wire("test_two_calls"),
        messages=PROPERTY,
        responses=wire("test_two_calls_at_one_index"),
        gemini=WHOLE_CALL,
    ),
    "reasoning and a text under one index": row(
        scripted("thinking and text at one index"),
        chat=Reason("reasoning is a field of its own, beside the content"),
        messages=PROPERTY,
        responses=wire("test_reasoning_before_a_message_at_one_index"),
        gemini=Reason("parts have no index; `thought` tells them apart"),
    ),
    # 3. One call
    "an id that changes with each delta": row(
        BEGINS_ONCE,
        chat=wire("test_one_call"),
        responses=wire("test_ids_that_change"),
        gemini=WHOLE_CALL,
        cohere=scripted("an id that changes"),
    ),
    "a name in pieces": row(
        BEGINS_ONCE,
        chat=wire("test_one_call"),
        responses=Reason("deltas have no name; each event of an item has the whole one"),
        gemini=WHOLE_CALL,
        cohere=added("a name in pieces"),
    ),
    "one id under two indexes": row(
        chat=wire("test_one_call"),
        messages=added("one id under two indexes"),
        bedrock=added("one call under two indexes"),
        responses=added("one id under two indexes"),
        gemini=WHOLE_CALL,
        cohere=added("one id under two indexes"),
    ),
    "a call that is sent twice": row("conformance.test_odd_ends_of_calls.test_a_call_that_is_sent_twice"),
    "two calls with one id": row("conformance.test_odd_ends_of_calls.test_two_calls_with_one_id"),
    "arguments in a JSON string": row(
        chat=wire("test_whole_arguments_that_count"),
        messages=wire("test_arguments_of_a_block"),
        responses=scripted("arguments in a JSON string"),
        gemini=scripted("args in a JSON string"),
        cohere=wire("test_arguments_of_cohere"),
        bedrock=wire("test_arguments_of_bedrock"),
    ),
    "no index": row(
        PROPERTY,
        chat=wire("test_one_call"),
        messages=wire("test_two_blocks_of_one_index"),
        responses=wire("test_items_without_an_index"),
        bedrock=scripted("no index"),
    ),
    "an index from 1": row(
        PROPERTY,
        chat=wire("test_one_call"),
        messages=scripted("index from 1"),
        gemini=WHOLE_CALL,
    ),
    "an index that is a text": row(
        scripted("index text"),
        chat=scripted("call index text"),
        bedrock=PROPERTY,
    ),
    "a name with a host's prefix": row(
        wire("test_decorated_name_in_other_formats"),
        chat=wire("test_decorated_names"),
    ),
    # 4. Failures
    "an error in another structure": row(
        wire("test_failures_in_other_formats"),
        chat=wire("test_failures"),
        bedrock=TYPED,
    ),
    "a list of errors": row(
        wire("test_failures_in_other_formats"),
        chat=wire("test_whole_failures"),
        bedrock=TYPED,
    ),
    "an error that an SDK cannot read": row(
        wire("test_failures_read_by_an_sdk"),
        bedrock="bedrock.test_bedrock.test_garbage_is_an_error",
    ),
    "an event named error": row(
        wire("test_named_error"),
        bedrock="bedrock.test_bedrock.test_an_error_in_the_stream",
    ),
    "an error beside an empty answer": row(
        Reason("an event or a body of the format has no list that could be empty beside the error"),
        chat="conformance.test_gateways.test_errors_beside_an_empty_answer",
        gemini="conformance.test_gateways.test_errors_beside_an_empty_answer",
    ),
    "an error inside a choice": row(
        NO_CHOICES,
        chat=wire("test_error_of_a_choice"),
    ),
    "a failed response, then the error": row(
        Reason("no event says that a response has failed"),
        responses=wire("test_the_error_after_a_failed_response"),
    ),
    "retry_after in the body": row(
        wire("test_retry_after_in_the_body"),
        gemini=wire("test_retry_info"),
        bedrock=waiting("test_an_error_before_an_answer"),
    ),
    "retry_after of an error inside a stream": row(
        waiting("test_headers_of_a_stream"),
        cohere=waiting("test_headers_of_a_stream_of_cohere"),
    ),
    "an error before any output is retried": row(
        cells("test_an_error_before_any_output_is_retried"),
    ),
    # 5. Finish reasons
    "failing and unknown finish reasons": row(
        chat=wire("test_finish_reasons"),
        messages=wire("test_finish_reasons_of_messages"),
        responses=wire("test_a_failed_response_without_an_error"),
        gemini=wire("test_finish_reasons_of_gemini"),
        cohere=wire("test_finish_reasons_of_cohere"),
        bedrock=wire("test_finish_reasons_of_bedrock"),
    ),
    "a failing finish reason without output is retried": row(
        cells("test_an_answer_that_failed_without_output_is_retried"),
        chat=wire("test_an_answer_that_failed_without_output_is_retried"),
        messages=Reason("Anthropic has no finish reason of a failure: it sends an error event"),
        gemini=wire("test_gemini_that_failed_without_output_is_retried"),
    ),
    # 6. Signed reasoning
    "two signatures never become one text": row(
        cells("test_signatures_at_one_index"),
        chat=answers("test_signed_reasoning"),
        responses=cells("test_encrypted_reasoning"),
        gemini=cells("test_signatures_of_gemini"),
        cohere=NO_SIGNATURE,
    ),
    # 7. Texts
    "half a character in a stream": row(
        answers("test_half_characters_in_streams"),
    ),
    "half a character in a whole answer": row(
        answers("test_half_characters_in_whole_answers"),
    ),
    "half a character in arguments": row(
        answers("test_half_characters_in_arguments"),
    ),
    "half a character in a structured answer": row(
        answers("test_half_characters_in_a_response_model"),
        bedrock=answers("test_half_characters_in_arguments"),
    ),
    "half a character in a prompt": row(
        answers("test_half_characters_are_not_sent"),
    ),
    "NaN and Infinity in the usage": row(
        cells("test_numbers_that_are_none"),
        chat=answers("test_numbers_that_are_none"),
        bedrock=TYPED,
    ),
    # 8. Usage and cost
    "reasoning tokens outside the output tokens": row(
        NO_TOTAL,
        chat=answers("test_reasoning_tokens"),
        gemini=usage("test_google"),
    ),
    "reasoning tokens in the total alone": row(
        NO_TOTAL,
        chat=answers("test_reasoning_in_the_total"),
        responses=answers("test_reasoning_in_the_total_of_responses"),
        gemini=answers("test_reasoning_in_the_total_of_gemini"),
    ),
    "cached tokens under other names": row(
        Reason("every known host has the reference's names"),
        chat=answers("test_cached_tokens"),
    ),
    "usage in a choice": row(
        NO_CHOICES,
        chat=answers("test_usage_in_a_choice"),
    ),
    "zero usage after the usage": row(
        ONE_USAGE,
        chat=answers("test_no_usage_after_the_usage"),
        messages=answers("test_zero_input_tokens_after_the_real_ones"),
        gemini=cells("test_zero_usage_after_the_usage"),
    ),
    "cache writes for an hour": row(
        Reason("the usage has no count of writes for an hour"),
        messages="response.test_cost.test_writes_for_an_hour_and_searches",
    ),
    "flex and priority tiers": row(
        "response.test_cost.test_tiers",
        cohere=Reason("Cohere has no tiers"),
    ),
    "a host's own price": row(
        Reason("no known host of the format reports a price"),
        chat=answers("test_the_price_of_a_host"),
        messages=cells("test_the_price_of_a_host"),
        responses=answers("test_the_price_of_a_host_over_responses"),
        bedrock=AMAZON,
    ),
    # 9. Prompts that are too long, and statuses
    "too long a prompt": row(
        wire("test_too_long_a_prompt"),
        bedrock="bedrock.test_bedrock.test_errors_are_botos_and_ours",
    ),
    "statuses 402, 409, 503 and 504": row(
        wire("test_statuses"),
        bedrock="bedrock.test_bedrock.test_errors_are_botos_and_ours",
    ),
    # 10. Thinking
    "parts of a summary": row(
        NO_PARTS,
        responses=answers("test_parts_of_a_summary"),
    ),
    "thinking without deltas": row(
        Reason("a whole text is one delta: no event repeats it"),
        responses=answers("test_reasoning_without_deltas"),
    ),
    "other names of thinking": row(
        ONE_NAME,
        chat=answers("test_names_of_thinking"),
    ),
    "parts of reasoning in the content": row(
        Reason("the reference has such parts itself"),
        chat=answers("test_parts_of_reasoning"),
    ),
    # 11. The end
    "cut after the finish reason and the usage": row(
        answers("test_cut_after_the_end"),
        responses=FINAL_HAS_ALL,
        bedrock=Reason("`metadata` is the last frame, and nothing follows that could be cut"),
    ),
    "the end without the usage": row(
        chat=answers("test_cut_before_the_usage"),
        messages=usage("test_messages"),
        responses=usage("test_responses"),
        gemini=usage("test_google"),
        cohere=usage("test_cohere"),
        bedrock=usage("test_bedrock"),
    ),
    # 12. Stamps
    "each event stamped anew": row(
        PROPERTY,
        chat=answers("test_the_first_stamp_counts"),
        bedrock=NO_STAMPS,
    ),
    # 13. Unknown fields
    "unknown fields": row(
        cells("test_unknown_fields"),
        chat=answers("test_unknown_fields"),
        gemini=answers("test_unknown_fields_of_google"),
        bedrock=TYPED,
    ),
    # 14. Near misses
    "message or text in place of delta": row(
        NO_CHOICES,
        chat=wire("test_other_words_for_a_delta"),
    ),
    "content in another structure": row(
        chat=shapes("test_choices_of_whole_answers"),
        messages=shapes("test_messages"),
        responses=shapes("test_contents_of_responses"),
        gemini=shapes("test_one_part_alone"),
        cohere=shapes("test_deltas_of_cohere"),
        bedrock=TYPED,
    ),
    "a message that repeats the stream": row(
        Reason("the format has no event with the whole message after its pieces"),
        chat=shapes("test_a_message_that_repeats_the_stream"),
        responses=PROPERTY,
    ),
    "a status or an item that is missing": row(
        Reason("the format has no status, and no event that adds an item"),
        responses=shapes("test_responses"),
    ),
    "the finish reason null as a word": row(
        added("the finish reason null"),
        chat=wire("test_a_finish_reason_that_is_the_word_null"),
        responses=Reason("the status of a response is never null"),
        cohere=LAST_EVENT,
        bedrock=AMAZON,
    ),
    "an error of empty fields": row(
        added("an error of empty fields"),
        chat=wire("test_an_empty_error_is_ignored"),
        bedrock=TYPED,
    ),
    "spellings of [DONE]": row(
        scripted("done"),
        chat=wire("test_spellings_of_the_end"),
        responses=added("spellings of [DONE]"),
        cohere=PROPERTY,
        bedrock=BINARY,
    ),
    "retry-after: nan": row(
        wire("test_retry_after_that_is_no_number"),
        bedrock=waiting("test_headers_that_cannot_be_meant"),
    ),
    "null events that keep a connection alive": row(
        scripted("null event"),
        bedrock=BINARY,
    ),
    "usage without an answer": row(
        "conformance.test_nothing.test_a_session_sends_no_empty_answer_back",
        gemini=wire("test_usage_without_candidates"),
    ),
    "calls of OpenAI's own tools": row(
        OPENAI_TOOLS,
        chat="conformance.test_odd_calls.test_custom_calls_of_chat_completions",
        responses="conformance.test_odd_calls.test_native_calls_are_run",
    ),
    "a JPEG labelled PNG": row(
        wire("test_a_jpeg"),
        cohere=cells("test_a_jpeg"),
        bedrock=cells("test_a_jpeg"),
    ),
    "a data: URL": row(
        wire("test_a_jpeg"),
        cohere=cells("test_a_jpeg"),
        bedrock=cells("test_a_jpeg"),
    ),
    "images in an answer": row(
        "conformance.test_generated_media.test_images_of_other_formats",
        chat="conformance.test_generated_media.test_images_beside_the_content",
        messages=Reason("no model of the format returns images"),
        cohere=Reason("no model of the format returns images"),
    ),
    # 15. Clients
    "a client with a ready body": row(
        answers("test_a_body_that_is_there"),
        gemini=cells("test_a_body_that_is_there"),
        cohere=cells("test_a_body_that_is_there"),
        bedrock=SDK_HTTP,
    ),
}
