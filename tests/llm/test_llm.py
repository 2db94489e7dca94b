"""Calls to a provider chosen by name: around the call, nested, in tasks, and one provider's answer sent to another."""

from __future__ import annotations

import asyncio
from typing import Any

import anthropic as anthropic_sdk
import openai as openai_sdk
import pytest
from pydantic import BaseModel, ValidationError

from mirascope_like import llm
from mirascope_like.core import (
    BaseMessageParam,
    ConfigurationError,
    ConnectionFailedError,
    NotFoundError,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from mirascope_like.integrations import middleware_factory
from mirascope_like.llm import CallResponse
from mirascope_like.llm.answers import wrapped_response
from mirascope_like.retries import fallback
from tests.conformance import providers
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer, Text, Thought
from tests.harness.server import Reply, Request, Server

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def completion(text: str, **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text, **message}}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "gpt", "choices": [choice], "usage": USAGE}


def message(text: str) -> dict[str, Any]:
    return {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }


def answer(request: Request) -> Reply:
    if request.path.endswith("/chat/completions"):
        return Reply.json(completion(f"openai {request.json['model']}"))
    return Reply.json(message(f"anthropic {request.json['model']}"))


@pytest.fixture
def both(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    server.reply_with(answer)
    return server


@llm.call(provider="openai", model="one", call_params={"temperature": 0.5})
def ask(question: str) -> str:
    return question


@llm.call("openai:one")
async def aask(question: str) -> str:
    return question


def test_answer_in_neutral_words(both: Server) -> None:
    response = ask("hi")
    assert isinstance(response, CallResponse)
    assert response.content == "openai one"
    assert response.provider_name == "openai"
    assert response.finish_reasons == ["stop"]
    assert response.usage is not None
    assert response.usage.model_dump() == {
        "input_tokens": 3,
        "cached_tokens": None,
        "cache_write_tokens": None,
        "output_tokens": 2,
        "reasoning_tokens": None,
        "total_tokens": 5,
    }
    assert response.message_param == BaseMessageParam(role="assistant", content="openai one")
    assert response.user_message_param == BaseMessageParam(role="user", content="hi")
    assert response.response.choices[0].message.content == "openai one"
    assert response.provider_response.message_param == {"role": "assistant", "content": "openai one"}


@pytest.mark.parametrize("streamed", [False, True], ids=["unstreamed", "streamed"])
@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_thinking(row: BaseRow, streamed: bool, server: Server) -> None:
    thought = [] if "thinking" in row.lacks else [Thought("h", "mm")]
    answer = Answer(*thought, Text("Hel", "lo"))
    server.reply(row.wire.streamed(answer) if streamed else row.wire.answered(answer))
    with row.client(server) as client:
        response = row.stream(client).collect() if streamed else row.ask(client)
    wrapped = wrapped_response(response)
    assert (wrapped.thinking, wrapped.content) == ("hmm" if thought else None, "Hello")


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_the_messages_of_a_stream_are_in_the_common_form(row: BaseRow, server: Server) -> None:
    history = [BaseMessageParam(role="system", content="Be brief."), BaseMessageParam(role="user", content="Hi")]
    with row.client(server) as client:
        stream = llm.call(f"{row.id}:m", stream=True, client=client)(lambda: history)()
        assert (stream.messages, stream.user_message_param) == (history, history[-1])
        stream.close()


def test_dump_validates_back(both: Server) -> None:
    response = ask("hi")
    assert CallResponse.model_validate_json(response.model_dump_json()) == response
    assert response.model_dump()["provider"] == "openai"


class Log(BaseModel):
    answer: CallResponse


def test_a_response_in_a_model_validates_back(both: Server) -> None:
    response = ask("hi")
    log = Log(answer=response)
    assert log.answer is response
    restored = Log.model_validate_json(log.model_dump_json()).answer
    assert restored == response
    assert (restored.content, restored.usage) == ("openai one", response.usage)
    assert Log.model_validate(log.model_dump()) == log
    with pytest.raises(ValidationError, match="provider"):
        Log.model_validate({"answer": {"response": {}}})
    with pytest.raises(ValidationError):
        Log.model_validate({"answer": 1})


def test_contexts_nest_and_each_setting_stands_alone(both: Server) -> None:
    with llm.context(provider="anthropic"):
        assert ask("hi").content == "anthropic one"
        with llm.context(model="two"):
            assert ask("hi").content == "anthropic two"
        assert ask("hi").content == "anthropic one"
        with llm.context(provider="openai", call_params={"max_tokens": 7}):
            ask("hi")
            assert both.request.json == {
                "model": "one",
                "messages": [{"role": "user", "content": "hi"}],
                "temperature": 0.5,
                "max_tokens": 7,
            }
    assert ask("hi").content == "openai one"


async def both_at_once() -> tuple[str, str]:
    ready, answered = asyncio.Event(), asyncio.Event()

    async def first() -> str:
        with llm.context(model="first"):
            ready.set()
            await answered.wait()
            return (await aask("hi")).content

    async def second() -> str:
        await ready.wait()
        try:
            return (await aask("hi")).content
        finally:
            answered.set()

    one, other = await asyncio.gather(first(), second())
    return one, other


def test_contexts_hold_for_their_own_task(both: Server) -> None:
    assert asyncio.run(both_at_once()) == ("openai first", "openai one")


def test_an_async_call_takes_the_context_it_is_awaited_in(both: Server) -> None:
    async def main() -> list[str]:
        with llm.context(provider="anthropic"):
            made = aask("hi")
            overridden = llm.override(aask, model="two")("hi")
        with llm.context(model="three"):
            return [(await made).content, (await overridden).content]

    assert asyncio.run(main()) == ["openai three", "openai two"]


def test_override(both: Server) -> None:
    other = llm.override(ask, provider="anthropic", model="two")
    assert other("hi").content == "anthropic two"
    assert ask("hi").content == "openai one"
    assert other.__name__ == "ask"


def test_the_outer_override_goes_first(both: Server) -> None:
    inner = llm.override(ask, model="a", call_params={"temperature": 1, "max_tokens": 7})
    outer = llm.override(inner, model="b", call_params={"temperature": 0})
    assert [one("hi").content for one in (outer, inner)] == ["openai b", "openai a"]
    assert [request.json["temperature"] for request in both.requests] == [0, 1]
    assert [request.json["max_tokens"] for request in both.requests] == [7, 7]
    with llm.context(provider="anthropic", model="c"):
        assert outer("hi").content == "anthropic b"
    around = llm.override(middleware_factory()(outer), model="d")
    assert around("hi").content == "openai d"

    arounds = llm.override(middleware_factory()(llm.override(aask, model="a")), model="b")
    assert asyncio.run(arounds("hi")).content == "openai b"  # type: ignore[arg-type]


def test_an_override_is_for_its_own_function(both: Server) -> None:
    other = llm.override(ask, model="other")

    @llm.call("openai:one")
    def lead(question: str) -> str:
        return other(question).content

    assert llm.override(lead, model="leader")("hi").content == "openai leader"
    assert [request.json["model"] for request in both.requests] == ["other", "leader"]


def test_client_of_a_context(server: Server) -> None:
    server.always(Reply.json(message("mine")))
    client = anthropic_sdk.Anthropic(base_url=server.url, api_key="k")
    with client, llm.context(provider="anthropic", client=client):
        assert ask("hi").content == "mine"


def test_a_client_is_for_its_own_provider_alone(both: Server) -> None:
    nowhere = openai_sdk.OpenAI(base_url="http://127.0.0.1:9/v1", api_key="k", max_retries=0)

    @llm.call(provider="openai", model="one", client=nowhere)
    def mine(question: str) -> str:
        return question

    assert llm.override(mine, provider="anthropic")("hi").content == "anthropic one"
    with llm.context(provider="openai", client=nowhere), llm.context(provider="anthropic"):
        assert ask("hi").content == "anthropic one"
    with pytest.raises(ConnectionFailedError), llm.context(provider="openai", model="two"):
        mine("hi")


def test_history_goes_from_one_provider_to_the_other(both: Server) -> None:
    @llm.call(provider="openai", model="one")
    def chat(history: list[Any], question: str) -> list[Any]:
        return [*history, BaseMessageParam(role="user", content=question)]

    first = chat([], "one?")
    with llm.context(provider="anthropic"):
        chat([first.user_message_param, first.message_param], "two?")
    assert both.request.json["messages"] == [
        {"role": "user", "content": "one?"},
        {"role": "assistant", "content": "openai one"},
        {"role": "user", "content": "two?"},
    ]


def test_tools_of_a_context_in_the_providers_own_form(server: Server) -> None:
    def native(name: str) -> dict[str, Any]:
        return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}

    client = openai_sdk.OpenAI(base_url=server.url, api_key="k")

    @llm.call("openai:one", tools=[native("own")], client=client)
    def ask() -> str:
        return "hi"

    server.always(Reply.json(completion("hi")))
    with client, llm.context(tools=[native("other")]):
        ask()
        assert server.request.json["tools"] == [native("other")]
        with llm.context(tools=[]):
            ask()
            assert "tools" not in server.request.json


def test_tools_go_from_one_provider_to_the_other(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    call = {"id": "t1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}}
    server.reply(Reply.json(completion("", tool_calls=[call])), Reply.json(message("3")))

    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    client = openai_sdk.OpenAI(base_url=server.url, api_key="k")

    @llm.call(provider="openai", model="one", tools=[add], client=client)
    def first() -> str:
        return "1 + 2?"

    with client:
        response = first()
    tool = response.tool
    assert tool is not None
    assert tool.args == {"a": 1, "b": 2}
    assert response.message_param == BaseMessageParam(
        role="assistant", content=[ToolCallPart(name="add", args={"a": 1, "b": 2}, id="t1")]
    ) or response.message_param == BaseMessageParam(
        role="assistant",
        content=[TextPart(text=""), ToolCallPart(name="add", args={"a": 1, "b": 2}, id="t1")],
    )
    results = response.tool_message_params([(tool, tool.call())])
    assert results == [BaseMessageParam(role="tool", content=[ToolResultPart(name="add", content="3", id="t1")])]

    @llm.call(provider="anthropic", model="two")
    def second() -> list[Any]:
        return [response.user_message_param, response.message_param, *results]

    second()
    sent = server.request.json["messages"]
    assert sent[1]["content"][-1] == {"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1, "b": 2}}
    assert sent[2] == {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "3"}],
    }


def test_stream(server: Server) -> None:
    def event(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt", "choices": [choice]}

    server.reply(
        Reply.chat(event({"role": "assistant", "content": "Hel"}), event({"content": "lo"}), event({}, "stop"))
    )

    client = openai_sdk.OpenAI(base_url=server.url, api_key="k")

    @llm.call(provider="openai", model="one", stream=True, client=client)
    def streamed() -> str:
        return "hi"

    stream = streamed()
    with client:
        chunks = [chunk for chunk, _ in stream]
    assert [chunk.content for chunk in chunks] == ["Hel", "lo", ""]
    assert [chunk.finish_reasons for chunk in chunks] == [None, None, ["stop"]]
    assert stream.construct_call_response().message_param == BaseMessageParam(role="assistant", content="Hello")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"provider": "opnai", "model": "x"}, "did you mean 'openai'"),
        ({"model": "x"}, "llm.call needs a provider"),
    ],
)
def test_no_such_provider(arguments: dict[str, Any], reason: str) -> None:
    call = llm.call(**arguments)(lambda: "hi")
    with pytest.raises(ConfigurationError, match=reason):
        call()


def test_unknown_setting() -> None:
    with pytest.raises(ConfigurationError, match="response_model"), llm.context(response_model=int):  # type: ignore[call-arg]
        pass


def test_a_providers_own_call_takes_no_provider() -> None:
    from mirascope_like.core import openai

    with pytest.raises(ConfigurationError, match=r"'provider' is for llm\.call only"):
        openai.call("x", provider="anthropic")


RESPONSES = [row for row in EVERY if row.id.endswith(".responses")]


@pytest.mark.parametrize("row", RESPONSES, ids=lambda row: row.id)
def test_responses_are_a_provider_too(row: BaseRow, server: Server) -> None:
    reply = Reply.json(row.wire.whole(Answer(Text("Hi"))))
    server.reply(reply, reply)

    @llm.call(f"{row.id}:m")
    def say(text: str) -> str:
        return text

    with row.client(server) as client, llm.context(provider=row.id, model="n", client=client):
        response = say("Hello")
        again = say("Hello")
    assert (response.content, response.provider_name, again.content) == ("Hi", row.name, "Hi")
    assert [request.path.partition("?")[0].rpartition("/")[2] for request in server.requests] == ["responses"] * 2
    assert server.requests[0].json["model"] == "n"


@pytest.mark.parametrize("name", ["openai.chat", "openai.params", "groq.responses"])
def test_a_form_that_a_provider_has_not(name: str) -> None:
    @llm.call(f"{name}:m")
    def say(text: str) -> str:
        return text

    with pytest.raises(ConfigurationError, match=f"unknown provider '{name}': .* has no format"):
        say("Hello")


@llm.call(model="llama3.2:1b")
def tagged(question: str) -> str:
    return question


def test_a_context_names_both_at_once(both: Server) -> None:
    with llm.context(model="anthropic:claude"):
        assert ask("hi").content == "anthropic claude"
        with llm.context(model="llama3.2:1b"):
            assert ask("hi").content == "anthropic llama3.2:1b"
    assert llm.override(ask, model="anthropic:claude")("hi").content == "anthropic claude"
    other = fallback(NotFoundError, [{"catch": NotFoundError, "model": "anthropic:claude"}])
    both.reply_with(lambda request: answer(request) if "messages" in request.path else Reply.error(404))
    assert other(ask)("hi").content == "anthropic claude"


def test_a_name_with_a_colon_of_its_own(both: Server) -> None:
    with llm.context(provider="openai"):
        assert tagged("hi").content == "openai llama3.2:1b"
    assert llm.call("openai:llama3.2:1b")(lambda: "hi")().content == "openai llama3.2:1b"
    assert llm.call("openai.chat:1b", provider="openai")(lambda: "hi")().content == "openai openai.chat:1b"
    with pytest.raises(ConfigurationError, match=r"unknown provider 'llama3\.2'"):
        tagged("hi")
    with pytest.raises(ConfigurationError, match="unknown provider 'opnai': did you mean 'openai'"):
        llm.call("opnai:gpt")(lambda: "hi")()


@pytest.mark.parametrize(
    ("first", "then", "asked"),
    [
        ("openai:bad", "good", ("/v1/chat/completions", "good")),
        ("openai:bad", "good:1b", ("/v1/chat/completions", "good:1b")),
        ("openai:bad", "anthropic:good", ("/v1/messages", "good")),
        ("openai:bad", "openai.responses:good", ("/v1/responses", "good")),
        ("openai.responses:bad", "good", ("/v1/responses", "good")),
        ("anthropic:bad:3b", "good:1b", ("/v1/messages", "good:1b")),
    ],
)
@pytest.mark.parametrize("way", ["call", "provider", "model", "context"])
def test_which_provider_a_fallback_is_of(both: Server, way: str, first: str, then: str, asked: Any) -> None:
    provider, _, model = first.partition(":")

    def answered(request: Request) -> Reply:
        if request.json["model"] == model:
            return Reply.error(503, x_should_retry="false")
        rows = {
            "/v1/chat/completions": providers.OPENAI,
            "/v1/messages": providers.ANTHROPIC,
            "/v1/responses": providers.RESPONSES,
        }
        return rows[request.path].text("Hel", "lo")

    def called() -> Any:
        named: Any = {"call": {"model": first}, "provider": {"provider": provider, "model": model}}.get(way)
        return llm.call(stream=True, fallback=[then], **(named or {"model": "openai:one"}))(lambda: "hi")()

    both.reply_with(answered)
    if way == "context":
        with llm.context(model=first):
            stream: Any = called()
    else:
        stream = llm.model(first, stream=True, fallback=[then]).stream("hi") if way == "model" else called()
    assert stream.collect().content == "Hello"
    assert (both.request.path, both.request.json["model"]) == asked
