"""Oddities in tool calls, failures and finish reasons, in every format that can have them."""

from __future__ import annotations

from tests.conformance.contract import BaseRow
from tests.conformance.odd_wire import STREAMED, TOOLS, Way, chunk, odd, piece
from tests.harness.server import Reply, Server

CALLED = chunk({}, "tool_calls")


# The control: a tool that needs no arguments is called with none.
@odd("chat", STREAMED)
def test_no_arguments(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, Reply.chat(chunk(piece(0, "t1", "get_time", "{}")), CALLED), tools=TOOLS)
    assert (found.error, found.faults) == (None, [])
    assert found.tools == [("get_time", "t1", {"city": "x"})]
