"""Conversations: data that never changes."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from mirascope_like.core import BaseMessageParam, Conversation, ToolCallPart, ToolResultPart, Turn, anthropic, openai
from tests.harness.recordings import ROOT

TALK = Conversation().system("Be brief").user("Hi").assistant("Hello")


def test_builders_leave_what_they_build_on() -> None:
    one = Conversation().user("Hi")
    two = one.assistant("Hello")
    assert [(message.role, message.content) for message in two] == [("user", "Hi"), ("assistant", "Hello")]
    assert (len(one), len(two), two.fork(1) == one) == (1, 2, True)


def test_nothing_that_is_handed_out_or_in_is_shared() -> None:
    message = BaseMessageParam(role="user", content="Hi")
    talk = Conversation().add(message)
    message.content = "changed"
    talk.messages[0].content = "changed"
    assert talk.messages[0].content == "Hi"


def test_json(tmp_path: Path) -> None:
    image = Conversation(
        (*TALK.user("See", b"\x89PNG\r\n\x1a\n0000").turns, TALK.turns[2].model_copy(update={"partial": True}))
    )
    assert Conversation.from_json(image.to_json()) == image
    image.save(tmp_path / "talk.json")
    assert Conversation.load(tmp_path / "talk.json") == image


def test_to_and_from_providers() -> None:
    chat: list[Any] = [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
    ]
    assert TALK.to_provider(openai.call) == {"messages": chat}
    assert TALK.to_provider(anthropic.call) == {"messages": chat[1:], "system": "Be brief"}
    assert Conversation.from_provider(openai.call, chat) == TALK
    assert Conversation.from_provider(anthropic.call, chat[1:], system="Be brief") == TALK


def test_ids_of_another_provider_are_adapted() -> None:
    call = BaseMessageParam(role="assistant", content=[ToolCallPart(name="add", args={"a": 1}, id="toolu_" + "x" * 60)])
    result = BaseMessageParam(role="tool", content=[ToolResultPart(name="add", content="1", id="toolu_" + "x" * 60)])
    talk = Conversation((Turn(message=call, origin="anthropic"), Turn(message=result, origin="anthropic")))
    sent = talk.sent_to("mistral")
    assert sent[0].content[0].id == sent[1].content[0].id
    assert len(sent[0].content[0].id) == 9
    assert talk.sent_to("anthropic")[0].content[0].id == "toolu_" + "x" * 60


def test_calls_without_ids_get_some() -> None:
    call = BaseMessageParam(role="assistant", content=[ToolCallPart(name="a"), ToolCallPart(name="b")])
    result = BaseMessageParam(role="tool", content=[ToolResultPart(content="1"), ToolResultPart(content="2")])
    talk = Conversation((Turn(message=call, origin="google"), Turn(message=result, origin="google")))
    calls, results = talk.sent_to("openai")
    assert [part.id for part in calls.content] == [part.id for part in results.content]
    assert len({part.id for part in calls.content}) == 2


def test_a_file_is_in_utf_8_wherever_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "talk.json"
    program = """
        import locale, sys
        from mirascope_like.core import Conversation
        assert locale.getpreferredencoding(False) not in ("utf-8", "UTF-8")
        talk = Conversation().user("caf\\u00e9 \\u20ac")
        talk.save(sys.argv[1])
        assert Conversation.load(sys.argv[1]) == talk
    """
    settings = {"PYTHONPATH": str(ROOT), "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-c", textwrap.dedent(program), str(file)]
    ran = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "café €".encode() in file.read_bytes()
    assert Conversation.load(file) == Conversation().user("café €")
