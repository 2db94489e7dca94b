"""What Azure OpenAI alone does: deployments, keys and tokens, its content filter, versions that refuse things."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from mirascope_like.core import BadRequestError, ConfigurationError, ContentFilterError, NotFoundError, azure
from tests.conformance.providers import AZURE, chat_text
from tests.harness.oracles import events
from tests.harness.recordings import exchange, exchanges, need_recordings
from tests.harness.server import Reply, Server

STREAM = "stream-openllmetry-testing-1e28fa11"
VERSION = "2024-10-21"


def test_content_filter_of_a_recorded_stream(server: Server) -> None:
    recorded = exchange(STREAM)
    server.reply(Reply.from_exchange(recorded))
    with AZURE.client(server) as client:
        stream = AZURE.stream(client)
        first, _ = next(stream)
        assert (first.content, first.model, first.id, first.finish_reasons, first.usage) == ("", None, None, None, None)
        response = stream.collect()
    assert response.prompt_filter_results == events(recorded)[0]["prompt_filter_results"]
    assert response.content_filter_results["hate"] == {"filtered": False, "severity": "safe"}
    assert response.model == "gpt-4.1-mini-2025-04-14"
    assert response.usage is None
    assert response.cost is None


def test_content_filter_of_a_whole_answer(server: Server) -> None:
    recorded = exchange("call-gpt-4o-293a1142")
    server.reply(Reply.from_exchange(recorded))
    with AZURE.client(server) as client:
        response = AZURE.ask(client)
    raw = json.loads(recorded.response.body)
    assert response.prompt_filter_results == raw["prompt_filter_results"]
    assert response.content_filter_results == raw["choices"][0]["content_filter_results"]
    assert response.cost == pytest.approx(14 * 2.5e-6 + 9 * 10e-6)


@need_recordings
def test_every_recording_is_of_the_suite() -> None:
    assert len(exchanges("azure.chat")) == 4  # the suite of every provider replays them all


def test_default_client(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "key-1")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.url)
    monkeypatch.setenv("OPENAI_API_VERSION", VERSION)
    server.reply(Reply.json(AZURE.whole("Hi")))
    assert AZURE.ask().content == "Hi"
    assert server.request.path == f"/openai/deployments/m/chat/completions?api-version={VERSION}"
    assert server.request.headers["api-key"] == "key-1"


def test_token(server: Server) -> None:
    tokens = iter(["token-1", "token-2"])
    server.reply(Reply.json(AZURE.whole("a")), Reply.json(AZURE.whole("b")))
    client = openai.AzureOpenAI(
        azure_endpoint=server.url, api_version=VERSION, azure_ad_token_provider=lambda: next(tokens)
    )
    with client:
        AZURE.ask(client)
        AZURE.ask(client)
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer token-1", "Bearer token-2"]
    assert all("api-key" not in request.headers for request in server.requests)


def test_the_clients_own_deployment(server: Server) -> None:
    server.reply(Reply.json(AZURE.whole("a")))
    client = openai.AzureOpenAI(
        azure_endpoint=server.url, azure_deployment="mine", api_version=VERSION, api_key="x", max_retries=0
    )
    with client:
        AZURE.ask(client)
    assert server.request.path.startswith("/openai/deployments/mine/chat/completions")


@pytest.mark.parametrize("missing", ["AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT"])
def test_missing_settings(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in {"AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT"} - {missing}:
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with pytest.raises(ConfigurationError, match=missing) as caught:
        AZURE.ask()
    assert isinstance(caught.value, openai.OpenAIError)


def test_an_old_version_refuses_to_be_asked_for_usage(server: Server) -> None:
    refusal = Reply.error(400, "Unrecognized request argument supplied: stream_options")
    server.reply(refusal, AZURE.text("Hello"))
    with AZURE.client(server) as client:
        assert AZURE.stream(client).collect().content == "Hello"
    first, second = (request.json for request in server.requests)
    assert first == {**second, "stream_options": {"include_usage": True}}


def test_parameters_that_the_sdk_does_not_name(server: Server) -> None:
    sources = [{"type": "azure_search", "parameters": {}}]
    server.reply(Reply.chat(*chat_text("a")), Reply.json(AZURE.whole("a")))
    with AZURE.client(server) as client:
        AZURE.stream(client, call_params={"data_sources": sources}).collect()
        AZURE.ask(client, call_params={"user_security_context": {"a": 1}, "extra_body": {"b": 2}})
    assert server.requests[0].json["data_sources"] == sources
    assert server.requests[1].json["user_security_context"] == {"a": 1}
    assert server.requests[1].json["b"] == 2
    misspelt: Any = {"data_source": sources}
    with pytest.raises(ConfigurationError, match="did you mean 'data_sources'"):
        azure.call("m", call_params=misspelt)


def test_filtered_prompt(server: Server) -> None:
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"hate": {"filtered": True}}}
    error = {"message": "The response was filtered", "code": "content_filter", "status": 400, "innererror": inner}
    server.reply(Reply.json({"error": error}, 400))
    with AZURE.client(server) as client, pytest.raises(ContentFilterError) as caught:
        AZURE.ask(client)
    found: Any = caught.value
    assert isinstance(found, BadRequestError)
    assert isinstance(found, openai.BadRequestError)
    assert found.body["innererror"] == inner


def test_not_found_without_a_content_type(server: Server) -> None:
    server.reply(Reply((b'{ "statusCode": 404, "message": "Resource not found" }',), 404, {}, "length"))
    with AZURE.client(server) as client, pytest.raises(NotFoundError) as caught:
        AZURE.stream(client).collect()
    assert isinstance(caught.value, openai.NotFoundError)
    assert "Resource not found" in str(caught.value)
