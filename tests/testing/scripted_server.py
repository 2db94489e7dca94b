"""Stands in for the loopback server of the conformance suite: a fake model answers in its place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self

import pytest

from mirascope_like.testing import FakeModel, error
from mirascope_like.testing.places import HOSTS, SHARED
from mirascope_like.testing.replies import Reply as FakeReply
from mirascope_like.testing.replies import ReplyPart, Scripted, TextReply, ThinkingReply, ToolReply
from tests.conformance.wires.answer import Answer, AnswerPart, Call, Thought, Wire
from tests.harness.server import Reply, Request

ID = "id-1"
"""The id of each response: the formats' own, and the fake model's, differ."""


@dataclass(frozen=True)
class AnswerReply(Reply):
    """A reply that knows its answer."""

    answer: Any = None


def _tagged(self: Wire, answer: Answer) -> AnswerReply:
    answer.id = ID
    return AnswerReply(answer=answer)


def _part(part: AnswerPart) -> ReplyPart:
    if isinstance(part, Call):
        return ToolReply(part.name, part.whole, part.id, part.pieces)
    kind = ThinkingReply if isinstance(part, Thought) else TextReply
    return kind(part.whole, part.pieces)


def scripted(reply: Reply) -> Scripted:
    """Return the reply of a fake model for one of the suite."""
    if isinstance(reply, AnswerReply):
        answer = reply.answer
        usage = (answer.input, answer.output)
        return FakeReply(tuple(map(_part, answer.parts)), answer.finish, usage, answer.cached, answer.model, answer.id)
    assert reply.status >= 400
    return error(reply.status, retry_after=float(reply.headers["retry-after"]))


class ScriptedServer:
    """Takes the replies of the suite, and shows the requests, as `tests.harness.server.Server` does."""

    def __init__(self, provider: str) -> None:
        host = next((host for host, name in HOSTS.items() if name == provider), "api.openai.com")
        scheme = "http" if ":" in host else "https"
        self.url = f"{scheme}://{'fake.' if host in SHARED else ''}{host}"
        self.model = FakeModel()

    def reply(self, *replies: Reply) -> Self:
        self.model.add(*map(scripted, replies))
        return self

    def always(self, reply: Reply) -> Self:
        self.model.add(lambda _: scripted(reply))
        return self

    @property
    def requests(self) -> list[Request]:
        return [Request("POST", one.url, {}, json.dumps(one.payload).encode(), 0) for one in self.model.requests]

    @property
    def request(self) -> Request:
        return self.requests[-1]

    def wait_closed(self) -> bool:
        return True

    @staticmethod
    def tag_answers(monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the replies of all formats know their answers."""
        for name in ("answered", "streamed"):
            monkeypatch.setattr(Wire, name, _tagged)
