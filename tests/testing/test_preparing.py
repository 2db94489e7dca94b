"""`prepare`: what would be sent. `use_client`: who sends it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import openai as openai_sdk
import pytest
from pydantic import BaseModel

from mirascope_like import budget, llm
from mirascope_like.core import BaseMessageParam, ConfigurationError, azure, openai
from mirascope_like.integrations.log import JSONLinesLog, log_calls, with_log
from mirascope_like.testing import aprepare, fake, prepare, use_client

HELLO = [BaseMessageParam(role="user", content="Hello Ann")]
PAYLOAD = {"model": "m", "messages": [{"role": "user", "content": "Hello Ann"}], "temperature": 0}


class Book(BaseModel):
    """A book."""

    title: str


@openai.call("m", call_params={"temperature": 0})
def hello(name: str) -> str:
    return f"Hello {name}"


@openai.call("m", call_params={"temperature": 0}, stream=True)
def stream(name: str) -> str:
    return f"Hello {name}"


@openai.call("m", call_params={"temperature": 0}, response_model=Book)
def book(name: str) -> str:
    return f"Hello {name}"


@llm.call("openai:m", call_params={"temperature": 0})
def neutral(name: str) -> str:
    return f"Hello {name}"


@openai.call("m", call_params={"temperature": 0})
async def ahello(name: str) -> str:
    return f"Hello {name}"


@openai.call("m", call_params={"temperature": 0}, stream=True)
async def astream(name: str) -> str:
    return f"Hello {name}"


@openai.call("m", call_params={"temperature": 0}, stream=True, response_model=Book)
async def abook(name: str) -> str:
    return f"Hello {name}"


@pytest.mark.parametrize("call", [hello, stream, book, neutral], ids=lambda call: call.__name__)
def test_prepare(call: Any) -> None:
    with fake() as model:
        prepared = prepare(call, "Ann")
    assert prepared.messages == HELLO
    assert {key: prepared.payload[key] for key in PAYLOAD} == PAYLOAD
    assert model.requests == []


@pytest.mark.parametrize("call", [ahello, astream, abook], ids=lambda call: call.__name__)
def test_aprepare(call: Any) -> None:
    prepared = asyncio.run(aprepare(call, name="Ann"))
    assert prepared.messages == HELLO
    assert {key: prepared.payload[key] for key in PAYLOAD} == PAYLOAD


def test_it_needs_no_key_and_sends_later() -> None:
    prepared = prepare(hello, "Ann")
    with fake("Hi") as model:
        assert prepared.send().content == "Hi"
    assert model.request.payload == PAYLOAD


def test_around_a_call() -> None:
    changed = llm.override(neutral, model="anthropic:claude-sonnet-5")
    assert prepare(changed, "Ann").payload["model"] == "claude-sonnet-5"


def test_tasks() -> None:
    @openai.model("m").task
    def greet(name: str) -> str:
        """Greet somebody."""

    assert prepare(greet, "Ann").messages == greet.prepare("Ann").messages


def test_sessions_and_models() -> None:
    session = openai.model("m", temperature=0).session()
    with fake("Hi") as model:
        assert prepare(session.send, "Hello Ann").messages == HELLO
        assert len(session.conversation) == 0
        assert session.send("Hello Ann").content == "Hi"
        payload = prepare(session.send, "Again").payload
    assert [message["content"] for message in payload["messages"]] == ["Hello Ann", "Hi", "Again"]
    assert len(model.requests) == 1
    assert prepare(openai.model("m", temperature=0).stream, "Hello Ann").messages == HELLO


def test_what_sends_no_request() -> None:
    with pytest.raises(TypeError, match=r"^ahello is async: await aprepare\(ahello, ...\)$"):
        prepare(ahello, "Ann")
    with pytest.raises(TypeError, match=r"^astream is async: await aprepare\(astream, ...\)$"):
        prepare(astream, "Ann")
    with pytest.raises(TypeError, match=r"^len sends no request: give a function that is decorated with a provider's"):
        prepare(len, "Ann")


def test_use_client() -> None:
    mine = openai_sdk.OpenAI(api_key="sk-mine", base_url="https://gateway.example/v1")
    theirs = openai_sdk.OpenAI(api_key="sk-theirs", base_url="https://other.example/v1")

    @openai.call("m", client=theirs)
    def own(name: str) -> str:
        return name

    @openai.responses.call("m")
    def responses(name: str) -> str:
        return name

    @azure.call("m")
    def elsewhere(name: str) -> str:
        return name

    with fake(*"1234567") as model:
        with use_client(openai.call, mine):
            hello("x"), own("x"), neutral("x"), responses("x"), elsewhere("x")
            with llm.context(call_params={"temperature": 1}):
                neutral("x")
        own("x")
    hosts = [request.url.split("/")[2] for request in model.requests]
    mine_host = "gateway.example"
    assert hosts == [mine_host, mine_host, mine_host, mine_host, "fake.openai.azure.com", mine_host, "other.example"]


def test_a_stream_keeps_the_client_of_its_call() -> None:
    mine = openai_sdk.OpenAI(api_key="sk-mine", base_url="https://gateway.example/v1")
    with fake("Hi") as model:
        with use_client(openai.call, mine):
            made = stream("Ann")
        made.collect()
    assert model.request.url == "https://gateway.example/v1/chat/completions"


def test_use_client_needs_a_provider() -> None:
    with (
        pytest.raises(ConfigurationError, match=r"^use_client needs the `call` of a provider"),
        use_client(llm.call, 1),
    ):
        pass


@openai.call("m", call_params={"temperature": 0})
def greeting(name: str) -> str:
    return f"Hello {hello(name).content}"


@openai.call("m", call_params={"temperature": 0})
async def agreeting(name: str) -> str:
    return f"Hello {(await ahello(name)).content}"


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_calls_of_the_prompt_function_are_sent(asynchronous: bool) -> None:
    """The prompt of the chain is prepared, not that of the call inside."""
    with fake("Ann") as model:
        prepared: Any = asyncio.run(aprepare(agreeting, "Anna")) if asynchronous else prepare(greeting, "Anna")
    assert prepared.messages == HELLO
    assert model.request.text == "Hello Anna"


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_call_that_is_prepared_is_not_logged(asynchronous: bool, tmp_path: Path) -> None:
    log = JSONLinesLog(tmp_path / "calls.jsonl")
    with log, log_calls(log), fake("Ann", "Ann") as model:
        asyncio.run(aprepare(with_log(log)(ahello), "Ann")) if asynchronous else prepare(with_log(log)(hello), "Ann")
        assert log.find() == []
        asyncio.run(aprepare(agreeting, "Anna")) if asynchronous else prepare(greeting, "Anna")
        asyncio.run(ahello("x")) if asynchronous else hello("x")
    name = "ahello" if asynchronous else "hello"
    # The call inside the prompt function was sent.
    assert [row.function for row in log.find()] == [f"{__name__}.{name}"] * 2
    assert len(model.requests) == 2


@pytest.mark.parametrize("call", [stream, book], ids=["stream", "structured"])
def test_prepared_calls_take_nothing_from_a_budget(call: Any) -> None:
    with budget(requests=1) as limits:
        prepare(call, "Ann")
        prepare(call, "Ann")
    assert limits.spent.requests == 0
