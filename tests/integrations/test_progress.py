"""Progress in a terminal: what is shown while a stream is read, and that nothing of the stream is changed by it."""

from __future__ import annotations

import asyncio
import gc
import io
import re
import sys
import weakref
from typing import Any

import pytest
from pydantic import BaseModel

pytest.importorskip("rich", reason="needs the extra `chat`")

from rich.console import Console

from mirascope_like.core import StreamInterruptedError, openai
from mirascope_like.integrations import progress as module
from mirascope_like.integrations.progress import progress
from tests.conformance.providers import ANTHROPIC, OPENAI
from tests.harness.server import CloseEarly, Gate, Reply, Server, Stall

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal(Console):
    """A terminal of 60 columns that remembers all that was written."""

    def __init__(self, *, terminal: bool = True) -> None:
        self.written = io.StringIO()
        super().__init__(
            file=self.written, force_terminal=terminal, force_interactive=terminal, width=60, height=20, _environ={}
        )

    @property
    def lines(self) -> list[str]:
        """What was written, line by line, without what moves the cursor and colours."""
        return [line.strip() for line in re.split(r"[\r\n]+", ESCAPES.sub("", self.written.getvalue()))]

    @property
    def seen(self) -> str:
        """What stands there in the end."""
        rows = [""]
        for piece in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", self.written.getvalue()):
            if piece == "\n":
                rows.append("")
            elif piece == "\x1b[1A":
                rows.pop()
            elif piece == "\x1b[2K":
                rows[-1] = ""
            elif not piece.startswith(("\x1b", "\r")):
                rows[-1] += piece
        return "\n".join(row.rstrip() for row in rows)


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def model(server: Server, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    return openai.model("gpt-4o-mini")


def priced(*texts: str) -> Reply:
    """A stream of a model that has a price."""
    return OPENAI.streamed(*({**event, "model": "gpt-4o-mini"} for event in OPENAI.texts(*texts)))


LAST = re.compile(r"5 tokens, \d+\.\d tokens/s, \d+\.\d s, \$0\.000003")


def test_last_line(model: Any, server: Server, terminal: Terminal) -> None:
    server.reply(priced("Hel", "lo"))
    read = list(progress(model.stream("Hi"), console=terminal))
    assert "".join(chunk.content for chunk, _ in read) == "Hello"
    assert LAST.fullmatch(terminal.seen.strip())
    assert "Hello" not in terminal.written.getvalue()
    assert not module.DISPLAYS


def test_it_is_live(model: Any, server: Server, terminal: Terminal) -> None:
    gate, later = Gate(), Gate()
    head, first, *rest = OPENAI.texts("The sea is wide.", " Very.")
    server.reply(OPENAI.streamed(gate, head, first, later, *rest))
    stream = progress(model.stream("Hi"), console=terminal)
    assert server.wait_until(lambda: any("waiting, " in line for line in terminal.lines))
    gate.open()
    texts = stream.text()
    assert next(texts) == "The sea is wide."
    line_pattern = re.compile(r"\S ~4 tokens, ~\d+\.\d tokens/s, (?!0\.0)\d+\.\d s")
    assert server.wait_until(lambda: any(line_pattern.fullmatch(line) for line in terminal.lines)), terminal.lines
    later.open()
    assert list(texts) == [" Very."]
    assert terminal.seen.startswith("5 tokens, ")


def test_results_are_those_of_the_stream_itself(model: Any, server: Server, terminal: Terminal) -> None:
    server.reply(OPENAI.text("Hel", "lo"), OPENAI.text("Hel", "lo"))
    plain, shown = model.stream("Hi"), model.stream("Hi")
    assert progress(shown, console=terminal) is shown
    pairs = [[(chunk.content, chunk.chunk, tool) for chunk, tool in stream] for stream in (plain, shown)]
    assert pairs[0] == pairs[1]
    assert plain.construct_call_response().response == shown.construct_call_response().response


def test_async(model: Any, server: Server, terminal: Terminal) -> None:
    async def main() -> None:
        async with progress(model.stream_async("Hi"), console=terminal) as stream:
            assert [chunk.content async for chunk, _ in stream][1:3] == ["Hel", "lo"]

    server.reply(priced("Hel", "lo"))
    asyncio.run(main())
    assert LAST.fullmatch(terminal.seen.strip())


def test_several_at_once(model: Any, server: Server, terminal: Terminal) -> None:
    async def main() -> None:
        streams = [progress(model.stream_async("Hi"), console=terminal) for _ in range(3)]
        assert len(module.DISPLAYS) == 1
        await asyncio.gather(*(stream.collect() for stream in streams))

    server.always(priced("Hel", "lo"))
    asyncio.run(main())
    assert len(LAST.findall(terminal.seen)) == 3
    assert not module.DISPLAYS


def test_no_line_is_lost_while_the_display_is_written_again(
    model: Any, server: Server, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The display is written as often as possible, and Python switches threads after each instruction."""
    monkeypatch.setattr(module, "INTERVAL", 0.0)
    server.always(priced("Hel", "lo"))
    stream = model.stream("Hi")
    stream.collect()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(60):
            several = [module._Shown(module.Meter(stream), terminal, text=False) for _ in range(3)]
            for shown in several:
                shown.begin()
            for shown in several:
                shown.end(stream)
    finally:
        sys.setswitchinterval(interval)
    assert len(LAST.findall(terminal.seen)) == 180


def test_structured_stream(model: Any, server: Server, terminal: Terminal) -> None:
    class Book(BaseModel):
        title: str

    server.reply(OPENAI.text('{"title":', ' "Dune"}'))
    stream = openai.call("gpt-4o-mini", stream=True, response_model=Book, json_mode=True)(lambda: "Hi")()
    assert list(progress(stream, console=terminal))[-1] == Book(title="Dune")
    assert terminal.seen.startswith("5 tokens, ")


def test_silent_where_there_is_no_terminal(
    model: Any, server: Server, capfd: pytest.CaptureFixture[str], terminal: Terminal
) -> None:
    server.always(OPENAI.text("Hel", "lo"))
    progress(model.stream("Hi")).collect()
    piped = Terminal(terminal=False)
    progress(model.stream("Hi"), console=piped).collect()
    assert (capfd.readouterr(), piped.written.getvalue()) == (("", ""), "")


def test_text(model: Any, server: Server, terminal: Terminal) -> None:
    server.reply(priced("One\ntw", "o [b]\n", "thr\x1b[2Jee ", "and " * 30))
    response = progress(model.stream("Hi"), console=terminal, text=True).collect()
    assert "\x1b[2J" in response.content
    assert "\x1b[2J" not in terminal.written.getvalue()
    one, two, *three, last, end = terminal.seen.split("\n")
    assert (one, two, " ".join(three)) == ("One", "two [b]", "thr[2Jee " + ("and " * 30).strip())
    assert [len(line) for line in three] == [60, 59, 7]  # wrapped between words, as while it came
    assert LAST.fullmatch(last)
    assert end == ""


def test_text_where_there_is_no_terminal(model: Any, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.reply(OPENAI.text("Hel", "lo [b]"), OPENAI.text("Bye\n"))
    for _ in range(2):
        progress(model.stream("Hi"), text=True).collect()
    assert capsys.readouterr() == ("Hello [b]\nBye\n", "")


def test_what_is_printed_meanwhile(
    model: Any, server: Server, terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    server.reply(OPENAI.text("Hel", "lo"))
    for chunk, _ in progress(model.stream("Hi"), console=terminal):
        print(chunk.content, end="", file=sys.stdout)
    assert capsys.readouterr().out == "Hello"


@pytest.mark.parametrize("how", ["left", "dropped", "failed", "never read"])
def test_however_it_ends(model: Any, server: Server, terminal: Terminal, how: str) -> None:
    server.reply(OPENAI.streamed(*OPENAI.texts("Hello", finish=None), CloseEarly() if how == "failed" else Stall()))
    stream = progress(model.stream("Hi"), console=terminal)
    if how == "left":
        with stream:
            assert next(stream.text()) == "Hello"
    elif how == "dropped":
        assert next(stream.text()) == "Hello"
    elif how == "failed":
        with pytest.raises(StreamInterruptedError):
            stream.collect()
    watched = weakref.ref(stream)
    del stream
    gc.collect()
    assert watched() is None
    assert not module.DISPLAYS
    if how == "never read":
        assert terminal.seen.strip() == ""
        server._queue.clear()
    else:
        state = "failed" if how == "failed" else "stopped"
        assert re.fullmatch(rf"~2 tokens, ~\d+\.\d tokens/s, \d+\.\d s, {state}", terminal.seen.strip())


def test_tokens_are_shown_as_soon_as_they_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting:
        """A provider's count that begins with 1, as Anthropic's does, and then grows, as Gemini's does."""

        output_tokens: int | None = None
        cost: float | None = None
        start_time: float | None = None
        end_time: float | None = None
        state: Any = None

    now = [100.0]
    monkeypatch.setattr(module, "time", lambda: now[0])
    stream: Any = Counting()
    meter = module.Meter(stream)
    assert str(meter) == "waiting, 0.0 s"
    stream.start_time, now[0] = 100_000.0, 101.0
    assert str(meter) == "waiting, 1.0 s"
    stream.output_tokens, now[0] = 1, 102.0
    meter.read("x" * 33)
    assert str(meter) == "~9 tokens, ~4.5 tokens/s, 2.0 s"
    stream.output_tokens, stream.cost = 12, 0.5
    meter.read("x")
    assert str(meter) == "12 tokens, 6.0 tokens/s, 2.0 s, $0.500000"
    now[0] = 104.0
    assert str(meter) == "12 tokens, 3.0 tokens/s, 4.0 s, $0.500000"


def test_anthropic(server: Server, terminal: Terminal) -> None:
    server.reply(ANTHROPIC.text("Hel", "lo"))
    with ANTHROPIC.client(server) as client:
        progress(ANTHROPIC.stream(client), console=terminal).collect()
    assert terminal.seen.startswith("5 tokens, ")
