"""Hosts: each recorded answer through the host's own row, and nothing of OpenAI's sent to anybody else."""

from __future__ import annotations

import asyncio
import json
import pickle
from typing import Any

import openai
import pytest

import mirascope_like.core
from mirascope_like.core import (
    AuthenticationError,
    ConfigurationError,
    RateLimitError,
    StreamInterruptedError,
    hosts,
)
from mirascope_like.core.hosts import Host
from tests.conformance.providers import chat_text, chat_whole
from tests.harness.oracles import expected_raw, same, stream_error
from tests.harness.recordings import Exchange, exchanges, parametrize_exchanges
from tests.harness.server import Reply, Server

ROWS = {
    "api.cerebras.ai": hosts.cerebras,
    "api.deepseek.com": hosts.deepseek,
    "router.huggingface.co": hosts.huggingface,
    "localhost:11434": hosts.ollama,
    "ollama.com": hosts.ollama,
    "openrouter.ai": hosts.openrouter,
    "api.together.xyz": hosts.together,
    "localhost:8000": hosts.vllm,
    "api.x.ai": hosts.xai,
    "api.z.ai": hosts.zai,
}
ALL = [value for value in vars(hosts).values() if isinstance(value, Host)]

of_hosts = parametrize_exchanges("openai.chat", where=lambda exchange: exchange.request.host in ROWS)
every_host = pytest.mark.parametrize("host", ALL, ids=lambda host: host.name)


def point(monkeypatch: pytest.MonkeyPatch, host: Host, server: Server) -> None:
    monkeypatch.setenv(host.key, "key-1")
    monkeypatch.setenv(f"{host.name.upper()}_BASE_URL", f"{server.url}/v1")


def hi() -> str:
    return "Hi"


def ask(host: Host, *, stream: bool = False, asynchronous: bool = False) -> Any:
    """Return one response by any kind of call; a stream is read to its end."""
    if asynchronous:

        async def say() -> str:
            return "Hi"

        async def main() -> Any:
            made: Any = host.call("m", stream=stream)(say)()
            return await (made.collect() if stream else made)

        return asyncio.run(main())
    made: Any = host.call("m", stream=stream)(hi)()
    return made.collect() if stream else made


@of_hosts
@pytest.mark.parametrize("cut", [None, 1], ids=["whole", "cut"])
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_recorded(
    exchange: Exchange, asynchronous: bool, cut: int | None, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = ROWS[exchange.request.host]
    point(monkeypatch, host, server)
    server.reply(Reply.from_exchange(exchange, cut=cut))
    if exchange.is_error:
        with pytest.raises(AuthenticationError) as refused:
            ask(host, stream=exchange.stream, asynchronous=asynchronous)
        assert isinstance(refused.value, openai.AuthenticationError)
        assert refused.value.provider == host.name
        return
    if stream_error(exchange):
        with pytest.raises(StreamInterruptedError) as broken:
            ask(host, stream=True, asynchronous=asynchronous)
        response = broken.value.partial
    else:
        response = ask(host, stream=exchange.stream, asynchronous=asynchronous)
    same(response.response, expected_raw(exchange))
    assert response.provider == host.name
    assert isinstance(response, host.CallResponse)
    assert pickle.loads(pickle.dumps(response)) == response
    assert type(response).model_validate_json(response.model_dump_json()) == response


def test_every_recorded_host_has_a_row() -> None:
    others = {"api.openai.com", "generativelanguage.googleapis.com", "api.inference.crusoecloud.com"}
    recorded = {exchange.request.host for exchange in exchanges("openai.chat")}
    assert recorded <= {*ROWS, *others, "myorg-myaccount.snowflakecomputing.com"}


def test_thinking_under_each_name(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for stem, host in (
        ("stream-reasoning-deepseek-reasoner-5a0720d7", hosts.deepseek),
        ("call-reasoning-glm-4.7-3dd5496d", hosts.zai),
        ("call-reasoning-media-openai-gpt-5.1-codex-mini-8b79a1d3", hosts.openrouter),
        ("call-structured-reasoning-gpt-oss-20b-671f31d1", hosts.ollama),
    ):
        for recorded in exchanges("openai.chat", where=lambda exchange, stem=stem: exchange.stem == stem):
            point(monkeypatch, host, server)
            server.reply(Reply.from_exchange(recorded))
            response = ask(host, stream=recorded.stream)
            message = expected_raw(recorded)["choices"][0]["message"]
            assert response.thinking == (message.get("reasoning") or message["reasoning_content"])


@every_host
def test_what_is_sent(host: Host, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    point(monkeypatch, host, server)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-openai")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-of-openai")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer sk-of-openai")
    server.reply(Reply.json(chat_whole("a")), Reply.chat(*chat_text("b")))
    assert ask(host).content == "a"
    assert ask(host, stream=True, asynchronous=True).content == "b"
    for request in server.requests:
        assert request.path == "/v1/chat/completions"
        assert request.headers["authorization"] == "Bearer key-1"
        assert "of-openai" not in json.dumps(request.headers)
    assert server.request.json["stream_options"] == {"include_usage": True}


@every_host
def test_missing_key(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    monkeypatch.delenv(host.key, raising=False)
    monkeypatch.setenv(f"{host.name.upper()}_BASE_URL", "http://127.0.0.1:9/v1")
    if not host.needs_key:
        with pytest.raises(openai.APIConnectionError):
            ask(Host(host.name, host.base_url, host.key, needs_key=False))
        return
    with pytest.raises(ConfigurationError, match=f"{host.key}.*base_url={host.base_url!r}") as caught:
        ask(host)
    assert isinstance(caught.value, openai.OpenAIError)


@every_host
def test_names(host: Host) -> None:
    assert getattr(mirascope_like.core, host.name) is host
    assert host.name in mirascope_like.core.__all__
    assert host.base_url.startswith("https://" if host.needs_key else "http://localhost:")


def test_a_host_of_ones_own(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Host("mine", f"{server.url}/v2", "MINE_API_KEY", refuses_usage=True, priced_as="openai")
    monkeypatch.setenv("MINE_API_KEY", "key-2")
    whole = {**chat_whole("a"), "model": "gpt-4o-mini"}
    server.reply(Reply.chat(*chat_text("a")), Reply.json(whole))
    assert ask(mine, stream=True).provider == "mine"
    assert server.request.path == "/v2/chat/completions"
    assert "stream_options" not in server.request.json
    assert ask(mine).cost == pytest.approx(3 * 0.15e-6 + 5 * 0.6e-6)


def test_the_hosts_own_price(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    point(monkeypatch, hosts.openrouter, server)
    whole = chat_whole("a")
    server.reply(Reply.json({**whole, "usage": {**whole["usage"], "cost": 0.25}}))
    assert ask(hosts.openrouter).cost == 0.25


def test_sources_that_every_event_repeats(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    point(monkeypatch, hosts.perplexity, server)
    sources = {"citations": ["https://a.example", "https://b.example"], "search_results": [{"title": "A"}]}
    chunks = chat_text("Hel", "lo", "!")
    server.reply(
        Reply.chat({**chunks[0], "citations": ["https://a.example"]}, *({**one, **sources} for one in chunks[1:]))
    )
    response = ask(hosts.perplexity, stream=True).response
    assert (response.citations, response.search_results) == (sources["citations"], sources["search_results"])


def test_a_client_of_ones_own(server: Server) -> None:
    server.reply(Reply.json(chat_whole("a")))
    with openai.OpenAI(base_url=f"{server.url}/v3", api_key="key-3") as client:
        hosts.xai.call("m", client=client)(hi)()
    assert server.request.path == "/v3/chat/completions"
    assert server.request.headers["authorization"] == "Bearer key-3"


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("error", [{"message": "Slow down", "code": 429}, {"code": 429, "message": None}])
def test_an_error_with_status_200(
    asynchronous: bool, error: Any, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    point(monkeypatch, hosts.openrouter, server)
    server.reply(Reply.json({"error": error, "user_id": "u1"}))
    with pytest.raises(RateLimitError, match=error["message"] or "429") as caught:
        ask(hosts.openrouter, asynchronous=asynchronous)
    assert isinstance(caught.value, openai.OpenAIError)
    assert caught.value.body == error


def test_the_schema_of_a_tool() -> None:
    """The tool in OpenAI's format, which the hosts have."""

    def find(city: str) -> str:
        """Find a city."""
        return city

    assert hosts.xai.XAITool.type_from_fn(find).tool_schema() == {
        "type": "function",
        "function": {
            "name": "find",
            "description": "Find a city.",
            "parameters": {"properties": {"city": {"type": "string"}}, "required": ["city"], "type": "object"},
        },
    }
