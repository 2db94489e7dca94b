"""The target of a call of `llm` is resolved once, when the call is made; its request is never changed afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import (
    BadRequestError,
    ConfigurationError,
    Conversation,
    NotFoundError,
    StreamTimeoutError,
    ToolLoop,
    openai,
)
from mirascope_like.core.base import request as requests
from mirascope_like.core.base.errors import MissingSDKError
from mirascope_like.core.base.provider import Target
from mirascope_like.core.openai.provider import OpenAIProvider
from mirascope_like.llm.adapted_provider import CommonProvider
from mirascope_like.llm.provider import AnyProvider
from mirascope_like.retries import fallback
from tests.harness.rounds import chat, chat_stream, message, message_stream
from tests.harness.server import Reply, Request, Server

OWN = object()
"""A client."""
OTHER = object()


def add(a: int, b: int) -> int:
    """Add."""
    return a + b


class Book(BaseModel):
    title: str


# What a call is resolved to


@pytest.mark.parametrize(
    ("model", "provider", "overrides", "expected"),
    [
        ("openai:m", None, {}, ("openai", "m", {})),
        ("m", "openai", {}, ("openai", "m", {})),
        ("llama3.2:1b", "ollama", {}, ("ollama", "llama3.2:1b", {})),
        ("openai.responses:m", None, {}, ("openai.responses", "m", {})),
        ("openai:m", None, {"model": "n"}, ("openai", "n", {})),
        ("openai:m", None, {"provider": "anthropic"}, ("anthropic", "m", {"client": None})),
        ("m", None, {"provider": "anthropic", "model": "n"}, ("anthropic", "n", {"client": None})),
        ("m", "openai", {"provider": "openai"}, ("openai", "m", {})),
        ("m", "openai", {"client": OTHER}, ("openai", "m", {"client": OTHER})),
        ("m", "openai", {"client": None}, ("openai", "m", {})),
        (
            "openai:m",
            None,
            {"call_params": {"seed": 1}, "tools": [], "json_mode": True},
            ("openai", "m", {"call_params": {"seed": 1}, "tools": [], "json_mode": True}),
        ),
    ],
)
def test_who_answers(model: str, provider: str | None, overrides: dict[str, Any], expected: Any) -> None:
    before = dict(overrides)
    target = AnyProvider().resolve(model, provider, overrides)
    assert isinstance(target.provider, CommonProvider)
    assert (target.provider.name, target.model, target.settings) == expected
    assert overrides == before
    assert target.provider is AnyProvider().resolve(model, provider, overrides).provider
    assert not target.provider.open_choice


def test_a_provider_resolves_to_itself() -> None:
    target = openai.call.provider.resolve("m", None, {"model": "n", "json_mode": True})
    assert target == Target(openai.call.provider, "m")
    assert not target.settings
    with pytest.raises(TypeError):
        target.settings["client"] = OWN  # type: ignore[index]


def test_what_is_not_resolved_sends_nothing() -> None:
    with pytest.raises(TypeError, match="`resolve` returns the provider that a call uses"):
        llm.call.provider.encode(requests.Request("llm", "openai:m", []))


def test_a_request_is_immutable() -> None:
    request = requests.Request("openai", "m", [])
    with pytest.raises(FrozenInstanceError):
        request.model = "n"  # type: ignore[misc]


# What is sent


@pytest.fixture(autouse=True)
def both(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Both providers answer here: a model named "bad" is not found, another one is echoed."""
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)

    def answer(request: Request) -> Reply:
        body = request.json
        if body["model"] == "bad":
            return Reply.error(404)
        is_chat = request.path.endswith("/chat/completions")
        whole, streamed = (chat, chat_stream) if is_chat else (message, message_stream)
        reply = streamed if body.get("stream") else whole
        tools = [one.get("function", one)["name"] for one in body.get("tools", [])]
        if "Book" in tools:
            return reply("", ("c1", "Book", '{"title": "Emma"}'))
        if "add" in tools and len(body["messages"]) == 1:
            return reply("", ("c1", "add", '{"a": 1, "b": 2}'))
        return reply(f"{'openai' if is_chat else 'anthropic'} {body['model']}")

    server.reply_with(answer)
    return server


def sent(server: Server) -> list[tuple[str, str, Any]]:
    """Return the provider, the model and the token limit of each request."""
    return [
        (
            "openai" if one.path.endswith("/chat/completions") else "anthropic",
            one.json["model"],
            one.json.get("max_tokens"),
        )
        for one in server.requests
    ]


def made(**options: Any) -> Callable[[], Any]:
    @llm.call("openai:one", stream=True, **options)
    def ask() -> str:
        return "hi"

    return ask


def amade(**options: Any) -> Callable[[], Any]:
    @llm.call("openai:one", stream=True, **options)
    async def ask() -> str:
        return "hi"

    return ask


async def read_async(stream: Any) -> None:
    async for _ in stream:
        pass


def read(stream: Any) -> None:
    for _ in stream:
        pass


MADE: dict[str, tuple[dict[str, Any], list[str]]] = {
    "plain": ({}, ["one"]),
    "structured": ({"response_model": Book}, ["one"]),
    "tool loop": ({"tools": [add], "tool_loop": ToolLoop()}, ["one", "one"]),
    "fallback of a model": ({"fallback": ["openai:two"], "call_params": {"seed": 1}}, ["one"]),
}


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("kind", MADE)
def test_a_context_entered_after_the_call_does_not_change_it(both: Server, kind: str, asynchronous: bool) -> None:
    options, models = MADE[kind]

    async def main() -> None:
        with llm.context(call_params={"max_tokens": 7}):
            stream = amade(**options)()
        with llm.context(provider="anthropic", model="late", call_params={"max_tokens": 9}, tools=[], json_mode=True):
            await read_async(stream)

    if asynchronous:
        asyncio.run(main())
    else:
        with llm.context(call_params={"max_tokens": 7}):
            stream = made(**options)()
        with llm.context(provider="anthropic", model="late", call_params={"max_tokens": 9}, tools=[], json_mode=True):
            read(stream)
    assert sent(both) == [("openai", model, 7) for model in models]
    assert all("response_format" not in one.json for one in both.requests)


def other() -> Any:
    return made()()


FALLBACKS: dict[str, tuple[Callable[[], Any], tuple[str, str, int]]] = {
    "a model": (lambda: made(fallback=["two"])(), ("openai", "two", 7)),
    "provider:model": (lambda: made(fallback=["anthropic:two"])(), ("anthropic", "two", 7)),
    "a call": (lambda: made(fallback=[llm.override(other, model="two")])(), ("openai", "two", 7)),
    "retries": (
        lambda: fallback(NotFoundError, [{"catch": NotFoundError, "model": "two"}])(made())(),
        ("openai", "two", 7),
    ),
    "retries, another provider": (
        lambda: fallback(NotFoundError, [{"catch": NotFoundError, "model": "anthropic:two"}])(made())(),
        ("anthropic", "two", 7),
    ),
}


@pytest.mark.parametrize("kind", FALLBACKS)
def test_nor_does_it_change_the_fallback(both: Server, kind: str) -> None:
    make, expected = FALLBACKS[kind]
    with llm.context(model="bad", call_params={"max_tokens": 7}):
        stream = make()
    with llm.context(provider="anthropic", model="late", call_params={"max_tokens": 9}):
        read(stream)
    assert sent(both) == [("openai", "bad", 7), expected]
    with llm.context(model="three"):  # the fallback's settings are not left in force
        read(made()())
    assert sent(both)[-1] == ("openai", "three", None)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_one_resolution_and_requests_that_stay_as_they_are(
    both: Server, streamed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved: list[Target] = []
    seen: list[tuple[str, requests.Request, dict[str, Any]]] = []
    resolve, accumulator, payload = AnyProvider.resolve, OpenAIProvider.accumulator, OpenAIProvider.payload

    def resolving(self: AnyProvider, *choice: Any) -> Target:
        resolved.append(resolve(self, *choice))
        return resolved[-1]

    def note(step: str, request: requests.Request) -> requests.Request:
        seen.append((step, request, {name: getattr(request, name) for name in request.__slots__}))
        return request

    monkeypatch.setattr(AnyProvider, "resolve", resolving)
    monkeypatch.setattr(
        OpenAIProvider, "accumulator", lambda self, request: accumulator(self, note("accumulator", request))
    )
    monkeypatch.setattr(OpenAIProvider, "payload", lambda self, request: payload(self, note("payload", request)))

    @llm.call("anthropic:one", tools=[add], tool_loop=ToolLoop(), stream=streamed)
    def ask() -> str:
        return "1 + 2?"

    with llm.context(model="openai:two", call_params={"seed": 3}):
        answer: Any = ask()
        if streamed:
            assert answer.state == "new"
            assert [step for step, *_ in seen] == ["payload", "accumulator"]  # before anything is read
            answer = answer.collect()
    assert answer.content == "openai two"
    assert [target.model for target in resolved] == ["two"]
    assert len(both.requests) == 2
    for _, request, fields in seen:
        assert (request.provider, request.model, request.call_params) == ("openai", "two", {"seed": 3})
        assert {name: getattr(request, name) for name in request.__slots__} == fields
    assert len({id(request) for _, request, _ in seen}) == 2  # one for each round


def test_a_context_is_for_llm_alone(both: Server) -> None:
    @openai.call("one")
    def ask() -> str:
        return "hi"

    with llm.context(provider="anthropic", model="two", json_mode=True, call_params={"seed": 1}):
        assert ask().content == "openai one"
    assert both.request.json == {"model": "one", "messages": [{"role": "user", "content": "hi"}]}


def test_json_mode_of_a_context(both: Server) -> None:
    ask = llm.call("openai:one")(lambda: "hi")
    with llm.context(json_mode=True):
        ask()
    instruction, prompt = both.request.json["messages"]
    assert (instruction["role"], prompt) == ("system", {"role": "user", "content": "hi"})
    assert both.request.json["response_format"] == {"type": "json_object"}
    books = llm.call("openai:one", response_model=list[Book])(lambda: "hi")
    with llm.context(json_mode=True), pytest.raises(Exception, match="JSON"):
        books()
    assert both.request.json["response_format"] == {"type": "json_object"}


def test_parameters_are_those_of_the_provider_that_answers(both: Server) -> None:
    ask = llm.call("openai:one", call_params={"logprobs": True})(lambda: "hi")
    ask()
    assert both.request.json["logprobs"] is True
    with pytest.raises(ConfigurationError, match="unknown call parameter of anthropic 'logprobs'"):
        llm.override(ask, provider="anthropic")()
    assert len(both.requests) == 1


def test_one_limit_for_all_providers(both: Server) -> None:
    model = llm.model("openai:one", max_concurrent=1, stream=True)
    first = model.stream("hi").open()
    with llm.context(model="anthropic:two"):
        second = model.stream("hi")
        with pytest.raises(StreamTimeoutError):
            second.timeout(first=0.1).open()
        first.close()
        assert model.stream("hi").collect().content == "anthropic two"
    assert [(name, model) for name, model, _ in sent(both)] == [("openai", "one"), ("anthropic", "two")]


def test_a_conversation_is_encoded_for_the_provider_that_would_answer() -> None:
    conversation = Conversation().system("Be brief.").user("hi")
    model = llm.model("openai:one")
    assert [one["role"] for one in conversation.to_provider(model)["messages"]] == ["system", "user"]
    with llm.context(model="anthropic:two"):
        assert conversation.to_provider(model) == {
            "messages": [{"role": "user", "content": "hi"}],
            "system": "Be brief.",
        }


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_stream_of_an_unknown_provider_is_not_made(both: Server, asynchronous: bool) -> None:
    ask = (amade if asynchronous else made)()
    with pytest.raises(ConfigurationError, match="unknown provider 'opnai'"), llm.context(provider="opnai"):
        ask()


def test_an_async_stream_that_cannot_be_made_falls_back(both: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any) -> Target:
        raise MissingSDKError("openai")

    async def main() -> str:
        ask = fallback(MissingSDKError, [{"catch": NotFoundError, "model": "anthropic:two"}])(amade())
        resolve = AnyProvider.resolve
        monkeypatch.setattr(AnyProvider, "resolve", lambda self, *one: missing() if not one[2] else resolve(self, *one))
        stream = ask()
        assert [type(error) for error in stream._caught] == [MissingSDKError]
        text: str = (await stream.collect()).content
        return text

    assert asyncio.run(main()) == "anthropic two"


def test_a_session_sends_each_provider_its_own_form(both: Server) -> None:
    session = llm.model("openai:one").session()
    session.send("1?")
    with llm.context(model="anthropic:two"):
        session.send("2?")
    session.send("3?")
    roles = [[one["role"] for one in request.json["messages"]] for request in both.requests]
    assert roles == [["user"], ["user", "assistant", "user"], ["user", "assistant", "user", "assistant", "user"]]
    assert [(name, model) for name, model, _ in sent(both)] == [
        ("openai", "one"),
        ("anthropic", "two"),
        ("openai", "one"),
    ]


def test_an_error_is_of_the_provider_that_answered(both: Server) -> None:
    with pytest.raises(NotFoundError) as caught, llm.context(model="anthropic:bad"):
        made()().collect()
    assert (caught.value.provider, caught.value.model) == ("anthropic", "bad")
    assert not isinstance(caught.value, BadRequestError)
