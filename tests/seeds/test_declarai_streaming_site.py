"""The same document as its site shows it; it differs in one snippet, the chat class."""

from __future__ import annotations

from typing import Any

from tests.harness.server import Reply, Server
from tests.seeds.declarai import DELTAS, events


def test_chat(model: Any, server: Server) -> None:
    server.always(Reply.chat(*events()))
    chat = model.session(system="You talk about movies.")
    for _ in range(2):
        assert list(chat.stream("Say something short about Avengers").text()) == list(DELTAS)
    sent = server.request.json["messages"]
    assert [one["role"] for one in sent] == ["system", "user", "assistant", "user"]
    assert sent[2]["content"] == "".join(DELTAS)
