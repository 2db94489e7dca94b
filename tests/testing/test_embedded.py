"""Recordings of the embedded model, made and replayed with the pytest plugin, as a user would.

They need neither the model nor a network. `pytest tests/testing/test_embedded.py --llm-record=all` makes them again,
where the extra `local` is installed.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import openai as openai_sdk
import pytest
from pydantic import BaseModel

from mirascope_like.core import (
    AuthenticationError,
    ResponseModelConfigDict,
    StreamInterruptedError,
    StreamState,
    anthropic,
    openai,
)
from mirascope_like.core.base.parsing import dumped
from mirascope_like.testing import Recording, replay
from tests.harness.oracles import same

VARYING = ("id", "created", "timings")
PARAMS: Any = {"temperature": 0, "max_tokens": 16}


class City(BaseModel):
    """A city."""

    model_config = ResponseModelConfigDict(strict=True)
    name: str


@pytest.fixture(autouse=True)
def address(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded model, where it is recorded."""
    if request.config.getoption("--llm-record") == "none":
        return
    from mirascope_like.core import local

    engine = local.engine("smollm2-135m")
    monkeypatch.setenv("OPENAI_BASE_URL", engine.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", engine.api_key)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", engine.anthropic_base_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", engine.api_key)


PROVIDERS = [pytest.param(openai, id="openai"), pytest.param(anthropic, id="anthropic")]


def constant(response: Any) -> dict[str, Any]:
    return {key: value for key, value in dumped(response).items() if key not in VARYING}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_stream_is_rebuilt_to_the_unstreamed_answer(recording: Recording, provider: Any) -> None:
    @provider.call("smollm2-135m", call_params=PARAMS)
    def whole(topic: str) -> str:
        return f"Recommend a {topic} book"

    @provider.call("smollm2-135m", stream=True, call_params=PARAMS)
    def streamed(topic: str) -> str:
        return f"Recommend a {topic} book"

    @provider.call("smollm2-135m", stream=True, call_params=PARAMS)
    async def astreamed(topic: str) -> str:
        return f"Recommend a {topic} book"

    async def main() -> Any:
        return await astreamed("fantasy").collect()

    expected = constant(whole("fantasy").response)
    same(constant(streamed("fantasy").collect().response), expected)
    same(constant(asyncio.run(main()).response), expected)
    assert [one.body.get("stream", False) for one in recording.requests] == [False, True, True]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_cut_of_a_stream_is_an_interruption(
    recording: Recording, provider: Any, request: pytest.FixtureRequest
) -> None:
    """At the end of each piece of the recording; what had arrived is the beginning of the text."""

    @provider.call("smollm2-135m", stream=True, call_params=PARAMS)
    def story() -> str:
        return "Once upon a time"

    text = story().collect().content
    if request.config.getoption("--llm-record") != "none":
        return
    for count in range(100):
        with replay(recording.path, pace=0, cut_after=count):
            stream = story()
            with suppress(StreamInterruptedError):
                assert stream.collect().content == text
                break
            assert stream.state is StreamState.FAILED
            assert text.startswith(stream.content)
    assert 5 < count < 99


def test_an_early_close(recording: Recording) -> None:
    @openai.call("smollm2-135m", stream=True, call_params=PARAMS)
    def story() -> str:
        return "Once upon a time"

    with story() as stream:
        for chunk, _ in stream:
            if chunk.content:
                break
    assert stream.content


def test_a_structured_answer(recording: Recording) -> None:
    @openai.call("smollm2-135m", response_model=City, call_params={"temperature": 0, "max_tokens": 60})
    def city(country: str) -> str:
        return f"The capital of {country}"

    assert isinstance(city("France"), City)
    assert "response_format" in recording.requests[0].body


def test_an_error(recording: Recording) -> None:
    client = openai_sdk.OpenAI(api_key="sk-wrong-key-0123456789")

    @openai.call("smollm2-135m", client=client, call_params=PARAMS)
    def ask() -> str:
        return "Hi"

    with client, pytest.raises(AuthenticationError):
        ask()
