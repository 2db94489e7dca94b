"""Every provider: a call that was logged is shown as a conversation, from the messages that the provider was sent."""

from __future__ import annotations

from pathlib import Path

from mirascope_like.core.base.tools import ToolLoop
from mirascope_like.integrations.log import SQLiteLog, log_calls
from mirascope_like.integrations.log.page.conversation import conversation
from tests.conformance.capabilities import each_row
from tests.conformance.contract import BaseRow
from tests.conformance.wires.answer import Answer
from tests.harness.server import Server
from tests.integrations.log.test_every_provider import ANSWER, OSLO, call, get_weather


@each_row
def test_tool_loop(row: BaseRow, server: Server, tmp_path: Path) -> None:
    if "tools" in row.lacks:
        return
    server.reply(row.wire.answered(Answer(OSLO)), row.wire.answered(ANSWER))
    with SQLiteLog(tmp_path / "calls.db") as log:
        with log_calls(log):
            call(row, server, streamed=False, asynchronous=False, tools=[get_weather], tool_loop=ToolLoop())
        (one,) = log.find(kind="call")
    assert [(turn.role, part.kind, part.text, part.name) for turn in conversation(one) for part in turn.parts] == [
        ("user", "text", "Hi", None),
        ("assistant", "call", '{\n  "city": "Oslo"\n}', "get_weather"),
        ("tool", "result", "sunny in Oslo", "get_weather"),
        ("assistant", "text", "Hello", None),
    ]
