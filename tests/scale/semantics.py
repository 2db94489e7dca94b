"""What a map does in each event, wherever it runs: subclasses of `Semantics` run the same tests in one process, with
limits in Redis, and in a cluster of Ray. The functions are those of a script, so a cluster gets them by value.

Crashes, Ctrl-C and a limiter that is lost are tested elsewhere: `killed.py`, `test_stopping.py`, `shared/`.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from mirascope_like.core import AuthenticationError, BudgetExceededError
from mirascope_like.core.base.runtime import CLOCK
from mirascope_like.scale import Done, Failed, Item, Limits
from tests.conformance.wires.answer import Answer, Call, Text
from tests.conformance.wires.chat import ChatWire
from tests.harness.server import Reply, Request, Server
from tests.scale.limits.simulation import Bucket

Execute: TypeAlias = Callable[..., Iterable[Item[Any, Any]]]
SCRIPT = """
from pydantic import BaseModel
from mirascope_like.core import ToolLoop, openai


class Book(BaseModel):
    title: str


def look(where: str) -> str:
    return f"looked at {where}"


@openai.call("gpt-4o-mini", call_params={"max_tokens": 20})
async def ask(text: str) -> str:
    return text


@openai.call("gpt-4o-mini", call_params={"max_tokens": 20})
async def changed(text: str) -> str:
    return f"Now {text}"


@openai.call("gpt-4o", call_params={"max_tokens": 20})
async def other_model(text: str) -> str:
    return text


@openai.call("gpt-4o-mini", response_model=Book)
async def structured(text: str) -> str:
    return text


@openai.call("gpt-4o-mini", tools=[look], tool_loop=ToolLoop())
async def looped(text: str) -> str:
    return text
"""
WIRE = ChatWire()
TOKENS: Any = {"model": "gpt-4o-mini-2024-07-18", "input": 10, "output": 20}


def script() -> dict[str, Any]:
    """The names of the script. Its calls use the default clients of the process that makes them."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(SCRIPT, "script.py", "exec"), names)
    return names


class Replies:
    """A server that does what the prompt says, and counts how often each was sent."""

    def __init__(self, bucket: Bucket | None = None) -> None:
        self.sent: Counter[str] = Counter()
        self.refused = 0
        self.times: list[float] = []
        self._bucket = bucket
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Reply:
        with self._lock:
            return self._reply(request)

    def _reply(self, request: Request) -> Reply:
        first = request.json["messages"][0]["content"]
        self.sent[first] += 1
        self.times.append(CLOCK.monotonic())
        if self._bucket is not None and (wait := self._bucket.take(CLOCK.monotonic())):
            self.refused += 1
            return Reply.error(429, **{"retry-after-ms": f"{wait * 1000:.0f}"})
        match first.split()[0]:
            case "busy" if self.sent[first] <= 2:
                return Reply.error(503, **{"retry-after-ms": "1"})
            case "refused" if self.sent[first] <= 2:
                return Reply.error(429, **{"retry-after-ms": "20"})
            case "down":
                return Reply.error(500, **{"retry-after-ms": "1"})
            case "bad":
                return Reply.error(400)
            case "key":
                return Reply.error(401)
            case "misfit":
                return WIRE.answered(Answer(Call("t1", "Book", '{"name": "x"}'), **TOKENS))
            case "title":
                return WIRE.answered(Answer(Call("t1", "Book", '{"title": "Emma"}'), **TOKENS))
            case "tool" if len(request.json["messages"]) == 1:
                return WIRE.answered(Answer(Call("t1", "look", '{"where": "home"}'), **TOKENS))
            case _:
                pass
        return WIRE.answered(Answer(Text(f"{request.json['model']}: {first}"), **TOKENS))


def by_number(items: Iterable[Item[Any, Any]]) -> list[Item[Any, Any]]:
    return sorted(items, key=lambda item: (item.number, item.sample))


class Semantics:
    """The tests. A subclass has the fixtures `execute`, which runs a map and yields its items, and `names`: those of
    the script, whose calls go to the fixture `server`.
    """

    @pytest.fixture
    def replies(self, server: Server) -> Replies:
        replies = Replies()
        server.reply_with(replies)
        return replies

    def test_what_is_stored_is_not_sent_again(
        self, execute: Execute, names: Any, replies: Replies, tmp_path: Path
    ) -> None:
        texts = [f"text {number}" for number in range(12)]
        for source in ("live", "store"):
            items = by_number(execute(names["ask"], texts, store=tmp_path / "run"))
            assert [item.input for item in items] == texts
            assert {item.source for item in items} == {source}
            assert all(isinstance(item, Done) and item.value.content.endswith(item.input) for item in items)
        assert replies.sent == Counter(texts)

    @pytest.mark.parametrize("call", ["changed", "other_model"])
    def test_a_changed_prompt_or_model(
        self, call: str, execute: Execute, names: Any, replies: Replies, tmp_path: Path
    ) -> None:
        """It is sent; the old responses stay."""
        for name in ("ask", call, "ask", call):
            list(execute(names[name], ["a", "b"], store=tmp_path / "run"))
        assert sum(replies.sent.values()) == 4

    def test_equal_inputs(self, execute: Execute, names: Any, replies: Replies) -> None:
        items = list(execute(names["ask"], ["a", "a", "b", "a"]))
        assert sorted(item.source for item in items) == ["duplicate", "duplicate", "live", "live"]
        assert replies.sent == Counter({"a": 1, "b": 1})

    def test_samples(self, execute: Execute, names: Any, replies: Replies) -> None:
        items = by_number(execute(names["ask"], ["a", "b"], samples=3))
        assert [(item.number, item.sample) for item in items] == [(n, s) for n in range(2) for s in range(3)]
        assert replies.sent == Counter({"a": 3, "b": 3})

    def test_errors_of_the_server_are_repeated(self, execute: Execute, names: Any, replies: Replies) -> None:
        """Each try is one request: the SDK repeats none."""
        busy, down = by_number(execute(names["ask"], ["busy one", "down"], attempts=3))
        assert isinstance(busy, Done)
        assert isinstance(down, Failed)
        assert (busy.attempts, down.attempts) == (3, 3)
        assert replies.sent == Counter({"busy one": 3, "down": 3})

    def test_a_rate_limit_costs_no_attempt(self, execute: Execute, names: Any, replies: Replies) -> None:
        (item,) = execute(names["ask"], ["refused one"], attempts=1)
        assert isinstance(item, Done)
        assert item.attempts == 1
        assert replies.sent == Counter({"refused one": 3})

    def test_errors_of_one_item(self, execute: Execute, names: Any, replies: Replies) -> None:
        """The others are done, and an output that does not fit has its response."""
        fits, misfit, bad = by_number(execute(names["structured"], ["title", "misfit", "bad one"]))
        assert isinstance(fits, Done)
        assert fits.value.title == "Emma"
        assert isinstance(misfit, Failed)
        assert misfit.response is not None
        assert misfit.response.input_tokens == 10
        assert isinstance(bad, Failed)
        assert type(bad.error).__name__ == "BadRequestError"

    def test_an_error_that_every_item_would_have(self, execute: Execute, names: Any, replies: Replies) -> None:
        """What is done is read first; then the error is raised, and no further call starts."""
        found: list[Item[Any, Any]] = []
        texts = ["a", "b", "key", *(f"text {number}" for number in range(5000))]
        with pytest.raises(AuthenticationError):
            found.extend(execute(names["ask"], iter(texts), limits=Limits(rpm=60_000, concurrency=1)))
        assert sum(replies.sent.values()) < 3000

    def test_a_budget(self, execute: Execute, names: Any, replies: Replies) -> None:
        """It is of the whole run; `BudgetExceededError` is raised once."""
        (one,) = execute(names["ask"], ["one"])
        replies.sent.clear()
        with pytest.raises(BudgetExceededError):
            list(execute(names["ask"], (f"text {n}" for n in range(300)), budget=(one.cost or 0.0) * 60))
        assert 10 <= sum(replies.sent.values()) <= 60

    def test_rounds_of_tool_loops_are_replayed(
        self, execute: Execute, names: Any, replies: Replies, tmp_path: Path
    ) -> None:
        for source in ("live", "store"):
            (item,) = execute(names["looped"], ["tool one"], store=tmp_path / "run")
            assert isinstance(item, Done)
            assert item.value.content == "gpt-4o-mini: tool one"
            assert item.source == source
        assert replies.sent == Counter({"tool one": 2})

    def test_limits(self, execute: Execute, names: Any, server: Server) -> None:
        """40 requests at 50 a second take 0.8 seconds. A server that accepts 25 at once refuses few, if any: a process
        that has just started opens its first connections at once.
        """
        replies = Replies(Bucket(50.0, 25.0))
        server.reply_with(replies)
        start = CLOCK.monotonic()
        items = list(execute(names["ask"], (f"text {number}" for number in range(40)), limits=Limits(rpm=3000)))
        assert len(items) == 40
        assert replies.refused <= 10
        assert replies.times[-1] - start >= 0.65  # not since the first arrived: the server may have been busy then
