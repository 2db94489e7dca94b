"""The SDKs' accumulators and the plain sum agree, but for what is written down as the SDK's loss."""

from __future__ import annotations

import copy

import pytest

from tests.harness.odd_streams import ODD_STREAMS, OddStream
from tests.harness.oracles import (
    LOSSES,
    Loss,
    differences,
    events,
    expected_raw,
    same,
    sdk_sum,
    sdk_sum_of,
    sum_events,
)
from tests.harness.recordings import Exchange, exchanges, need_recordings, parametrize_exchanges
from tests.harness.server import Server

streamed = parametrize_exchanges(["openai.chat", "openai.responses", "anthropic.messages"], stream=True, error=False)


def fields(found: list[str]) -> set[str]:
    return {difference.split(": ")[0] for difference in found}


@streamed
def test_sdk_and_sum_agree_but_for_known_losses(exchange: Exchange) -> None:
    loss = LOSSES.get(exchange.stem, Loss("none"))
    whole = sum_events(exchange.api, events(exchange))
    if loss.raises:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the table names the type
            sdk_sum(exchange)
        assert type(caught.value).__name__ == loss.raises
    else:
        assert fields(differences(sdk_sum(exchange), whole)) == set(loss.fields)
    same(expected_raw(exchange), whole)


@need_recordings
def test_every_loss_is_of_a_recording() -> None:
    assert set(LOSSES) <= {exchange.stem for exchange in exchanges()}


@pytest.mark.parametrize("odd", ODD_STREAMS, ids=lambda odd: odd.id)
def test_sdk_loses_fields_of_odd_streams(odd: OddStream, server: Server) -> None:
    server.reply(odd.reply)
    if odd.raises:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the table names the type
            sdk_sum_of(odd.api, server)
        assert type(caught.value).__name__ == odd.raises
    else:
        assert fields(differences(sdk_sum_of(odd.api, server), odd.expected)) == set(odd.loses)


@pytest.mark.parametrize("odd", ODD_STREAMS, ids=lambda odd: odd.id)
def test_sum_leaves_the_events_alone(odd: OddStream) -> None:
    before = copy.deepcopy(odd.events)
    assert odd.expected == odd.expected
    assert odd.events == before


def test_sum_of_a_chat() -> None:
    odd = next(odd for odd in ODD_STREAMS if odd.name == "calls-interleaved")
    assert odd.expected == {
        "id": "chatcmpl-odd",
        "object": "chat.completion",
        "created": 1,
        "model": "odd",
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "message": {
                    "tool_calls": [
                        {
                            "index": 0,
                            "id": "x",
                            "type": "function",
                            "function": {"name": "f", "arguments": '{"a":1}'},
                        },
                        {
                            "index": 1,
                            "id": "y",
                            "type": "function",
                            "function": {"name": "g", "arguments": '{"b":2}'},
                        },
                    ]
                },
            }
        ],
    }


def test_sum_of_a_message() -> None:
    odd = next(odd for odd in ODD_STREAMS if odd.name == "unknown-at-the-end")
    assert odd.expected == {
        "id": "msg_odd",
        "type": "message",
        "role": "assistant",
        "model": "odd",
        "content": [{"type": "text", "text": "a"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 5, "service_tier": "standard"},
        "new": 1,
        "context_management": {"applied_edits": []},
    }


def test_same() -> None:
    same({"a": None, "b": [{"c": 1}]}, {"b": [{"c": 1, "d": None}]})
    with pytest.raises(AssertionError, match=r"b\[0\]\.c: 1 is not 2"):
        same({"b": [{"c": 1}]}, {"b": [{"c": 2}]})
    assert fields(differences({"a": [1]}, {"a": [1, 2], "b": ""})) == {"a", "b"}
