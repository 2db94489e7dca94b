"""The embedded model continues a broken-off text as if it had not been interrupted, in both formats of its server."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable
from typing import Any

import anthropic as anthropic_sdk
import openai as openai_sdk
import pytest

pytest.importorskip("xllamacpp", reason="runs where the embedded model is installed (the extra `local`)")

from mirascope_like.core import anthropic, local
from tests.harness.server import Reply, Request, Server

pytestmark = pytest.mark.slow

PROMPTS = ["Name three colours, in one short sentence.", "List three fruits, one on each line."]
LIMIT = 60
STEP = 3 if os.environ.get("MIRASCOPE_LIKE_EVERY_WAY") else 12
"""The events between two places where a text breaks off."""


def through(engine: local.Engine, cut: int | None, answers: dict[bytes, Reply]) -> Callable[[Request], Reply]:
    """Pass requests on to the engine, each once; break the first answer off within event number `cut`."""
    first = [cut]

    def answer(request: Request) -> Reply:
        headers = {"authorization": f"Bearer {engine.api_key}", "content-type": "application/json"}
        url = f"{engine.anthropic_base_url}{request.path}"
        if (whole := answers.get(request.body)) is None:
            with urllib.request.urlopen(urllib.request.Request(url, request.body, headers)) as response:
                whole = Reply((response.read(),), 200, {"content-type": "text/event-stream"}).by_event()
            answers[request.body] = whole
        at = first.pop() if first else None
        if at is None:
            return whole
        return whole.truncate(sum(len(event) for event in whole.pieces[:at] if isinstance(event, bytes)) + 3)

    return answer


def resumed_response(prompt: str, cut: int | None, *, asked: str, answers: dict[bytes, Reply]) -> Any:
    """Return the response of a stream that breaks off in this event, and the requests."""
    engine = local.engine()
    with Server() as server:
        server.reply_with(through(engine, cut, answers))
        if asked == "chat":
            with openai_sdk.OpenAI(base_url=f"{server.url}/v1", api_key="k") as client:
                params: local.LocalCallParams = {"temperature": 0, "max_tokens": LIMIT}

                @local.call("smollm2-135m", client=client, stream=True, resume=True, call_params=params)
                def say() -> str:
                    return prompt

                return say().collect(), server.requests
        with anthropic_sdk.Anthropic(base_url=server.url, api_key="k") as messages_client:

            @anthropic.call(
                "smollm2-135m",
                client=messages_client,
                stream=True,
                resume=True,
                call_params={"max_tokens": LIMIT, "temperature": 0},
            )
            def write() -> str:
                return prompt

            return write().collect(), server.requests


@pytest.mark.parametrize("asked", ["chat", "messages"])
@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_text_is_the_same_wherever_it_breaks_off(prompt: str, asked: str) -> None:
    answers: dict[bytes, Reply] = {}  # at temperature 0 the engine has one answer: see test_engine.py
    whole, _ = resumed_response(prompt, None, asked=asked, answers=answers)
    assert whole.resumed == 0
    assert whole.common_finish_reasons == ["stop"]
    for cut in range(3, whole.output_tokens, STEP):
        response, requests = resumed_response(prompt, cut, asked=asked, answers=answers)
        assert response.resumed == 1
        last = json.loads(requests[1].body)["messages"][-1]
        assert last == {"role": "assistant", "content": response.interruptions[0].content.rstrip()}
        assert response.content == whole.content
