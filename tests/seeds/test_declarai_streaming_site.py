"""The same document as Declarai's site shows it: the same snippets, but for its chat class."""

from __future__ import annotations

from typing import Any

from tests.harness.server import Reply, Server
from tests.seeds.declarai import DELTAS, events
from tests.seeds.test_declarai_streaming import (
    task,
    test_accessing_the_results,
    test_delta,
    test_for_every_call_of_a_model,
    test_saved_on_the_task,
    test_streaming_example,
)

__all__ = [
    "task",
    "test_accessing_the_results",
    "test_delta",
    "test_for_every_call_of_a_model",
    "test_saved_on_the_task",
    "test_streaming_example",
]


def test_turn_on_streaming(model: Any, server: Server) -> None:
    server.always(Reply.chat(*events()))
    my_chat = model.session(system="You talk about movies.")
    for _ in range(2):
        assert list(my_chat.stream("Say something short about Avengers").text()) == list(DELTAS)
    sent = server.request.json["messages"]
    assert [one["role"] for one in sent] == ["system", "user", "assistant", "user"]
    assert sent[2]["content"] == "".join(DELTAS)
