"""Conversations are edited through their session, and kept by its store; a gap between call and result is an error."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mirascope_like.core import (
    BaseMessageParam,
    Conversation,
    JSONLinesStore,
    MemoryStore,
    Messages,
    PromptError,
    Session,
    SQLiteStore,
    ToolCallPart,
    ToolLoop,
    ToolResultPart,
    Turn,
)
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.harness.rounds import Side
from tests.harness.server import Server


class OwnStore:
    """A store of a user's own, with the four methods that a store needs."""

    def __init__(self, _: Any) -> None:
        self._kept = MemoryStore()
        self.append, self.load = self._kept.append, self._kept.load
        self.names, self.delete = self._kept.names, self._kept.delete


STORES: Any = pytest.mark.parametrize("kind", [lambda _: MemoryStore(), JSONLinesStore, SQLiteStore, OwnStore])


def texts(conversation: Conversation | None) -> list[Any]:
    return [message.content for message in conversation or ()]


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@STORES
def test_an_edit_is_kept(kind: Any, asynchronous: bool, side: Side, server: Server, tmp_path: Path) -> None:
    server.always(side.whole("Hello"))
    store = kind(tmp_path / "kept")
    model = side.module.model("m", client=side.client(server))
    model.session(store=store, name="other").send("Bye")
    session = model.session(store=store, name="me")
    session.send("Hi")
    session.send("Again")
    edit: Any = (lambda one: asyncio.run(session.edit_async(one))) if asynchronous else session.edit
    assert edit(session.conversation.fork(1)) is session
    assert texts(session.conversation) == texts(store.load("me")) == ["Hi"]
    session.send()  # regenerates the answer
    session.send("More")
    assert texts(session.conversation) == texts(store.load("me")) == ["Hi", "Hello", "More", "Hello"]
    assert texts(model.session(store=store, name="me").conversation) == ["Hi", "Hello", "More", "Hello"]
    assert texts(store.load("other")) == ["Bye", "Hello"]
    if kind is SQLiteStore:
        store.close()


@STORES
def test_an_edit_to_nothing(kind: Any, side: Side, server: Server, tmp_path: Path) -> None:
    server.always(side.whole("Hello"))
    store = kind(tmp_path / "kept")
    session = side.module.model("m", client=side.client(server)).session(store=store, name="me")
    session.send("Hi")
    session.edit(Conversation())
    assert texts(store.load("me")) == texts(session.conversation) == []
    session.send("New")
    assert texts(store.load("me")) == ["New", "Hello"]
    if kind is SQLiteStore:
        store.close()


def test_where_the_store_fails_nothing_is_replaced(side: Side, server: Server) -> None:
    class Full(MemoryStore):
        def replace(self, name: str, turns: Sequence[Turn]) -> None:
            raise OSError("disk full")

    session = side.module.model("m", client=side.client(server)).session(Conversation().user("Hi"), store=Full())
    with pytest.raises(OSError, match="disk full"):
        session.edit(Conversation())
    assert texts(session.conversation) == ["Hi"]


def test_an_assignment_names_edit(side: Side) -> None:
    session: Any = side.module.model("m").session()
    with pytest.raises(AttributeError, match=r"use session\.edit\(conversation\)"):
        session.conversation = Conversation()


def call(*ids: str | None) -> BaseMessageParam:
    parts = [ToolCallPart(name=f"f{number}", args={}, id=id) for number, id in enumerate(ids)]
    return BaseMessageParam(role="assistant", content=parts)


def results(*ids: str | None) -> BaseMessageParam:
    parts = [ToolResultPart(name=f"f{number}", content="ok", id=id) for number, id in enumerate(ids)]
    return BaseMessageParam(role="tool", content=parts)


HI, BYE = Messages.User("Hi"), Messages.Assistant("Bye")
WHOLE: list[list[BaseMessageParam]] = [
    [HI, call("a"), results("a"), BYE],
    [HI, call("a", "b"), results("b"), results("a"), BYE],
    [HI, call("a"), results("a"), call("a"), results("a")],
    [HI, call(None, None), results(None, None), BYE],
    [HI, call("a"), Messages.System("Be brief"), results("a")],
]
# OpenAI: "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'".
CUT: list[tuple[list[BaseMessageParam], str]] = [
    ([HI, call("a")], r"tool call 'f0' \(id 'a'\) has no result"),
    ([HI, call("a"), HI], r"tool call 'f0' \(id 'a'\) has no result"),
    ([HI, call("a", "b"), results("a"), HI], r"tool call 'f1' \(id 'b'\) has no result"),
    ([HI, call("a"), HI, results("a")], r"tool call 'f0' \(id 'a'\) has no result"),
    ([results("a"), BYE], r"tool result 'f0' \(id 'a'\) has no call"),
    ([HI, call("a"), results("a", "b"), BYE], r"tool result 'f1' \(id 'b'\) has no call"),
    ([HI, call(None)], "tool call 'f0' has no result"),
]


@pytest.mark.parametrize("messages", WHOLE)
def test_a_conversation_without_gaps(messages: list[BaseMessageParam]) -> None:
    talk = Conversation().add(*messages)
    assert len(talk.sent_to("openai")) == len(messages)
    assert talk.repair() == talk.repair(answer=None) == talk


@pytest.mark.parametrize(("messages", "why"), CUT)
def test_a_gap_is_an_error_and_can_be_repaired(messages: list[BaseMessageParam], why: str) -> None:
    talk = Conversation().add(*messages)
    with pytest.raises(PromptError, match=why):
        talk.sent_to("openai")
    for repaired in (talk.repair(), talk.repair(answer=None)):
        assert repaired.sent_to("openai")
        assert repaired.repair() == repaired


def test_what_repairing_leaves() -> None:
    talk = Conversation().add(HI, call("a", "b"), results("a"), Messages.User("And?"))
    answered = talk.repair(answer="Cancelled.").messages
    lost = ToolResultPart(name="f1", content="Cancelled.", id="b", is_error=True)
    assert list(answered[2].content) == [*results("a").content, lost]
    removed = talk.repair(answer=None).messages
    assert removed[1] == call("a")
    assert Conversation().add(results("a"), BYE).repair().messages == [BYE]
    (_, _, inserted, last) = Conversation().add(HI, call("a"), BYE).repair().messages
    assert (inserted.role, last) == ("tool", BYE)


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_a_session_raises_before_anything_is_sent(row: BaseRow, server: Server) -> None:
    with row.client(server) as client:
        session: Session[Any, Any, Any] = row.module.model("m", client=client).session()
        session.edit(Conversation().add(HI, call("a")))
        with pytest.raises(PromptError, match=r"'f0' \(id 'a'\)"):
            session.send("And?")
    assert not server.requests


def test_a_tool_loop_leaves_no_gap(side: Side, server: Server) -> None:
    def add(a: int) -> int:
        """Add."""
        return a

    server.reply(side.whole("", ("call_1", "add", '{"a": 1}')), side.whole("1"), side.whole("Yes"))
    session = side.module.model("m", client=side.client(server)).session(tools=[add], tool_loop=ToolLoop())
    session.send("1?")
    session.edit(session.conversation.fork(2).repair())
    session.send("Sure?")
    assert "This tool was not run." in str(server.request.json)
