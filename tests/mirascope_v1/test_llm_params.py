"""Call parameters of `llm.call`: a common parameter that the provider does not have is left out, as in mirascope 1.25.7
(`_convert_common_call_params` of each provider), and one that only the named provider has is sent.
"""

from __future__ import annotations

import json
from typing import Any

import openai as openai_sdk
import pytest

from mirascope_like import llm
from mirascope_like.core import ConfigurationError, RateLimitError, openai
from mirascope_like.retries import fallback
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer, Text
from tests.harness.replies import Reply
from tests.harness.server import Server
from tests.mirascope_v1.providers import PROVIDERS

COMMON: dict[str, Any] = {"temperature": 0.5, "seed": 77, "frequency_penalty": 0.125, "presence_penalty": 0.25}
WITHOUT_SEED = ("anthropic", "bedrock", "gemini", "responses")
WITHOUT_PENALTIES = ("anthropic", "bedrock", "responses")
"""From the references of Anthropic's Messages, Bedrock's Converse and OpenAI's Responses API, and the
`GenerationConfig` of google-generativeai.
"""


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_common_parameters_of_other_providers_are_left_out(row: BaseRow, streamed: bool, server: Server) -> None:
    answer = Answer(Text("Emma"))
    server.reply(row.wire.streamed(answer) if streamed else row.wire.answered(answer))
    with row.client(server) as client:
        call: Any = llm.call(f"{row.id}:m", client=client, call_params=COMMON, **({"stream": True} if streamed else {}))
        response = call(lambda: "Hi")()
        assert (response.collect() if streamed else response).content == "Emma"
    sent = server.request.body.decode()
    seed, penalties = (not any(name in row.id for name in names) for names in (WITHOUT_SEED, WITHOUT_PENALTIES))
    assert [number in sent for number in ("0.5", "77", "0.125", "0.25")] == [True, seed, penalties, penalties]


@pytest.fixture
def both(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    for name in ("openai", "anthropic"):
        PROVIDERS[name].set_up(server, monkeypatch)
    return server


def test_a_fallback_leaves_them_out(both: Server) -> None:
    replies = iter(
        [
            Reply.error(429, "no more today"),
            Reply.json({"id": "m", "type": "message", "role": "assistant", "model": "c", "stop_reason": "end_turn",
                        "content": [{"type": "text", "text": "hi"}], "usage": {"input_tokens": 1, "output_tokens": 1}}),
        ]
    )  # fmt: skip
    both.reply_with(lambda _: next(replies))
    with openai_sdk.OpenAI(max_retries=0) as client:

        @fallback(RateLimitError, [{"catch": RateLimitError, "provider": "anthropic", "model": "c"}])
        @llm.call(provider="openai", model="m", call_params={"seed": 1}, client=client)
        def ask() -> str:
            return "Hi"

        assert ask().content == "hi"
    assert [json.loads(request.body).get("seed") for request in both.requests] == [1, None]


def test_parameters_of_the_named_provider_are_sent(both: Server) -> None:
    both.reply(Reply.error(400, "no"))
    params: Any = {"logprobs": True}
    with pytest.raises(openai_sdk.BadRequestError):
        llm.call(provider="openai", model="m", call_params=params)(lambda: "Hi")()
    assert both.request.json["logprobs"] is True
    unknown: Any = {"temprature": 1}
    with pytest.raises(ConfigurationError, match="unknown call parameter of openai 'temprature'"):
        llm.call(provider="openai", model="m", call_params=unknown)(lambda: "Hi")()


def test_a_model_among_the_parameters_has_no_effect(both: Server) -> None:
    both.reply(Reply.error(400, "no"))
    params: Any = {"model": "other", "temperature": 0}
    with pytest.raises(openai_sdk.BadRequestError):
        openai.call("gpt-4o", call_params=params)(lambda: "Hi")()
    assert (both.request.json["model"], both.request.json["temperature"]) == ("gpt-4o", 0)
