"""What a prompt function may decide for one call: messages, parameters, fields, metadata."""

from __future__ import annotations

import asyncio
import copy
import functools
from typing import Any

import pytest

from mirascope_like.core import Messages, PromptError, prompt_template
from tests.conformance.providers import OPENAI, Row, openai_like
from tests.harness.server import Reply, Server


@pytest.fixture
def client(row: Row, server: Server) -> Any:
    server.always(Reply.json(row.whole("Hello")))
    with row.client(server) as client:
        yield client


def sent_messages(row: Row, server: Server) -> Any:
    """The messages that the last request held."""
    body = server.request.json
    return body.get("messages", body.get("input"))


@openai_like
@pytest.mark.parametrize(
    "messages",
    [
        "Hi",
        ["Hi"],
        Messages.User("Hi"),
        [Messages.User("Hi")],
        {"role": "user", "content": "Hi"},
        [{"role": "user", "content": "Hi"}],
    ],
    ids=["text", "parts", "message", "messages", "dict", "dicts"],
)
def test_messages(row: Row, server: Server, client: Any, messages: Any) -> None:
    @row.module.call("m", client=client)
    def say() -> Any:
        return {"messages": messages}

    assert say().content == "Hello"
    (sent,) = sent_messages(row, server)
    assert sent["role"] == "user"
    assert "Hi" in str(sent["content"])


@openai_like
def test_parameters_are_merged(row: Row, server: Server, client: Any) -> None:
    mine, theirs = {"temperature": 0.5, "top_p": 0.25}, {"temperature": 0.75}
    before = copy.deepcopy((mine, theirs))

    @row.module.call("m", client=client, call_params=mine)
    def say(params: Any = None) -> Any:
        return {"messages": "Hi", "call_params": params} if params else "Hi"

    response = say(theirs)
    assert (server.request.json["temperature"], server.request.json["top_p"]) == (0.75, 0.25)
    assert response.call_params == {"temperature": 0.75, "top_p": 0.25}
    say()
    assert server.request.json["temperature"] == 0.5
    assert (mine, theirs) == before


@openai_like
def test_computed_fields(row: Row, server: Server, client: Any) -> None:
    @row.module.call("m", client=client)
    @prompt_template("Give {k} facts about {topic}")
    def say(topic: str, n: int = 2) -> Any:
        return {"computed_fields": {"k": n * 2}, "metadata": {"tags": {"a"}}}

    response = say("tea")
    assert "Give 4 facts about tea" in str(sent_messages(row, server))
    assert response.fn_args == {"topic": "tea", "n": 2, "k": 4}  # mirascope 1.25.7 has computed fields there too
    assert response.prompt_template == "Give {k} facts about {topic}"
    assert response.metadata == {"tags": {"a"}}
    assert response.dynamic_config["computed_fields"] == {"k": 4}


@openai_like
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_decorators_around_the_template(row: Row, server: Server, asynchronous: bool) -> None:
    """The decorators receive the messages and may change arguments and messages; they do not see the dynamic config."""

    def shouting(fn: Any) -> Any:
        @functools.wraps(fn)
        def shout(word: str) -> Any:
            return fn(word.upper())

        return shout

    server.always(Reply.json(row.whole("Hello")))
    if asynchronous:

        async def main() -> Any:
            async with row.aclient(server) as client:

                @row.module.call("m", client=client)
                @shouting
                @prompt_template("Say {word} {count} times")
                async def asay(word: str) -> Any:
                    return {"computed_fields": {"count": 3}, "call_params": {"temperature": 0.5}}

                return await asay("hi")

        response = asyncio.run(main())
    else:
        with row.client(server) as client:

            @row.module.call("m", client=client)
            @shouting
            @prompt_template("Say {word} {count} times")
            def say(word: str) -> Any:
                return {"computed_fields": {"count": 3}, "call_params": {"temperature": 0.5}}

            response = say("hi")
    assert "Say HI 3 times" in str(sent_messages(row, server))
    assert server.request.json["temperature"] == 0.5
    assert response.prompt_template == "Say {word} {count} times"
    assert response.dynamic_config["computed_fields"] == {"count": 3}


@openai_like
def test_messages_of_the_config_win_over_the_template(row: Row, server: Server, client: Any) -> None:
    @row.module.call("m", client=client)
    @prompt_template("never")
    def say() -> Any:
        return {"messages": [Messages.User("from the config")]}

    say()
    assert "from the config" in str(sent_messages(row, server))
    assert "never" not in str(sent_messages(row, server))


@openai_like
def test_async_config_of_a_stream(row: Row, server: Server) -> None:
    @row.module.call("m", stream=True)
    @prompt_template("Say {word}")
    async def say(client: Any) -> Any:
        return {"computed_fields": {"word": "boo"}, "call_params": {"temperature": 0.25}, "client": client}

    async def main() -> str:
        async with row.aclient(server) as client:
            return (await say(client).collect()).content

    server.reply(row.text("Hello"))
    assert asyncio.run(main()) == "Hello"
    assert "Say boo" in str(sent_messages(row, server))
    assert server.request.json["temperature"] == 0.25


def test_unknown_key_of_a_config() -> None:
    @OPENAI.module.call("m")
    def say() -> Any:
        return {"mesages": "Hi"}

    with pytest.raises(PromptError, match="mesages"):
        say()


def test_nothing_returned() -> None:
    @OPENAI.module.call("m")
    def say() -> Any:
        return None

    with pytest.raises(
        PromptError, match="say returned None: return text or messages, or put @prompt_template below the call"
    ):
        say()


def test_missing_variable_raises_before_anything_is_sent(server: Server) -> None:
    with OPENAI.client(server) as client:

        @OPENAI.module.call("m", client=client)
        @prompt_template("About {topik}")
        def say(topic: str) -> None: ...

        with pytest.raises(PromptError, match="topik"):
            say("tea")
    assert not server.requests


@openai_like
def test_methods(row: Row, server: Server, client: Any) -> None:
    class Librarian:
        mood = "kind"

        @row.module.call("m", client=client)
        @prompt_template("You are {self.mood}. {question}")
        def answer(self, question: str) -> None:
            """Answer a question."""

    assert Librarian().answer("Why?").content == "Hello"
    assert "You are kind. Why?" in str(sent_messages(row, server))
    assert Librarian.answer.__name__ == "answer"
    assert Librarian.answer.__doc__ == "Answer a question."


@openai_like
def test_history_of_the_user_is_not_changed(row: Row, server: Server, client: Any) -> None:
    history: list[Any] = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    before = copy.deepcopy(history)

    @row.module.call("m", client=client, json_mode=True)
    def say() -> Any:
        return [*history, {"role": "user", "content": "Give JSON"}]

    say()
    say()
    assert history == before
