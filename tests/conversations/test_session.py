"""Sessions: a prompt is stored only together with its response."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mirascope_like import llm
from mirascope_like.core import (
    BaseMessageParam,
    Conversation,
    JSONLinesStore,
    MemoryStore,
    Messages,
    PromptError,
    ProviderError,
    Session,
    SQLiteStore,
    ToolLoop,
    Turn,
)
from tests.harness.clocks import PATIENCE
from tests.harness.rounds import SIDES, Side
from tests.harness.server import CloseEarly, Reply, Server, Stall


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def turns_of(session: Any) -> list[tuple[str, Any, bool]]:
    return [(turn.message.role, turn.message.content, turn.partial) for turn in session.conversation.turns]


def test_send(side: Side, server: Server) -> None:
    server.reply(side.whole("Hello"), side.whole("Fine"))
    session = side.module.model("m", client=side.client(server)).session(system="Be brief")
    assert session.send("Hi").content == "Hello"
    assert session.send("How are you?").content == "Fine"
    body = server.request.json
    talk = [(one["role"], one["content"]) for one in body["messages"]]
    if side.name == "openai":
        assert talk.pop(0) == ("system", "Be brief")
    else:
        assert body["system"] == "Be brief"
    assert talk[0] == ("user", "Hi")
    assert talk[2] == ("user", "How are you?")
    assert turns_of(session) == [
        ("system", "Be brief", False),
        ("user", "Hi", False),
        ("assistant", "Hello", False),
        ("user", "How are you?", False),
        ("assistant", "Fine", False),
    ]


def test_a_stream_is_kept_when_it_is_done(side: Side, server: Server) -> None:
    server.reply(side.streamed("Hel lo"))
    session = Session(side.module.model("m", client=side.client(server)))
    stream = session.stream("Hi")
    for _ in stream:
        assert turns_of(session) == []
    assert turns_of(session) == [("user", "Hi", False), ("assistant", "Hel lo", False)]


@pytest.mark.parametrize("how", ["close", "drop"])
def test_a_stream_that_is_left_is_kept_as_partial(side: Side, server: Server, how: str) -> None:
    reply = side.streamed("Hel lo").by_event()
    at = next(n for n, piece in enumerate(reply.pieces) if isinstance(piece, bytes) and b"Hel" in piece) + 1
    server.reply(reply.insert(at, Stall()))
    session = Session(side.module.model("m", client=side.client(server)))
    stream = session.stream("Hi")
    for chunk, _ in stream:
        if chunk.content:
            break
    if how == "close":
        stream.close()
    del stream
    assert turns_of(session) == [("user", "Hi", False), ("assistant", "Hel", True)]


def test_a_stream_that_breaks_off_is_kept_as_partial(side: Side, server: Server) -> None:
    reply = side.streamed("Hel lo").by_event()
    at = next(n for n, piece in enumerate(reply.pieces) if isinstance(piece, bytes) and b"Hel" in piece) + 1
    server.reply(reply.insert(at, CloseEarly()))
    session = Session(side.module.model("m", client=side.client(server)))
    with pytest.raises(ProviderError):
        session.stream("Hi").collect()
    assert turns_of(session) == [("user", "Hi", False), ("assistant", "Hel", True)]


def test_nothing_is_kept_of_what_failed(side: Side, server: Server) -> None:
    server.reply(Reply.error(500), Reply.error(500))
    session = Session(side.module.model("m", client=side.client(server)))
    with pytest.raises(ProviderError):
        session.send("Hi")
    with pytest.raises(ProviderError):
        session.stream("Hi").collect()
    session.stream("Hi").close()
    assert turns_of(session) == []


def test_async(side: Side, server: Server) -> None:
    async def main() -> None:
        async with side.aclient(server) as client:
            store = MemoryStore()
            session = side.module.model("m", client=client).session(store=store, name="a")
            server.reply(side.whole("Hello"), side.streamed("Fi ne"))
            assert (await session.send_async("Hi")).content == "Hello"
            assert [text async for text in session.stream_async("How?").text()] == ["Fi", " ne"]
            texts = [("user", "Hi"), ("assistant", "Hello"), ("user", "How?"), ("assistant", "Fi ne")]
            assert [one[:2] for one in turns_of(session)] == texts
            assert store.load("a") == session.conversation

    asyncio.run(main())


@pytest.mark.parametrize("streamed", [False, True])
def test_tools(side: Side, server: Server, streamed: bool) -> None:
    made = side.streamed if streamed else side.whole
    server.reply(made("", ("call_1", "add", '{"a": 1, "b": 2}')), made("It is 3"), made("Yes"))
    session = Session(side.module.model("m", client=side.client(server)), tools=[add], tool_loop=ToolLoop())
    ask: Any = (lambda text: session.stream(text).collect()) if streamed else session.send
    assert ask("1 + 2?").content == "It is 3"
    assert [turn.message.role for turn in session.conversation.turns] == ["user", "assistant", "tool", "assistant"]
    ask("Sure?")
    assert side.results(server.request.json) == [("call_1", "3", False)]


def test_another_provider_in_the_middle(server: Server) -> None:
    openai, anthropic = SIDES
    try:
        server.reply(openai.whole("", ("call_1", "add", '{"a": 1, "b": 2}')), openai.whole("3"))
        session = llm.model("openai:m", client=openai.client(server)).session(tools=[add], tool_loop=ToolLoop())
        session.send("1 + 2?")
        session.model = anthropic.module.model("m", client=anthropic.client(server))
        thinking = {"type": "thinking", "thinking": "Hm", "signature": "s"}
        server.reply(
            Reply.json(
                {
                    "id": "msg_1",
                    "type": "message",
                    "role": "assistant",
                    "model": "m-1",
                    "stop_sequence": None,
                    "content": [thinking, {"type": "text", "text": "Yes"}],
                    "stop_reason": "end_turn",
                    "usage": {"input_tokens": 1, "output_tokens": 1},
                }
            ),
            anthropic.whole("Sure"),
            openai.whole("Good"),
        )
        session.send("Sure?")
        sent = server.request.json["messages"]
        assert [one["role"] for one in sent] == ["user", "assistant", "user", "assistant", "user"]
        assert sent[1]["content"][0]["id"] == sent[2]["content"][0]["tool_use_id"]
        session.send("Really?")
        assert server.request.json["messages"][5]["content"] == [thinking, {"type": "text", "text": "Yes"}]
        session.switch(openai.module.model("m", client=openai.client(server))).send("Good")
        sent = server.request.json["messages"]
        assert sent[1]["tool_calls"][0]["id"] == "call_1"
        assert sent[5]["content"] == "Yes"
    finally:
        for one in SIDES:
            one.close()


@pytest.mark.parametrize("streamed", [False, True])
def test_another_provider_around_a_call(server: Server, streamed: bool) -> None:
    openai, anthropic = SIDES
    try:
        made = "streamed" if streamed else "whole"
        server.reply(
            getattr(openai, made)("", ("call_1", "add", '{"a": 1, "b": 2}')),
            *(getattr(side, made)("3") for side in (openai, anthropic, openai)),
        )
        session = llm.model("openai:m", client=openai.client(server)).session(tools=[add], tool_loop=ToolLoop())
        ask: Any = (lambda text: session.stream(text).collect()) if streamed else session.send
        ask("1 + 2?")
        with llm.context(provider="anthropic", client=anthropic.client(server)):
            ask("Sure?")
        use = {"type": "tool_use", "id": "74196fe72", "name": "add", "input": {"a": 1, "b": 2}}
        result = {"type": "tool_result", "tool_use_id": "74196fe72", "content": "3"}
        assert server.request.json["messages"] == [
            {"role": "user", "content": "1 + 2?"},
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [result]},
            {"role": "assistant", "content": "3"},
            {"role": "user", "content": "Sure?"},
        ]
        ask("Really?")
        sent = server.request.json["messages"]
        roles = ["user", "assistant", "tool", "assistant", "user", "assistant", "user"]
        assert [one["role"] for one in sent] == roles
        assert (sent[1]["tool_calls"][0]["id"], sent[2]["tool_call_id"]) == ("call_1", "call_1")
    finally:
        for one in SIDES:
            one.close()


@pytest.mark.parametrize("nothing", ["", [Messages.User("")], [""]], ids=["text", "message", "parts"])
def test_an_empty_prompt(side: Side, server: Server, nothing: Any) -> None:
    server.reply(side.whole("Hello"))
    session = side.module.model("m", client=side.client(server)).session(Conversation().user("Hi"))
    for send in (
        session.send,
        session.stream,
        session.stream_async,
        lambda text: asyncio.run(session.send_async(text)),
    ):
        with pytest.raises(PromptError, match="empty prompt"):
            send(nothing)
    assert session.conversation == Conversation().user("Hi")
    assert session.send().content == "Hello"


def test_fork_and_load(side: Side, server: Server, tmp_path: Path) -> None:
    server.always(side.whole("Hello"))
    model = side.module.model("m", client=side.client(server))
    session = Session(model)
    session.send("Hi")
    fork = session.fork()
    fork.send("More")
    assert (len(session.conversation), len(fork.conversation)) == (2, 4)
    session.save(tmp_path / "s.json")
    assert Session(model, Conversation.load(tmp_path / "s.json")).conversation == session.conversation


def test_a_conversation_is_answered_as_it_stands(side: Side, server: Server) -> None:
    server.reply(side.whole("Hello"))
    session = Session(side.module.model("m", client=side.client(server)), Conversation().user("Hi"))
    session.send()
    assert [one[:2] for one in turns_of(session)] == [("user", "Hi"), ("assistant", "Hello")]


STORES: Any = pytest.mark.parametrize("kind", [lambda _: MemoryStore(), JSONLinesStore, SQLiteStore])


@STORES
def test_stores(kind: Any, tmp_path: Path) -> None:
    store = kind(tmp_path / "kept")
    turn = Turn(message=BaseMessageParam(role="user", content="Hi\n\u2028é"), native=({"a": [1]},), origin="openai")
    assert (store.load("a"), store.names()) == (None, [])
    store.append("a", [turn])
    store.append("b", [turn, turn])
    store.append("a", [turn])
    assert (len(store.load("a")), store.load("b").turns) == (2, (turn, turn))
    store.delete("a")
    assert (store.load("a"), store.names()) == (None, ["b"])
    if kind is SQLiteStore:
        store.close()


@STORES
def test_stores_under_threads(kind: Any, tmp_path: Path) -> None:
    store = kind(tmp_path / "kept")
    turn = Turn(message=BaseMessageParam(role="user", content="Hi"))
    threads = [threading.Thread(target=store.append, args=("a", [turn, turn])) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.load("a")) == 40
    if kind is SQLiteStore:
        store.close()


def test_a_line_that_is_cut_off_is_no_line(tmp_path: Path) -> None:
    turn = Turn(message=BaseMessageParam(role="user", content="Hi"))
    store = JSONLinesStore(tmp_path / "kept")
    store.append("a", [turn])
    with (tmp_path / "kept").open("ab") as file:
        file.write(b'{"session": "a", "tu')
    store.append("a", [turn])
    found = store.load("a")
    assert found is not None
    assert len(found) == 2


def test_a_session_goes_on_from_its_store(side: Side, server: Server, tmp_path: Path) -> None:
    server.always(side.whole("Hello"))
    model = side.module.model("m", client=side.client(server))
    with SQLiteStore(tmp_path / "kept.db") as store:
        model.session(store=store, name="me", system="Be brief").send("Hi")
    with SQLiteStore(tmp_path / "kept.db") as store:
        session = model.session(store=store, name="me", system="Be brief")
        session.send("Again")
        assert [one[0] for one in turns_of(session)] == ["system", "user", "assistant", "user", "assistant"]
        assert store.load("me") == session.conversation


def all_sent(server: Server, count: int) -> bool:
    return sum(served.state == "sent" for served in server.served) == count


class SlowStore(MemoryStore):
    """Saves the first exchange only after the second was requested."""

    def __init__(self, asked: Callable[[], bool]) -> None:
        super().__init__()
        self.slow = threading.Event()
        self.asked = asked

    def append(self, name: str, turns: Any) -> None:
        if not self.slow.is_set():
            self.slow.set()
            assert self.asked()
        super().append(name, turns)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_the_store_has_the_order_of_the_conversation(side: Side, server: Server, streamed: bool) -> None:
    server.always(side.streamed("Yes") if streamed else side.whole("Yes"))
    store = SlowStore(lambda: server.wait_until(lambda: all_sent(server, 2)))
    session = side.module.model("m", client=side.client(server)).session(store=store, name="ann")

    def send(text: str) -> None:
        session.stream(text).collect() if streamed else session.send(text)

    first = threading.Thread(target=send, args=("first",))
    first.start()
    assert store.slow.wait(PATIENCE)
    send("second")
    first.join()
    assert store.load("ann") == session.conversation
    assert [turn[1] for turn in turns_of(session)] == ["first", "Yes", "second", "Yes"]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_the_store_has_the_order_of_the_conversation_async(side: Side, server: Server, streamed: bool) -> None:
    async def main() -> None:
        store = SlowStore(lambda: server.wait_until(lambda: all_sent(server, 3)))
        async with side.aclient(server) as client:
            session = side.module.model("m", client=client).session(store=store, name="ann")

            async def send(text: str) -> None:
                await (session.stream_async(text).collect() if streamed else session.send_async(text))

            await asyncio.gather(*(send(text) for text in ("one", "two", "three")))
            assert store.load("ann") == session.conversation
            assert len(session.conversation) == 6

    server.always(side.streamed("Yes") if streamed else side.whole("Yes"))
    asyncio.run(main())


def test_a_kept_system_message_stays(side: Side, server: Server) -> None:
    server.always(side.whole("Yes"))
    model, store = side.module.model("m", client=side.client(server)), MemoryStore()
    model.session(system="Be brief", store=store, name="ann").send("Hi")
    later = model.session(system="Be verbose", store=store, name="ann")
    later.send("And?")
    assert turns_of(later)[0] == ("system", "Be brief", False)
    assert "Be verbose" not in server.request.body.decode()
    model.session(store=store, name="bob").send("Hi")
    assert turns_of(model.session(system="Be verbose", store=store, name="bob"))[0] == ("system", "Be verbose", False)
    assert turns_of(model.session(store=store, name="bob"))[0] == ("user", "Hi", False)
