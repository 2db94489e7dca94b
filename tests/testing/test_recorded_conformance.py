"""Every provider, recorded and replayed: equal, at each pace, and cut at each piece as the wire would be.

`nox -s recorded` runs the whole conformance suite from recordings.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mirascope_like.core import StreamInterruptedError, StreamState
from mirascope_like.testing import record, replay
from mirascope_like.testing.recording import rows
from mirascope_like.testing.recording.exchange import End
from tests.conformance.capabilities import both_ways, each_row
from tests.conformance.contract import BaseRow
from tests.conformance.reading import Read, asked, read
from tests.conformance.wires.answer import Answer, Call, Text
from tests.harness.oracles import same
from tests.harness.server import CloseEarly, Reply, Server

ANSWER = Answer(Text("Let me ", "see."), Call("callOslo1", "get_weather", '{"city": "O', 'slo"}'))


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"sunny in {city}"


@each_row
@both_ways
def test_a_replay_is_equal(row: BaseRow, asynchronous: bool, server: Server, tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    server.reply(row.wire.answered(ANSWER), row.wire.streamed(ANSWER), row.wire.failed(400))

    def calls(side: bool) -> tuple[Any, Read, Read]:
        whole = asked(row, server, side, tools=[get_weather])
        stream = read(row, server, asynchronous=side, tools=[get_weather])
        failed = read(row, server, asynchronous=side)
        return whole, stream, failed

    with record(file):
        live = calls(asynchronous)
    assert {one.response.end for one in rows.read(file)} == {End.COMPLETE}
    for pace, side in ((0, asynchronous), (1, asynchronous), (0, not asynchronous)):
        with replay(file, pace=pace):
            found = calls(side)
        same(row.raw(found[0]), row.raw(live[0]))
        same(row.raw(found[1].response), row.raw(live[1].response))
        assert found[1].text == live[1].text == "Let me see."
        assert [tool.args for tool in found[1].tools] == [{"city": "Oslo"}]
        assert [str(chunk.content) for chunk, _ in found[1].pairs] == [str(chunk.content) for chunk, _ in live[1].pairs]
        assert isinstance(found[2].error, row.refusal(400))
        assert type(found[2].error) is type(live[2].error)
    assert len(server.requests) == 3
    assert not [key for key in ("sk-test", "secret") if key in file.read_text()]


@each_row
@both_ways
def test_cuts(row: BaseRow, asynchronous: bool, server: Server, tmp_path: Path) -> None:
    """A cut replay is what the program sees where a server closes the connection after this piece."""
    file = tmp_path / "x.jsonl"
    server.reply(row.wire.streamed(ANSWER))
    with record(file):
        whole = read(row, server, asynchronous=asynchronous, tools=[get_weather])
    (exchange,) = rows.read(file)
    pieces = tuple(piece.data for piece in exchange.response.pieces)
    headers = dict(exchange.response.headers)
    for count in range(len(pieces)):
        server.reply(Reply((*pieces[:count], CloseEarly()), 200, headers))
        wire = read(row, server, asynchronous=asynchronous, tools=[get_weather])
        with replay(file, pace=0, cut_after=count):
            found = read(row, server, asynchronous=asynchronous, tools=[get_weather])
        assert (type(found.error), found.text, found.stream.state) == (type(wire.error), wire.text, wire.stream.state)
        assert isinstance(found.error, StreamInterruptedError) or found.stream.state is StreamState.DONE
        assert whole.text.startswith(found.text)
    with replay(file, pace=0, cut_after=len(pieces)):
        assert read(row, server, asynchronous=asynchronous, tools=[get_weather]).error is None
