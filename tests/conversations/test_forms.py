"""Conversations between chat completions and Responses: two forms of messages, of one provider."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from mirascope_like import llm
from mirascope_like.core import Conversation, JSONLinesStore, Session, SQLiteStore, ToolLoop, openai
from tests.conformance.providers import ANTHROPIC, OPENAI, RESPONSES, Row
from tests.conformance.wires.answer import Answer, Call, Text, Thought
from tests.harness.server import Reply, Server

CALL = Call("call_a", "weather", '{"city":"Oslo"}')
ASKED: list[Any] = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hi"}]
MORE = {"role": "user", "content": "More"}

CHAT: list[Any] = [
    {
        "role": "assistant",
        "content": "Let me look",
        "tool_calls": [
            {"id": "call_a", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Oslo"}'}}
        ],
    },
    {"role": "tool", "content": "sunny in Oslo", "tool_call_id": "call_a"},
    {"role": "assistant", "content": "Sunny"},
]
ITEMS: list[Any] = [
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm"}]},
    {
        "type": "message",
        "id": "msg_2",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "annotations": [], "text": "Let me look"}],
    },
    {
        "type": "function_call",
        "id": "fc_3",
        "call_id": "call_a",
        "name": "weather",
        "arguments": '{"city":"Oslo"}',
        "status": "completed",
    },
    {"type": "function_call_output", "call_id": "call_a", "output": "sunny in Oslo"},
    {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "annotations": [], "text": "Sunny"}],
    },
]

# What is said to others, with ids that every provider takes.
SENT_CHAT: list[Any] = json.loads(json.dumps(CHAT).replace("call_a", "05f49740f"))
SENT_ITEMS: list[Any] = [
    {"role": "assistant", "content": [{"type": "output_text", "text": "Let me look"}]},
    {"type": "function_call", "call_id": "05f49740f", "name": "weather", "arguments": '{"city":"Oslo"}'},
    {"type": "function_call_output", "call_id": "05f49740f", "output": "sunny in Oslo"},
    {"role": "assistant", "content": "Sunny"},
]


def weather(city: str) -> str:
    """Get the weather."""
    return f"sunny in {city}"


def session(row: Row, client: Any, server: Server, *, streamed: bool = False, **given: Any) -> Any:
    """A session that has had a tool run."""
    thought = [Thought("Hm")] if row is RESPONSES else []
    answers = [Answer(*thought, Text("Let me ", "look"), CALL), Answer("Sunny")]
    server.reply(*(row.wire.streamed(one) if streamed else row.wire.answered(one) for one in answers))
    model = row.module.model("m", client=client)
    made = model.session(system="Be brief", tools=[weather], tool_loop=ToolLoop(), **given)
    assert (made.stream("Hi").collect() if streamed else made.send("Hi")).content == "Sunny"
    return made


@pytest.mark.parametrize("streamed", [False, True], ids=["unstreamed", "streamed"])
def test_responses_to_chat_and_back(server: Server, streamed: bool) -> None:
    with RESPONSES.client(server) as client:
        talk = session(RESPONSES, client, server, streamed=streamed)
        server.reply(OPENAI.wire.answered(Answer("Fine")), RESPONSES.wire.answered(Answer("Good")))
        talk.switch(openai.model("m", client=client)).send("More")
        assert server.request.json["messages"] == [*ASKED, *SENT_CHAT, MORE]
        talk.switch(openai.responses.model("m", client=client)).send("More")
        assert server.request.json["input"] == [*ASKED, *ITEMS, MORE, {"role": "assistant", "content": "Fine"}, MORE]


@pytest.mark.parametrize("streamed", [False, True], ids=["unstreamed", "streamed"])
def test_chat_to_responses_and_back(server: Server, streamed: bool) -> None:
    with OPENAI.client(server) as client:
        talk = session(OPENAI, client, server, streamed=streamed)
        server.reply(RESPONSES.wire.answered(Answer("Fine")), OPENAI.wire.answered(Answer("Good")))
        talk.switch(openai.responses.model("m", client=client)).send("More")
        assert server.request.json["input"] == [*ASKED, *SENT_ITEMS, MORE]
        talk.switch(openai.model("m", client=client)).send("More")
        assert server.request.json["messages"] == [*ASKED, *CHAT, MORE, {"role": "assistant", "content": "Fine"}, MORE]


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(
    ("row", "first", "fallback", "sent"),
    [
        pytest.param(OPENAI, "openai", "openai.responses:n", SENT_ITEMS, id="to another form"),
        pytest.param(RESPONSES, "openai.responses", "openai:n", SENT_CHAT, id="from another form"),
        pytest.param(RESPONSES, "openai", "openai.responses:n", ITEMS, id="to its own form"),
        pytest.param(RESPONSES, "openai.responses", "n", ITEMS, id="in its own form"),
    ],
)
def test_a_fallback_is_sent_its_own_form(
    row: Row,
    first: str,
    fallback: str,
    sent: list[Any],
    asynchronous: bool,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    with row.client(server) as client:
        talk = session(row, client, server)
    talk.switch(llm.model(f"{first}:m", stream=True, fallback=[fallback]))
    answered = RESPONSES if "responses" in (fallback if ":" in fallback else first) else OPENAI
    server.reply(Reply.error(400), answered.text("Fi", "ne"))

    async def asked() -> Any:
        return await talk.stream_async("More").collect()

    collect = (lambda: asyncio.run(asked())) if asynchronous else talk.stream("More").collect
    assert collect().content == "Fine"
    key = "input" if answered is RESPONSES else "messages"
    assert server.request.json["model"] == "n"
    assert server.request.json[key] == [*ASKED, *sent, MORE]
    assert [turn.origin for turn in talk.conversation.turns[-2:]] == [None, answered.id]


def test_a_fallback_of_another_provider_is_sent_its_native_form(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    with OPENAI.client(server) as client:
        talk = session(OPENAI, client, server)
        talk.switch(llm.model("openai:m", client=client, stream=True, fallback=["anthropic:n"]))
        server.reply(Reply.error(400), ANTHROPIC.text("Fi", "ne"))
        assert talk.stream("More").collect().content == "Fine"
    assert server.request.path == "/v1/messages"
    assert server.request.json["messages"] == [
        {"role": "user", "content": "Hi"},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Let me look"},
                {"type": "tool_use", "id": "05f49740f", "name": "weather", "input": {"city": "Oslo"}},
            ],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "05f49740f", "content": "sunny in Oslo"}],
        },
        {"role": "assistant", "content": "Sunny"},
        {"role": "user", "content": "More"},
    ]


def test_to_provider(server: Server) -> None:
    with OPENAI.client(server) as client:
        chat = session(OPENAI, client, server).conversation
        items = session(RESPONSES, client, server).conversation
    assert chat.to_provider(openai.call) == {"messages": [*ASKED, *CHAT]}
    assert items.to_provider(openai.call) == {"messages": [*ASKED, *SENT_CHAT]}
    assert items.to_provider(openai.responses.call) == {"input": [*ASKED, *ITEMS]}
    assert items.to_provider(openai.responses.model("m")) == {"input": [*ASKED, *ITEMS]}
    assert chat.to_provider(openai.responses.call) == {"input": [*ASKED, *SENT_ITEMS]}


def older(talk: Conversation) -> Conversation:
    """A conversation as it was saved when both forms had the name of their provider."""
    return Conversation(tuple(one.model_copy(update={"origin": one.origin and "openai"}) for one in talk.turns))


@pytest.mark.parametrize("kind", [JSONLinesStore, SQLiteStore])
@pytest.mark.parametrize(
    ("row", "key", "sent"),
    [
        pytest.param(OPENAI, "messages", [*ASKED, *CHAT, MORE], id="chat"),
        # The reasoning, which only the items contain, is lost; the text is not.
        pytest.param(RESPONSES, "input", [*ASKED, *SENT_ITEMS, MORE], id="responses"),
    ],
)
def test_an_older_save_is_gone_on_from(
    kind: Any, row: Row, key: str, sent: list[Any], server: Server, tmp_path: Path
) -> None:
    with row.client(server) as client:
        store = kind(tmp_path / "kept")
        store.append("a", older(session(row, client, server).conversation).turns)
        server.reply(row.wire.answered(Answer("Fine")))
        talk: Session[Any, Any, Any] = row.module.model("m", client=client).session(store=store, name="a")
        assert talk.send("More").content == "Fine"
        assert server.request.json[key] == sent
        assert store.load("a") == talk.conversation
        if kind is SQLiteStore:
            store.close()
