"""Conversations over every pair of providers, with images, cache marks, tool calls and thinking."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest

from mirascope_like.core import CacheControlPart, Conversation, ImagePart, Messages, TextPart, ToolLoop
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import PNG, Answer, Call, Text, Thought
from tests.harness.server import Server
from tests.messages.test_cache_marks import MARKS, nodes

pytestmark = pytest.mark.filterwarnings("ignore:.*including_default_value_fields:DeprecationWarning")

# As Kimi names its calls; Anthropic: "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'".
CALL = Call("functions.weather:0", "weather", '{"city":"Oslo"}')
THOUGHT = "Hm, I think"
IDS = ("id", "tool_use_id", "toolUseId", "tool_call_id", "toolCallId", "call_id")


def weather(city: str) -> str:
    """Get the weather."""
    return f"sunny in {city}"


@cache
def begun_with(name: str) -> Conversation:
    """A conversation with a provider: an image and a mark, a thought, a call of a tool, its result, and text."""
    row = next(row for row in EVERY if row.id == name)
    with Server() as server, row.client(server) as client:
        thoughts = [] if "thinking" in row.lacks else [Thought(THOUGHT)]
        server.reply(
            row.wire.answered(Answer(*thoughts, Text("Let me look"), CALL)), row.wire.answered(Answer("Sunny"))
        )
        session = row.module.model("m", client=client).session(tools=[weather], tool_loop=ToolLoop())
        image = ImagePart(media_type="image/png", image=PNG)
        session.send([Messages.User(TextPart(text="book"), CacheControlPart(), image)])
        conversation: Conversation = session.conversation
        return conversation


@pytest.mark.parametrize("second", EVERY, ids=lambda row: row.id)
@pytest.mark.parametrize("first", EVERY, ids=lambda row: row.id)
def test_any_provider_continues_what_another_began(first: BaseRow, second: BaseRow, server: Server) -> None:
    talk = begun_with(first.id)
    server.reply(second.wire.answered(Answer("Fine")))
    with second.client(server) as client:
        session = second.module.model("m", client=client).session(talk)
        assert session.send("More").content == "Fine"
    assert len(session.conversation) == len(talk) + 2
    found = nodes(second.wire.body(server.request))
    assert second.wire.media["image"] in found
    assert found.count(MARKS.get(second.id)) == (1 if second.id in MARKS else 0)
    for text in ("Let me look", "sunny in Oslo", "Sunny", "More"):
        assert sum(text in one for one in found if isinstance(one, str)) == 1
    if first.id != second.id:  # the same provider receives its own messages as they were
        assert not any(THOUGHT in one for one in found if isinstance(one, str))
        ids = [one[key] for one in found if isinstance(one, dict) for key in IDS if isinstance(one.get(key), str)]
        assert len(set(ids)) <= 1
        assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", one) for one in ids)


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_a_conversation_that_was_cut_is_repaired_for_all(row: BaseRow) -> None:
    cut: Any = begun_with(row.id).fork(2)
    for other in EVERY:
        repaired = cut.repair().user("More").to_provider(other.module.call)
        assert "This tool was not run." in str(repaired)
        assert "functions.weather" not in str(cut.repair(answer=None).user("More").to_provider(other.module.call))
