"""The chat in the terminal, as a program whose input is piped."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conformance.providers import OPENAI
from tests.harness.recordings import ROOT
from tests.harness.server import Reply, Server

pytest.importorskip("rich", reason="needs the extra `chat`")


def run(said: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mirascope_like", "chat", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
    return subprocess.run(
        command, input=said, capture_output=True, text=True, timeout=90, env=environment, cwd=ROOT, check=False
    )


def test_two_turns_and_an_error(server: Server) -> None:
    server.reply(OPENAI.text("Hel", "lo [b]"), Reply.error(400, "not so"), OPENAI.text("Bye"))
    ran = run("Hi\n\nHm\nBye\n", "openai:gpt-4o-mini", OPENAI_API_KEY="k", OPENAI_BASE_URL=f"{server.url}/v1")
    assert ran.returncode == 0, ran.stderr
    assert "Hello [b]\n5 tokens, " in ran.stdout
    assert "tokens/s, " in ran.stdout
    assert "Bye\n" in ran.stdout
    assert "BadRequestError" in ran.stderr
    assert [one["role"] for one in server.request.json["messages"]] == ["user", "assistant", "user"]


def test_no_key() -> None:
    ran = run("Hi\n", "openai:gpt-4o-mini")
    assert ran.returncode == 1
    assert "OPENAI_API_KEY" in ran.stderr
    assert "Traceback" not in ran.stderr
