"""Answers that say nothing."""

from __future__ import annotations

from typing import Any

import pytest

from mirascope_like.core import BaseMessageParam, Messages
from tests.conformance.capabilities import every_row
from tests.conformance.contract import BaseRow
from tests.conformance.reading import asked
from tests.conformance.wires.answer import Answer
from tests.harness.server import Server


def roles(row: BaseRow, server: Server) -> list[str]:
    """Whose messages were sent last."""
    body = row.wire.body(server.request)
    key = next(key for key in ("messages", "input", "contents") if key in body)
    return [message["role"] for message in body[key]]


@every_row
def test_a_session_sends_no_answer_back_that_said_nothing(row: BaseRow, server: Server) -> None:
    server.reply(row.wire.answered(Answer()), row.wire.answered(Answer("Hello")))
    with row.client(server) as client:
        session = row.module.model("m", client=client).session()
        assert session.send("Hi").content == ""
        assert session.send("Again").content == "Hello"
    assert roles(row, server) == ["user", "user"]


@every_row
@pytest.mark.parametrize("nothing", ["", []], ids=["text", "parts"])
def test_a_neutral_answer_that_says_nothing_is_left_out(row: BaseRow, nothing: Any, server: Server) -> None:
    server.reply(row.wire.answered(Answer("Hello")))
    answer = BaseMessageParam(role="assistant", content=nothing)
    asked(row, server, False, [Messages.User("Hi"), answer, Messages.User("Again")])
    assert roles(row, server) == ["user", "user"]
