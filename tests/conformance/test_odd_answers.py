"""Oddities in texts, reasoning, usage and the ends of streams, in every format that can have them."""

from __future__ import annotations

import asyncio
import gzip
import json
import pickle
from typing import Any

import httpx
import httpx2
import pytest
from pydantic import BaseModel

from mirascope_like.core import PromptError, StreamInterruptedError, StreamState
from mirascope_like.core.base.parsing import at
from tests.conformance.capabilities import SDKS_WARN, every_row
from tests.conformance.contract import BaseRow
from tests.conformance.odd_wire import (
    BYTES,
    PLAIN,
    STREAMED,
    WHOLE,
    Way,
    chunk,
    completion,
    get_weather,
    nobody,
    not_mistral,
    odd,
    response_of,
)
from tests.conformance.providers import ROWS, Row
from tests.conformance.reading import asked
from tests.conformance.wires.answer import JSON, Answer, Call, Text
from tests.harness.server import Reply, Server

SDKS = "chat responses messages bedrock cohere gemini"
"""The formats whose SDKs read half characters; the retired Gemini SDK's protocol buffers cannot hold them."""

# Half characters (RFC 8259, section 8.2): the SDKs read them with `json.loads`; Kohaku-Lab/KohakuTerrarium#48 reports
# them of OpenRouter, elie222/rakazo#416 (an emoji cut between two chunks) and simonguo/evidenceloom#50 (DeepSeek).
HALVES = [
    pytest.param(("hello \ud83d", "\ude00 ok"), "hello \U0001f600 ok", id="pair in two events"),
    pytest.param(("ok \ud83d", " end"), "ok \ufffd end", id="first half alone"),
    pytest.param(("ok ", "\udcaf end"), "ok \ufffd end", id="second half alone"),
    pytest.param(("ok", " \ud83d"), "ok \ufffd", id="first half at the end"),
    pytest.param(("\ud83d", "\ud83d", "\ude00", "x"), "\ufffd\U0001f600x", id="halves alone in events"),
]


@pytest.mark.parametrize(("pieces", "text"), HALVES)
@odd(SDKS, STREAMED, not_mistral)
def test_half_characters_in_streams(row: BaseRow, way: Way, pieces: tuple[str, ...], text: str, server: Server) -> None:
    found = way(row, server, row.wire.streamed(Answer(Text(*pieces))))
    assert found.error is None
    assert (found.text, found.stream.content, found.response.content) == (text, text, text)
    again = type(found.response).model_validate_json(found.response.model_dump_json())
    assert again.content == text


# Mistral's SDK refuses them in its own iterator; as bytes they are read.
@pytest.mark.parametrize(("pieces", "text"), HALVES)
@odd("chat", BYTES, lambda row: row.id == "mistral")
def test_half_characters_in_streams_of_mistral(
    row: BaseRow, way: Way, pieces: tuple[str, ...], text: str, server: Server
) -> None:
    found = way(row, server, row.wire.streamed(Answer(Text(*pieces))))
    assert (found.error, found.text, found.response.content) == (None, text, text)


@odd(SDKS, WHOLE, not_mistral)
def test_half_characters_in_whole_answers(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, row.wire.answered(Answer("a \ud83d b \ud83d\ude00")))
    assert (found.error, found.text) == (None, "a \ufffd b \U0001f600")
    assert type(found.response).model_validate_json(found.response.model_dump_json()) == found.response


class Mood(BaseModel):
    mood: str


@pytest.mark.parametrize("escaped", [False, True], ids=["as text", "as an escape"])
@odd(SDKS, [*STREAMED, *WHOLE], not_mistral)
def test_half_characters_in_arguments(row: BaseRow, way: Way, escaped: bool, server: Server) -> None:
    city = "Ro\\ud83d" if escaped else "Ro\ud83d"
    answer = Answer(Call("callOslo1", "get_weather", f'{{"city": "{city} me"}}'))
    found = way(
        row, server, row.wire.streamed(answer) if way.stream else row.wire.answered(answer), tools=[get_weather]
    )
    assert (found.error, found.faults) == (None, [])
    assert [args for _, _, args in found.tools] == [{"city": "Ro\ufffd me"}]


@odd("chat responses messages cohere gemini", WHOLE, not_mistral, by_llm=nobody)
def test_half_characters_in_a_response_model(row: BaseRow, way: Way, server: Server) -> None:
    server.reply(row.wire.answered(Answer('{"mood": "so \\ud83d so"}')))
    found = asked(row, server, way.asynchronous, response_model=Mood, json_mode=True)
    assert found == Mood(mood="so \ufffd so")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@every_row
def test_half_characters_are_not_sent(row: BaseRow, stream: bool, server: Server) -> None:
    with row.client(server) as client, pytest.raises(PromptError, match="half a character"):
        row.decorated(client, stream=stream)("a \ud83d b")


# Signed reasoning. OpenRouter's documentation: "the sequence of reasoning_details must be sent back as it came";
# reported by OpenRouterTeam/ai-sdk-provider#519 and #520, langchain-ai/langchain#36400.
def details(*pieces: JSON) -> Reply:
    chunks = [chunk({"content": "", "reasoning_details": [piece]}) for piece in pieces]
    return Reply.chat(*chunks, chunk({"content": "hi"}, "stop"))


def summary(text: str, **fields: Any) -> JSON:
    return {"type": "reasoning.summary", "summary": text, "index": 0, **fields}


def encrypted(data: str, id: str | None = None, **fields: Any) -> JSON:
    return {"type": "reasoning.encrypted", "data": data, **({"id": id} if id else {}), "index": 0, **fields}


def thought(text: str = "", signature: str | None = None, index: int = 0) -> JSON:
    signed = {"signature": signature} if signature else {}
    return {"type": "reasoning.text", "text": text, **signed, "format": "anthropic-claude-v1", "index": index}


BLOCKS = [
    pytest.param(
        [summary("A1"), summary("A2"), encrypted("E1", "rs_1"), summary("B"), encrypted("E2", "rs_2")],
        [summary("A1A2"), encrypted("E1", "rs_1"), summary("B"), encrypted("E2", "rs_2")],
        id="all of index 0",
    ),
    pytest.param([encrypted("E1"), encrypted("E2")], [encrypted("E1"), encrypted("E2")], id="encrypted without ids"),
    pytest.param([encrypted("E1", "a"), encrypted("E1", "a")], [encrypted("E1", "a")], id="told twice"),
    pytest.param(
        [thought("a"), thought("b"), thought("", "S1"), thought("c"), thought("", "S2")],
        [thought("ab", "S1"), thought("c", "S2")],
        id="two signatures",
    ),
    pytest.param(
        [thought("a", index=0), thought("x", index=1), thought("b", index=0), thought("y", index=1)],
        [thought("ab", index=0), thought("xy", index=1)],
        id="interleaved",
    ),
    pytest.param(
        [encrypted("E1", "a"), encrypted("F1", "b"), encrypted("E2", "a")],
        [encrypted("E1E2", "a"), encrypted("F1", "b")],
        id="by id",
    ),
]


@pytest.mark.parametrize(("pieces", "blocks"), BLOCKS)
@odd("chat", STREAMED, not_mistral)
def test_signed_reasoning(row: BaseRow, way: Way, pieces: list[JSON], blocks: list[JSON], server: Server) -> None:
    found = way(row, server, details(*pieces))
    assert found.error is None
    assert found.response.message_param["reasoning_details"] == blocks


# LiteLLM's `thinking_blocks` come without an index; GitHub Copilot's `reasoning_opaque` is whole, and may be repeated.
@odd("chat", STREAMED, not_mistral)
def test_signed_reasoning_under_other_names(row: BaseRow, way: Way, server: Server) -> None:
    blocks = [{"type": "thinking", "thinking": "a"}, {"type": "thinking", "thinking": "b", "signature": "S1"}]
    more = [{"type": "thinking", "thinking": "c", "signature": "S2"}]
    events = [chunk({"thinking_blocks": [one], "reasoning_opaque": "O"}) for one in [*blocks, *more]]
    found = way(row, server, Reply.chat(*events, chunk({"content": "hi"}, "stop")))
    message = found.response.message_param
    assert message["thinking_blocks"] == [{"type": "thinking", "thinking": "ab", "signature": "S1"}, *more]
    assert message["reasoning_opaque"] == "O"


# Usage
USAGE: JSON = {"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17}


def chat_reply(way: Way, usage: Any, **fields: Any) -> Reply:
    if not way.stream:
        return Reply.json(completion({"content": "a"}, usage=usage, **fields))
    return Reply.chat(chunk({"content": "a"}), chunk({}, "stop"), chunk(usage=usage, **fields))


# docs.x.ai, Consumption and Rate Limits: reasoning tokens stand beside completion_tokens, and in total_tokens;
# UKGovernmentBEIS/inspect_ai#5528, langchain-ai/langchain#34603. promptfoo/promptfoo#9507 is the control.
@pytest.mark.parametrize(
    ("usage", "output"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 37}, 27),
        ({"prompt_tokens": 10, "completion_tokens": 27, "total_tokens": 37}, 27),
        ({"prompt_tokens": 10, "completion_tokens": 7}, 27),
        ({"prompt_tokens": 10, "completion_tokens": 27}, 27),
    ],
    ids=["apart", "inside", "apart without a total", "inside without a total"],
)
@odd("chat", [*STREAMED, *WHOLE], not_mistral)
def test_reasoning_tokens(row: BaseRow, way: Way, usage: JSON, output: int, server: Server) -> None:
    found = way(row, server, chat_reply(way, {**usage, "completion_tokens_details": {"reasoning_tokens": 20}}))
    usages = found.response.common_usage
    assert (usages.output_tokens, usages.reasoning_tokens, usages.total_tokens) == (output, 20, 10 + output)


# mozilla-ai/any-llm#1290, router-for-me/CLIProxyAPI#5743 and #5746: Gemini's thinking is in the total alone. Converse's
# total counts the cache (its reference), and Mistral's counts audio: these are not output.
@pytest.mark.parametrize(
    ("more", "output", "reasoning"),
    [
        ({}, 37, 30),
        ({"completion_tokens_details": {"reasoning_tokens": 0}}, 37, 30),
        ({"completion_tokens": 0, "total_tokens": 35}, 30, 30),
        ({"prompt_tokens_details": {"cached_tokens": 30}}, 7, None),
        ({"prompt_audio_seconds": 9}, 7, None),
        ({"prompt_tokens_details": {"image_tokens": 30}}, 7, None),
    ],
    ids=["no count", "zero", "no text", "the cache", "audio", "images"],
)
@odd("chat", [*STREAMED, *WHOLE], not_mistral)
def test_reasoning_in_the_total(
    row: BaseRow, way: Way, more: JSON, output: int, reasoning: int | None, server: Server
) -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 42, **more}
    usages = counts_of(way(row, server, chat_reply(way, usage)))
    assert usages == (5, output, reasoning)


@odd("responses", [*STREAMED, *WHOLE])
def test_reasoning_in_the_total_of_responses(row: BaseRow, way: Way, server: Server) -> None:
    usage = {"input_tokens": 5, "output_tokens": 7, "total_tokens": 42}
    body = response_of([], usage=usage)
    done = {"type": "response.completed", "response": body}
    reply = Reply.messages(done) if way.stream else Reply.json(body)
    assert counts_of(way(row, server, reply)) == (5, 37, 30)


# Google's reference of `UsageMetadata`: the total includes the thoughts.
@odd("gemini array", [*STREAMED, *WHOLE])
def test_reasoning_in_the_total_of_gemini(row: BaseRow, way: Way, server: Server) -> None:
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 7, "totalTokenCount": 42}
    content = {"role": "model", "parts": [{"text": "Hi"}]}
    body = {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}], "usageMetadata": usage}
    reply = row.wire.stream(body) if way.stream else Reply.json(body)
    assert counts_of(way(row, server, reply)) == (5, 37, 30)


def counts_of(found: Any) -> tuple[int | None, int | None, int | None]:
    assert found.error is None
    usages = found.response.common_usage
    return usages.input_tokens, usages.output_tokens, usages.reasoning_tokens


# platform.kimi.ai/docs/api/chat has `cached_tokens` at the top; gateways to Anthropic its own names.
@pytest.mark.parametrize(
    ("usage", "cached", "written"),
    [
        ({"cached_tokens": 4}, 4, None),
        ({"cache_read_input_tokens": 4, "cache_creation_input_tokens": 2}, 4, 2),
        ({"prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2}}, 4, 2),
        ({"prompt_tokens_details": {"cached_tokens": 0}, "prompt_cache_hit_tokens": 4}, 4, None),
        ({"prompt_tokens_details": {"cached_tokens": 0}, "cached_tokens": 0}, 0, None),
    ],
    ids=["Kimi", "gateways", "OpenRouter", "filled with zero", "zero"],
)
@odd("chat", [*STREAMED, *WHOLE], not_mistral)
def test_cached_tokens(row: BaseRow, way: Way, usage: JSON, cached: int, written: int | None, server: Server) -> None:
    found = way(row, server, chat_reply(way, {**USAGE, **usage}))
    usages = found.response.common_usage
    assert (found.response.cached_tokens, usages.cached_tokens, usages.cache_write_tokens) == (cached, cached, written)


# Kimi tells the usage of a stream in the first choice: earendil-works/pi#2017, maximhq/bifrost#191.
@odd("chat", STREAMED, not_mistral)
def test_usage_in_a_choice(row: BaseRow, way: Way, server: Server) -> None:
    last = chunk({}, "stop")
    last["choices"][0]["usage"] = USAGE
    found = way(row, server, Reply.chat(chunk({"content": "a"}), last))
    assert (found.response.input_tokens, found.response.output_tokens) == (10, 7)
    assert (found.response.usage.prompt_tokens, found.response.usage_missing) == (10, False)


# Some hosts send one more usage of zeros, or of null, after the real one.
@pytest.mark.parametrize("zero", [{"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, None])
@odd("chat", STREAMED)
def test_no_usage_after_the_usage(row: BaseRow, way: Way, zero: Any, server: Server) -> None:
    head = [chunk({"content": "a"}), chunk({}, "stop", usage=USAGE)]
    found = way(row, server, Reply.chat(*head, chunk({}, usage=zero)))
    assert (found.error, found.response.input_tokens, found.response.output_tokens) == (None, 10, 7)


@odd("messages", STREAMED)
def test_zero_input_tokens_after_the_real_ones(row: BaseRow, way: Way, server: Server) -> None:
    events = [*row.wire.events(Answer("Hi", input=30))]
    for event in events:
        if isinstance(event, dict) and event["type"] == "message_delta":
            event["usage"] = {"input_tokens": 0, "output_tokens": 5, "cache_read_input_tokens": None}
    found = way(row, server, row.wire.stream(*events))
    assert (found.error, found.response.input_tokens, found.response.output_tokens) == (None, 30, 5)


@pytest.mark.parametrize("number", [float("nan"), float("inf")], ids=str)
@odd("chat", [*STREAMED, *WHOLE], not_mistral)
def test_numbers_that_are_none(row: BaseRow, way: Way, number: float, server: Server) -> None:
    found = way(row, server, chat_reply(way, {**USAGE, "completion_tokens": number}))
    assert (found.error, found.response.input_tokens, found.response.output_tokens) == (None, 10, None)
    assert row.id == "local" or found.response.cost is None


# A host's own price. OpenRouter's usage accounting, Perplexity's and xAI's documentation; BerriAI/litellm#17887.
PRICES = [
    pytest.param({"cost": 0.25}, 0.25, id="OpenRouter"),
    pytest.param({"cost": {"input_tokens_cost": 0.1, "total_cost": 0.25}}, 0.25, id="Perplexity"),
    pytest.param({"cost_in_usd_ticks": 2_500_000_000}, 0.25, id="xAI"),
    pytest.param({"total_cost": 0.25}, 0.25, id="total"),
    pytest.param({"cost": "0.25"}, 0.25, id="a text"),  # decimal numbers of Python become texts in JSON
    pytest.param({"cost": "free"}, None, id="no number"),
    pytest.param(
        {"cost": 0.05, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.2}}, 0.25, id="your own key"
    ),
    pytest.param({"cost": 0.05, "is_byok": True}, None, id="your own key, price unknown"),
]


@pytest.mark.parametrize(("usage", "cost"), PRICES)
@odd("chat", [*STREAMED, *WHOLE], not_mistral)
def test_the_price_of_a_host(row: BaseRow, way: Way, usage: JSON, cost: float | None, server: Server) -> None:
    found = way(row, server, chat_reply(way, {**USAGE, **usage}))
    assert found.response.cost == (pytest.approx(cost) if cost is not None else None)


@pytest.mark.parametrize(("usage", "cost"), PRICES)
@odd("responses", [*STREAMED, *WHOLE])
def test_the_price_of_a_host_over_responses(
    row: BaseRow, way: Way, usage: JSON, cost: float | None, server: Server
) -> None:
    message = {"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": []}
    whole = response_of([message], usage={"input_tokens": 10, "output_tokens": 7, "total_tokens": 17, **usage})
    final = {"type": "response.completed", "response": whole, "sequence_number": 0}
    found = way(row, server, Reply.messages(final) if way.stream else Reply.json(whole))
    assert found.response.cost == (pytest.approx(cost) if cost is not None else None)


# Thinking. Names: GitHub Copilot's `reasoning_text` (BerriAI/litellm#35021), DeepSeek's and OpenRouter's.
@pytest.mark.parametrize("key", ["reasoning", "reasoning_content", "reasoning_text"])
@odd("chat", [*STREAMED, *WHOLE], not_mistral)
def test_names_of_thinking(row: BaseRow, way: Way, key: str, server: Server) -> None:
    whole = completion({"content": "a", key: "hm so"})
    events = [chunk({key: "hm"}), chunk({key: " so"}), chunk({"content": "a"}, "stop")]
    found = way(row, server, Reply.chat(*events) if way.stream else Reply.json(whole))
    assert (found.error, found.thinking, found.response.thinking) == (None, "hm so", "hm so")


# Databricks: tidyverse/ellmer#822, maximhq/bifrost#6958. One part as in a whole answer, and its signature stays.
@odd("chat", STREAMED, not_mistral)
def test_parts_of_reasoning(row: BaseRow, way: Way, server: Server) -> None:
    def reasoning(text: str, **fields: str) -> JSON:
        return {"type": "reasoning", "summary": [{"type": "summary_text", "text": text, **fields}]}

    pieces = [reasoning("The"), reasoning(" user"), reasoning("", signature="S1"), reasoning("!", signature="S2")]
    events = [chunk({"content": [piece]}) for piece in [*pieces, {"type": "text", "text": "Hi"}]]
    found = way(row, server, Reply.chat(*events, chunk({}, "stop")))
    assert (found.text, found.thinking, found.response.thinking) == ("Hi", "The user!", "The user!")
    parts = [reasoning("The user", signature="S1"), reasoning("!", signature="S2"), {"type": "text", "text": "Hi"}]
    assert found.response.message_param["content"] == parts


# The parts of a summary are told apart by `summary_index` alone: zendev-sh/goai#129, dust-tt/dust#31080.
@odd("responses", STREAMED)
def test_parts_of_a_summary(row: BaseRow, way: Way, server: Server) -> None:
    item = {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": one} for one in "AB"]}
    deltas = [
        {"type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "output_index": 0, **one}
        for one in ({"summary_index": 0, "delta": "A"}, {"summary_index": 1, "delta": "B"})
    ]
    final = {"type": "response.completed", "response": response_of([item])}
    events = [{**one, "sequence_number": at} for at, one in enumerate([*deltas, final])]
    found = way(row, server, Reply.messages(*events))
    assert (found.thinking, found.response.thinking) == ("A\n\nB", "A\n\nB")


# Gateways that send no deltas of the reasoning: it is in the done event of its item, or in the final event alone.
@odd("responses", STREAMED)
@pytest.mark.parametrize("final", [False, True], ids=["done", "final"])
def test_reasoning_without_deltas(row: BaseRow, way: Way, final: bool, server: Server) -> None:
    item = {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": one} for one in "AB"]}
    done = {"type": "response.output_item.done", "output_index": 0, "item": item, "sequence_number": 0}
    end = {"type": "response.completed", "response": response_of([item] if final else []), "sequence_number": 1}
    found = way(row, server, Reply.messages(*([] if final else [done]), end))
    assert (found.error, found.thinking, found.response.thinking) == (None, "A\n\nB", "A\n\nB")


# The end of a stream
def broken(reply: Reply) -> Reply:
    """The reply, without `[DONE]` and the end of its body."""
    return reply.truncate(len(reply.body.removesuffix(b"data: [DONE]\n\n")))


# ayunis-core/ayunis-core#885: cut after the finish reason and the usage, before `[DONE]`. Nothing is missing.
@odd("chat messages cohere gemini", BYTES)
def test_cut_after_the_end(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, broken(row.wire.stream(*row.wire.events(Answer("Hi")))))
    assert (found.error, found.text, found.stream.state) == (None, "Hi", StreamState.DONE)
    assert (found.response.input_tokens, found.response.usage_missing) == (3, False)
    assert found.stream.usage_missing is False


@odd("chat", BYTES)
def test_cut_before_the_usage(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, broken(Reply.chat(chunk({"content": "Hi"}), chunk({}, "stop"))))
    # Groq and Mistral report it without being asked.
    asked_for = (
        row.name in ("groq", "mistral") or at(found.response.call_kwargs, "stream_options.include_usage") is True
    )
    assert (found.error, found.text, found.stream.state) == (None, "Hi", StreamState.DONE)
    assert (found.stream.usage, found.response.usage, found.response.cost or None) == (None, None, None)
    assert found.stream.usage_missing is found.response.usage_missing is asked_for
    again = type(found.response).model_validate_json(found.response.model_dump_json())
    assert again.usage_missing is asked_for


@odd("chat messages cohere gemini", BYTES)
def test_cut_before_the_finish_reason(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, broken(row.wire.stream(*row.wire.events(Answer("Hi", ended=False)))))
    assert isinstance(found.error, StreamInterruptedError)
    assert found.error.partial.usage_missing is False


# Hosts stamp each chunk anew; Groq's compound models end with the id "stub".
@odd("chat", STREAMED)
def test_the_first_stamp_counts(row: BaseRow, way: Way, server: Server) -> None:
    stamps = [{"id": "", "created": 0, "model": ""}, {"id": "c1", "created": 5, "model": "m1"}]
    more = [{"id": "c2", "created": 6, "model": "m2"}, {"id": "stub", "created": 7, "model": "stub"}]
    ends = [({"content": "a"}, None)] * 3 + [({}, "stop")]
    events = [chunk(delta, end, **stamp) for stamp, (delta, end) in zip([*stamps, *more], ends, strict=True)]
    found = way(row, server, Reply.chat(*events))
    assert (found.response.id, found.response.model, found.response.raw["created"]) == ("c1", "m1", 5)
    assert (found.stream.id, found.stream.model) == ("c1", "m1")


# Unknown fields: `serviceTier` in Google's usage is one that its SDK's types do not have.
@odd("gemini", [*STREAMED, *WHOLE, *PLAIN])
def test_unknown_fields_of_google(row: BaseRow, way: Way, server: Server) -> None:
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 5, "totalTokenCount": 8, "serviceTier": "standard"}
    content = {"role": "model", "parts": [{"text": "Hi"}]}
    candidates = {"candidates": [{"content": content, "finishReason": "STOP", "index": 0, "new": 1}]}
    whole = {**candidates, "usageMetadata": usage, "modelVersion": "m", "newer": {"a": 1}}
    found = way(row, server, row.wire.stream(whole) if way.stream else Reply.json(whole))
    assert (found.error, found.response.raw) == (None, whole)
    assert found.response.model_dump()["response"] == whole
    again = type(found.response).model_validate_json(found.response.model_dump_json())
    assert again.raw == pickle.loads(pickle.dumps(found.response)).raw == whole


@odd("chat", [*STREAMED, *WHOLE], not_mistral)
def test_unknown_fields(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, chat_reply(way, {**USAGE, "new": {"a": 1}}, newer="b"))
    assert (found.response.raw["usage"]["new"], found.response.raw["newer"]) == ({"a": 1}, "b")
    assert found.response.model_dump()["response"] == found.response.raw


@every_row
def test_raw(row: BaseRow, server: Server) -> None:
    server.reply(row.wire.answered(Answer("Hi")))
    response = asked(row, server, False)
    assert json.loads(json.dumps(response.raw)) == response.raw
    assert response.model_dump()["response"] == response.raw


# Clients whose transport makes responses with their whole body: httpx2.MockTransport, caches.
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("row", [pytest.param(row, id=row.id, marks=SDKS_WARN) for row in ROWS if row.id != "mistral"])
def test_a_body_that_is_there(row: Row, packed: bool) -> None:
    stack: Any = httpx if row.id == "groq" else httpx2
    body = row.text("Hel", "lo").body
    headers = {"content-type": "text/event-stream", **({"content-encoding": "gzip"} if packed else {})}
    content = gzip.compress(body) if packed else body

    def answer(request: Any) -> Any:
        return stack.Response(200, headers=headers, content=content)

    http = stack.Client(transport=stack.MockTransport(answer))
    client = row.make(base_url="http://test.invalid", api_key="k", max_retries=0, http_client=http)
    assert row.stream(client).collect().content == "Hello"

    async def main() -> str:
        http = stack.AsyncClient(transport=stack.MockTransport(answer))
        client = row.amake(base_url="http://test.invalid", api_key="k", max_retries=0, http_client=http)
        return (await row.astream(client).collect()).content

    assert asyncio.run(main()) == "Hello"
