"""The chat, as a program: in a terminal, and with its input piped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from selectors import EVENT_READ, DefaultSelector

import pytest

from tests.conformance.providers import OPENAI
from tests.harness.clocks import PATIENCE
from tests.harness.recordings import ROOT
from tests.harness.server import Gate, Reply, Server, Stall

pytest.importorskip("rich", reason="needs the extra `chat`")


def run(typed: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mirascope_like", "chat", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
    return subprocess.run(
        command,
        input=typed,
        capture_output=True,
        text=True,
        timeout=10 * PATIENCE,
        env=environment,
        cwd=ROOT,
        check=False,
    )


def test_two_turns_and_an_error(server: Server) -> None:
    server.reply(OPENAI.text("Hel", "lo [b]"), Reply.error(400, "not so"), OPENAI.text("Bye"))
    ran = run("Hi\n\nHm\nBye\n", "openai:gpt-4o-mini", OPENAI_API_KEY="k", OPENAI_BASE_URL=f"{server.url}/v1")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "Hello [b]\nBye\n"
    assert "BadRequestError" in ran.stderr
    assert [one["role"] for one in server.request.json["messages"]] == ["user", "assistant", "user"]


def test_no_key() -> None:
    ran = run("Hi\n", "openai:gpt-4o-mini")
    assert ran.returncode == 1
    assert "OPENAI_API_KEY" in ran.stderr
    assert "Traceback" not in ran.stderr


class Terminal:
    """A terminal in which the chat runs, and the person at its keyboard."""

    def __init__(self, descriptor: int, process: subprocess.Popen[bytes]) -> None:
        self._descriptor = descriptor
        self._process = process
        self._seen = 0
        self.output = ""
        """All that was written, without what moves the cursor and colours."""

    def type(self, keys: str) -> None:
        os.write(self._descriptor, keys.encode())

    def shows(self, pattern: str, seconds: float = 10 * PATIENCE) -> None:
        """Wait until this is written, after what was waited for before."""
        limit = time.monotonic() + seconds
        while not (found := re.compile(pattern).search(self.output, self._seen)):
            assert self._read(limit - time.monotonic()), f"{pattern} is not shown: {self.output!r}"
        self._seen = found.end()

    def press(self, keys: str, pattern: str) -> None:
        """Type this until the pattern is printed: Python ignores what is typed between a prompt and its read."""
        for _ in range(20):
            self.type(keys)
            with suppress(AssertionError):
                return self.shows(pattern, 1)
        raise AssertionError(f"{pattern} is not shown: {self.output!r}")

    def ended(self, seconds: float = 10 * PATIENCE) -> int:
        """Wait for the end; return the status."""
        limit = time.monotonic() + seconds
        while self._read(limit - time.monotonic()):
            pass
        return self._process.wait(max(0.0, limit - time.monotonic()))

    def _read(self, seconds: float) -> bool:
        with DefaultSelector() as selector:  # `select` takes no descriptor above 1,023
            selector.register(self._descriptor, EVENT_READ)
            if seconds <= 0 or not selector.select(seconds):
                return False
        written = b""
        with suppress(OSError):  # on Linux the end of the program is an error here
            written = os.read(self._descriptor, 65536)
        self.output += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode(errors="replace"))
        return bool(written)


@contextmanager
def terminal(*arguments: str, ignoring_interrupts: bool = False, **settings: str) -> Iterator[Terminal]:
    pty = pytest.importorskip("pty", reason="needs a pseudo-terminal")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80", "LINES": "24", **settings}
    handler = "SIG_IGN" if ignoring_interrupts else "default_int_handler"  # the tests may be run ignoring them too
    code = (  # it makes the terminal its own: Ctrl-C is for the owner
        "import os, signal, sys; os.setsid(); os.close(os.open(os.ttyname(0), os.O_RDWR));"
        f"signal.signal(signal.SIGINT, signal.{handler});"
        "from mirascope_like.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "chat", *arguments]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=ROOT)
    os.close(theirs)
    try:
        yield Terminal(ours, process)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


@pytest.mark.slow
@pytest.mark.parametrize("ignoring_interrupts", [False, True], ids=["foreground", "started in the background"])
def test_in_a_terminal(ignoring_interrupts: bool, server: Server) -> None:
    gate = Gate()
    head, first, *rest = OPENAI.texts("The sea", " is wide.")
    server.reply(
        OPENAI.streamed(head, first, gate, *rest),
        OPENAI.streamed(*OPENAI.texts("Once upon", finish=None), Stall()),
        OPENAI.text("Bye."),
    )
    settings = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": f"{server.url}/v1"}
    with terminal("openai:gpt-4o-mini", ignoring_interrupts=ignoring_interrupts, **settings) as chat:
        chat.shows("Ctrl-C stops an answer, Ctrl-D ends.\r\n> ")
        chat.type("Hi\n")
        chat.shows("The sea\r\n")
        chat.shows(r"~2 tokens, ~[\d.]+ tokens/s, [\d.]+ s")
        assert server.served[0].state == "sending"
        gate.open()
        chat.shows("The sea is wide.\r\n")
        chat.shows(r"5 tokens, [\d.]+ tokens/s, [\d.]+ s\s+> ")
        chat.type("Tell a story\n")
        chat.shows("Once upon")
        assert server.open_connections == 1
        chat.type("\x03")
        chat.shows(r"~3 tokens, ~[\d.]+ tokens/s, [\d.]+ s, stopped\s+> ")
        assert server.wait_until(lambda: server.aborted == 1)
        chat.type("half a line")
        chat.press("\x03", "> ")
        chat.type("Bye\n")
        chat.shows("Bye\\.\r\n")
        chat.shows("> ")
        chat.type("\x04")
        assert chat.ended() == 0
    messages = [(one["role"], one["content"]) for one in server.request.json["messages"]]
    assert messages[:2] == [("user", "Hi"), ("assistant", "The sea is wide.")]
    assert messages[2:] == [("user", "Tell a story"), ("assistant", "Once upon"), ("user", "Bye")]
    assert "Traceback" not in chat.output


@pytest.mark.slow
def test_in_a_terminal_without_a_key() -> None:
    with terminal("openai:gpt-4o-mini") as chat:
        chat.shows("> ")
        chat.type("Hi\n")
        chat.shows("OPENAI_API_KEY")
        assert chat.ended() == 1
    assert "Traceback" not in chat.output
