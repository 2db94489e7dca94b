"""The conformance suite, recorded and replayed: every provider and capability, at once, paced and cut."""

from __future__ import annotations

from pathlib import Path

from mirascope_like.testing import record, replay
from tests.conformance.capabilities import both_ways, each_row
from tests.conformance.contract import BaseRow
from tests.conformance.reading import asked, read
from tests.conformance.wires.answer import Answer, Text
from tests.harness.oracles import same
from tests.harness.server import Server


@each_row
@both_ways
def test_whole(row: BaseRow, asynchronous: bool, server: Server, tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    server.reply(row.wire.answered(Answer("Hello")))
    with record(file):
        live = asked(row, server, asynchronous)
    with replay(file, pace=0):
        found = asked(row, server, asynchronous)
    print(file.read_text())
    assert len(server.requests) == 1
    same(row.raw(found), row.raw(live))
    assert "sk-test" not in file.read_text()


@each_row
@both_ways
def test_stream(row: BaseRow, asynchronous: bool, server: Server, tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    server.reply(row.wire.streamed(Answer(Text("Hello", " you"))))
    with record(file):
        live = read(row, server, asynchronous=asynchronous)
    with replay(file, pace=0):
        found = read(row, server, asynchronous=asynchronous)
    print(file.read_text())
    assert len(server.requests) == 1
    same(row.raw(found.response), row.raw(live.response))
    assert found.text == live.text == "Hello you"
    assert "sk-test" not in file.read_text()
