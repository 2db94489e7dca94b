"""The benchmarks' server speaks as the providers do."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest

from benchmarks.replies import chat_answer, message_answer
from benchmarks.server import start
from tests.harness.oracles import same


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with start() as url:
        yield url


@pytest.fixture
def chat(base_url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{base_url}/v1", api_key="test", max_retries=0) as client:
        yield client


@pytest.fixture
def messages(base_url: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=base_url, api_key="test", max_retries=0) as client:
        yield client


def test_chat_stream_is_the_answer(chat: openai.OpenAI) -> None:
    with chat.chat.completions.stream(model="m", messages=[], extra_headers={"x-chunks": "50"}) as stream:
        found = stream.get_final_completion().to_dict()
    expected: Any = chat_answer(50)
    del expected["choices"][0]["message"]["annotations"]
    same(found, expected)


def test_messages_stream_is_the_answer(messages: anthropic.Anthropic) -> None:
    request: Any = {"model": "m", "max_tokens": 1, "messages": [], "extra_headers": {"x-chunks": "50"}}
    with messages.messages.stream(**request) as stream:
        same(stream.get_final_message(), message_answer(50))


def test_whole_answers(chat: openai.OpenAI, messages: anthropic.Anthropic) -> None:
    same(chat.chat.completions.create(model="m", messages=[]), chat_answer(20))
    same(messages.messages.create(model="m", max_tokens=1, messages=[]), message_answer(20))


def test_pace(chat: openai.OpenAI) -> None:
    headers = {"x-chunks": "20", "x-pace-ms": "5"}
    began = time.perf_counter()
    stream = chat.chat.completions.create(model="m", messages=[], stream=True, extra_headers=headers)
    assert len(list(stream)) == 23
    assert time.perf_counter() - began > 0.1


def test_chunks_by_default(messages: anthropic.Anthropic) -> None:
    stream = messages.messages.create(model="m", max_tokens=1, messages=[], stream=True)
    assert sum(event.type == "content_block_delta" for event in stream) == 2000


def test_limit_and_record() -> None:
    """What is more than the burst is refused as OpenAI refuses it, and recorded."""
    with start(rate=0.001, burst=2) as url:
        with openai.OpenAI(base_url=f"{url}/v1", api_key="test", max_retries=0) as client:
            ask = client.chat.completions.create
            ask(model="m", messages=[])
            ask(model="m", messages=[])
            with pytest.raises(openai.RateLimitError) as refused:
                ask(model="n", messages=[])
        assert float(refused.value.response.headers["retry-after-ms"]) == pytest.approx(1e6, rel=0.1)
        with urllib.request.urlopen(f"{url}/record") as response:
            record = json.load(response)
        assert [accepted for _, accepted, _ in record] == [True, True, False]
        bodies = [body for *_, body in record]
        assert bodies[0] == bodies[1] != bodies[2]
        with urllib.request.urlopen(f"{url}/record") as response:
            assert json.load(response) == []
