"""Tasks: the docstring is the prompt."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest
from pydantic import BaseModel
from tenacity import retry, stop_after_attempt

from mirascope_like import llm
from mirascope_like.core import PromptError, StreamState, openai
from tests.harness.rounds import Side
from tests.harness.server import Reply, Server, Stall


def nickname(person: str, count: int = 1) -> str:
    """Suggest nicknames: like {this} one

    :param person: the real name: first and last {name}
    """
    raise AssertionError("never runs")


PROMPT = """Suggest nicknames: like {this} one

Inputs:
person (the real name: first and last {name}): Ann
count: 1"""


def test_text(side: Side, server: Server) -> None:
    server.always(side.whole("Annie"))
    task = side.module.model("m", client=side.client(server)).task(nickname)
    assert task.last_response is None
    assert (task("Ann"), task(person="Ann")) == ("Annie", "Annie")
    assert server.request.json["messages"] == [{"role": "user", "content": PROMPT}]
    assert task.last_response.content == "Annie"
    assert task.last_stream is None
    assert (task.__name__, task.__wrapped__) == ("nickname", nickname)
    with pytest.raises(TypeError):
        task("Ann", nobody=1)


def test_what_the_answer_is_to_be(side: Side, server: Server) -> None:
    @side.module.model("m", client=side.client(server)).task
    def tags(text: str) -> str:
        """Give tags

        :return: a list: of {tags}, one a line
        """
        raise AssertionError

    asked = "Give tags\n\nInputs:\ntext: cats\n\nAnswer with: a list: of {tags}, one a line"
    assert tags.prepare("cats").messages[0].content == asked


def test_types(side: Side, server: Server) -> None:
    class Name(BaseModel):
        name: str

    model = side.module.model("m", client=side.client(server))

    @model.task
    def tags(text: str) -> list[str]:
        """Give tags"""
        raise AssertionError

    @model.task(call_params={"max_tokens": 9})
    def name() -> Name:
        """Give a name"""
        raise AssertionError

    server.reply(side.whole("", ("call_1", "list", '{"value": ["a", "b"]}')))
    assert tags("x") == ["a", "b"]
    assert tags.last_response.answer is not None
    server.reply(side.whole("", ("call_1", "Name", '{"name": "Ann"}')))
    assert name() == Name(name="Ann")
    assert server.request.json["max_tokens"] == 9
    assert server.request.json["messages"] == [{"role": "user", "content": "Give a name"}]


def test_variadic_arguments_are_sent_once(side: Side, server: Server) -> None:
    @side.module.model("m", client=side.client(server)).task
    def tags(text: str, *more: int, **others: str) -> str:
        """Give tags"""
        raise AssertionError

    asked = "Give tags\n\nInputs:\ntext: cats\nmore: [1]\nlang: en"
    assert tags.prepare("cats", 1, lang="en").messages[0].content == asked
    assert tags.prepare("cats").messages[0].content == "Give tags\n\nInputs:\ntext: cats\nmore: []"


class Namer:
    """A class whose methods become tasks."""

    def nick(self, person: str) -> str:
        """Give a nickname"""
        raise AssertionError

    async def anick(self, person: str) -> str:
        """Give a nickname"""
        raise AssertionError

    @classmethod
    def of(cls, person: str) -> str:
        """Give a nickname"""
        raise AssertionError


def test_methods(side: Side, server: Server) -> None:
    asked = "Give a nickname\n\nInputs:\nperson: Ann"
    model = side.module.model("m", client=side.client(server))

    class Tasked(Namer):
        nick = model.task(Namer.nick)
        of = classmethod(model.task(Namer.__dict__["of"].__func__))
        stream = model.task(stream=True)(Namer.nick)

    server.reply(side.whole("Annie"), side.whole("An"), side.streamed("An na"))
    namer: Any = Tasked()
    assert namer.nick("Ann") == "Annie"
    assert server.request.json["messages"] == [{"role": "user", "content": asked}]
    assert namer.nick.last_response.content == "Annie"
    assert namer.nick.prepare("Ann").messages[0].content == asked
    assert (namer.nick.__name__, Tasked.nick.__wrapped__) == ("nick", Namer.nick)
    assert namer.of("Ann") == "An"
    assert server.request.json["messages"] == [{"role": "user", "content": asked}]
    stream = namer.stream("Ann")
    assert stream.collect().content == "An na"
    assert Tasked.stream.last_stream is stream
    with pytest.raises(TypeError, match="'person'"):
        namer.nick()


def test_an_async_task_is_tried_again(side: Side, server: Server) -> None:
    server.reply(Reply.error(400), side.whole("Annie"), side.whole("An"))

    async def main() -> list[str]:
        async with side.aclient(server) as client:

            class Tasked:
                nick = side.module.model("m", client=client).task(Namer.anick)

            asked: Any = retry(stop=stop_after_attempt(2))(Tasked().nick)
            return [await asked("Ann"), await Tasked().nick("Ann")]

    assert asyncio.run(main()) == ["Annie", "An"]


def test_streams(side: Side, server: Server) -> None:
    server.reply(side.streamed("An nie"))
    task: Any = side.module.model("m", client=side.client(server)).task(stream=True)(nickname)
    stream = task("Ann")
    assert task.last_stream is stream
    assert task.last_response is None
    assert next(stream.text()) == "An"
    assert task.last_response.content == "An"
    stream.collect()
    assert task.last_response.content == "An nie"


def test_streams_of_types(side: Side, server: Server) -> None:
    class Name(BaseModel):
        name: str

    model = side.module.model("m", client=side.client(server), stream=True)

    @model.task
    def name() -> Name:
        """Give a name"""
        raise AssertionError

    server.reply(side.streamed("", ("call_1", "Name", '{"name": "Ann"}')))
    stream = name()
    assert list(stream)[-1] == Name(name="Ann")
    assert name.last_response is not None
    assert name.last_stream is stream


def test_async(side: Side, server: Server) -> None:
    async def main() -> None:
        async with side.aclient(server) as client:
            model = side.module.model("m", client=client)

            @model.task
            async def greet(name: str) -> str:
                """Greet"""
                raise AssertionError

            @model.task(stream=True)
            async def say(name: str) -> str:
                """Say"""
                raise AssertionError

            server.reply(side.whole("Hello"), side.streamed("Hel lo"), side.whole("Other"))
            assert await greet("Ann") == "Hello"
            assert [text async for text in say("Ann").text()] == ["Hel", " lo"]
            assert say.last_stream.state is StreamState.DONE

            async def other() -> None:
                assert await greet("Bob") == "Other"
                assert greet.last_response.content == "Other"

            await asyncio.create_task(other())
            assert greet.last_response.content == "Hello"
            assert greet.prepare("Ann").messages[0].content == "Greet\n\nInputs:\nname: Ann"

    asyncio.run(main())


def test_threads_have_their_own_last_response(side: Side, server: Server) -> None:
    server.always(side.whole("Annie"))
    task = side.module.model("m", client=side.client(server)).task(nickname)
    thread = threading.Thread(target=task, args=("Ann",))
    thread.start()
    thread.join()
    assert task.last_response is None


def test_prepare(side: Side, server: Server) -> None:
    server.reply(side.whole("Annie"))
    task = side.module.model("m", client=side.client(server), temperature=0.5).task(nickname)
    prepared = task.prepare("Ann", count=1)
    assert [(one.role, one.content) for one in prepared.messages] == [("user", PROMPT)]
    assert (prepared.payload["model"], prepared.payload["messages"][0]["content"]) == ("m", PROMPT)
    assert server.requests == []
    assert prepared.send() == "Annie"
    assert server.request.json["messages"] == [{"role": "user", "content": PROMPT}]


def test_llm(side: Side, server: Server) -> None:
    server.reply(side.whole("Annie"))
    task = llm.model(f"{side.name}:m", client=side.client(server)).task(nickname)
    assert task("Ann") == "Annie"
    assert task.last_response is not None


def test_a_task_needs_a_docstring() -> None:
    def silent() -> str:
        raise AssertionError

    with pytest.raises(PromptError, match="silent has no prompt"):
        openai.model("m").task(silent)


@pytest.mark.parametrize("structured", [False, True], ids=["text", "structured"])
def test_a_dropped_stream_is_closed(side: Side, server: Server, structured: bool) -> None:
    """What a task remembers of its last stream does not keep the connection of a stream that nobody has any more."""

    def tags(person: str) -> list[str]:
        """Give tags."""
        raise NotImplementedError

    whole = side.streamed("", ("call_1", "list", '{"value": ["a"]}')) if structured else side.streamed("An nie")
    whole = whole.by_event()
    server.reply(whole.insert(len(whole.pieces) // 2, Stall()))
    task: Any = side.module.model("m", client=side.client(server)).task(stream=True)(tags if structured else nickname)
    gc.disable()
    try:
        stream = task("Ann")
        inner = stream.stream if structured else stream
        while inner.state is StreamState.NEW:
            next(inner)
        assert task.last_stream is stream
        arrived = inner.content
        del stream, inner
        assert server.wait_closed()
        assert server.aborted == 1
        last = task.last_stream.stream if structured else task.last_stream
        assert (last.state, last.content) == (StreamState.CLOSED, arrived)
        assert list(last) == []
    finally:
        gc.enable()


def test_an_unread_stream_outlives_the_next_call(side: Side, server: Server) -> None:
    server.reply(side.streamed("An nie"))
    ends: list[StreamState] = []
    task: Any = side.module.model("m", client=side.client(server)).task(stream=True)(nickname)
    first = task("Ann").ended(lambda ended: ends.append(ended.state))
    task("Bea")
    assert (ends, first.state) == ([], StreamState.NEW)
    assert first.collect().content == "An nie"
    assert ends == [StreamState.DONE]


@pytest.mark.parametrize(
    "annotation", ["a list of books", "list[int", "3 books", "", "list[Unknown]", "1 +", "list.nothing"]
)
def test_an_annotation_that_is_no_type(annotation: str) -> None:
    # What reads like words is no type: Python's own `typing.get_type_hints` refuses it too.
    def books() -> None:
        """Name books."""

    books.__annotations__["return"] = annotation
    with pytest.raises(PromptError, match=r"cannot evaluate the return annotation '.*' of the task books: annotate"):
        openai.model("m").task(books)


def test_keywords_named_like_what_takes_them() -> None:
    @openai.model("m").task
    def describe(first: int, **inputs: int) -> str:
        """Describe."""
        raise NotImplementedError

    (message,) = describe.prepare(1, inputs=2, self=3).messages
    assert message.content == "Describe.\n\nInputs:\nfirst: 1\ninputs: 2\nself: 3"
    (message,) = describe.prepare(1).messages
    assert message.content == "Describe.\n\nInputs:\nfirst: 1"
