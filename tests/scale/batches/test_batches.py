"""Maps in batches: what is gathered, what is submitted again, what a crash leaves, and what it costs."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import openai as openai_sdk
import pytest
from openai.types.chat import ChatCompletion
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import (
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    NotFoundError,
    RateLimitError,
    RequestTimeoutError,
    StoreError,
    ToolLoop,
    openai,
)
from mirascope_like.scale import Done, Failed, amap, map_calls
from mirascope_like.scale.batches import files
from mirascope_like.scale.batches.records import BatchRecords
from mirascope_like.scale.batches.service import BatchLimits
from mirascope_like.scale.progress import Meter
from mirascope_like.spending import from_cache
from tests.harness.clocks import eventually, never
from tests.harness.server import Reply, Request, Stall
from tests.scale.batches.openai_server import FileServer, completion
from tests.scale.test_store import rows


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer() as made:
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


def client(server: FileServer, kind: Any = openai_sdk.AsyncOpenAI) -> Any:
    """What makes a client of the server: the library closes the clients that it has a function for."""
    return lambda: kind(api_key="k", base_url=server.url)


def asking(server: FileServer, **options: Any) -> Any:
    """A call that asks the server."""

    decorate: Any = openai.call

    async def ask(text: str) -> str:
        return text

    return decorate("gpt-4o-mini", client=client(server), **options)(ask)


def run(call: Any, inputs: Any, store: Path, **options: Any) -> list[Any]:
    return map_calls(call, inputs, store=store, via="batch", **options).results()


def test_all_requests_are_in_one_batch(server: FileServer, store: Path) -> None:
    items = run(asking(server), ["a", "b", "a"], store)
    assert server.texts() == [["a", "b"]]
    assert [item.value.content for item in items] == ["re a", "re b", "re a"]
    assert [item.source for item in items] == ["batch", "batch", "duplicate"]
    assert [item.attempts for item in items] == [1, 1, 0]
    first, _ = server.inputs(0)
    assert first["body"] == {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "a"}]}
    assert server.paths == [
        *("POST /files", "POST /batches", "GET /batches/batch_0", "GET /batches/batch_0", "GET /files/file-1/content")
    ]


def test_a_sync_function(server: FileServer, store: Path) -> None:
    sync_client = openai_sdk.OpenAI(api_key="k", base_url=server.url)

    @openai.call("gpt-4o-mini", client=sync_client)
    def ask(text: str) -> str:
        return text

    with sync_client:
        items = run(ask, ["a", "b"], store)
    assert server.texts() == [["a", "b"]]
    assert [item.value.content for item in items] == ["re a", "re b"]


def test_the_response_is_that_of_a_live_call(server: FileServer, store: Path) -> None:
    """gpt-4o-mini costs 0.075 and 0.30 dollars for a million tokens in a batch (openai.com/api/pricing)."""
    (item,) = run(asking(server), ["a"], store)
    response = item.response
    assert isinstance(response, openai.OpenAICallResponse)
    assert isinstance(response.response, ChatCompletion)
    assert response.raw == completion("re a")
    assert not from_cache(response)
    assert item.cost == response.cost == pytest.approx((20 * 0.075 + 10 * 0.30) / 1e6)
    (again,) = run(asking(server), ["a"], store)
    assert (again.source, again.cost) == ("store", item.cost)
    assert rows(store, "SELECT cost, batched FROM answer") == [(item.cost, 1)]
    assert len(server.batches) == 1


def test_the_response_of_llm_has_the_batch_price(server: FileServer, store: Path) -> None:
    @llm.call(provider="openai", model="gpt-4o-mini", client=client(server))
    async def ask(text: str) -> str:
        return text

    (item,) = run(ask, ["a"], store)
    assert not isinstance(item, Failed), repr(item.error)
    assert item.cost == item.value.cost == item.value.total_cost == pytest.approx((20 * 0.075 + 10 * 0.30) / 1e6)


def missing(body: dict[str, Any]) -> Any:
    return None


class Book(BaseModel):
    title: str
    year: int


def test_retries_of_a_response_model_are_in_a_second_batch(server: FileServer, store: Path) -> None:
    def reply(body: dict[str, Any]) -> Any:
        good = len(body["messages"]) > 1 or body["messages"][0]["content"] == "a"
        text = json.dumps({"title": "Dune", "year": 1965 if good else "x"})
        made = completion("")
        name = body["tools"][0]["function"]["name"]
        call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": text}}
        made["choices"][0] |= {"message": {"role": "assistant", "content": None, "tool_calls": [call]}}
        return made

    server.answer = reply
    items = run(asking(server, response_model=Book, max_retries=1), ["a", "b"], store)
    assert [item.value for item in items] == [Book(title="Dune", year=1965)] * 2
    assert [len(server.inputs(0)), len(server.inputs(1))] == [2, 1]


def test_a_failed_request(server: FileServer, store: Path) -> None:
    def reply(body: dict[str, Any]) -> Any:
        return 400 if body["messages"][0]["content"] == "b" else completion("x")

    server.answer = reply
    good, bad = run(asking(server), ["a", "b"], store)
    assert isinstance(good, Done)
    assert isinstance(bad, Failed)
    assert isinstance(bad.error, BadRequestError)
    assert isinstance(bad.error, openai_sdk.BadRequestError)
    assert bad.error.status_code == 400
    assert (bad.source, bad.cost, bad.attempts) == ("batch", 0.0, 1)
    assert "no good" in str(bad.error)
    assert len(server.batches) == 1


@pytest.mark.parametrize("what", [None, 500])
def test_what_expired_or_failed_is_submitted_again(what: Any, server: FileServer, store: Path) -> None:
    times: dict[str, int] = {}

    def reply(body: dict[str, Any]) -> Any:
        text = body["messages"][0]["content"]
        times[text] = times.get(text, 0) + 1
        return what if text == "b" and times[text] < 3 else completion(text)

    server.answer = reply
    items = run(asking(server), ["a", "b"], store)
    assert [item.value.content for item in items] == ["a", "b"]
    assert [item.attempts for item in items] == [1, 3]
    assert server.texts() == [["a", "b"], ["b"], ["b"]]


def test_what_expires_each_time_fails(server: FileServer, store: Path) -> None:
    server.answer = missing
    (item,) = run(asking(server), ["a"], store, attempts=2)
    assert isinstance(item.error, RequestTimeoutError)
    assert len(server.batches) == 2


def test_batches_are_within_the_limits(server: FileServer, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.OpenAIBatches, "limits", BatchLimits(3, 10_000))
    run(asking(server), list("abcdefg"), store)
    assert sorted(map(len, server.texts())) == [1, 3, 3]


def test_batches_are_within_the_size(server: FileServer, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.OpenAIBatches, "limits", BatchLimits(100, 500))
    run(asking(server), ["a" * 100, "b" * 100, "c" * 300], store)
    assert sorted(map(len, server.texts())) == [1, 2] or sorted(map(len, server.texts())) == [1, 1, 1]
    assert all(len(server.files[one["input_file_id"]]) <= 520 for one in server.batches)


def test_the_waits_become_longer(server: FileServer, store: Path, waited: list[float]) -> None:
    server.slow = 12
    run(asking(server), ["a"], store)
    assert waited[:4] == [10.0, 15.0, 22.5, 33.75]
    assert waited[-1] == 300.0
    assert len(waited) == 12


def test_failing_questions_are_repeated(server: FileServer, store: Path) -> None:
    def failing(request: Request) -> Reply | None:
        if request.method == "GET":
            return Reply.error(503, x_should_retry="false")
        return None

    server.scripted = [failing, failing, failing]
    (item,) = run(asking(server), ["a"], store)
    assert isinstance(item, Done)
    assert len(server.batches) == 1


def test_a_provider_without_room_is_asked_until_it_has_room(
    server: FileServer, store: Path, waited: list[float]
) -> None:
    def refused(request: Request) -> Reply | None:
        if request.method == "POST" and request.path.endswith("/batches"):
            return Reply.error(429, x_should_retry="false", retry_after="90")
        return None

    server.scripted = [refused] * 12
    (item,) = run(asking(server), ["a"], store, attempts=1)
    assert isinstance(item, Done)
    assert len(server.batches) == 1
    assert (waited[0], max(waited)) == (90.0, 300.0)


def test_no_credit_ends_the_run(server: FileServer, store: Path) -> None:
    error = {"message": "You exceeded your quota", "code": "insufficient_quota", "type": "insufficient_quota"}
    refusal = Reply((json.dumps({"error": error}).encode(),), status=429, headers={"x-should-retry": "false"})
    server.scripted = [lambda _: refusal]
    with pytest.raises(RateLimitError):
        run(asking(server), ["a"], store)
    assert rows(store, "SELECT * FROM batch") == []


# What a provider may do to a batch


def test_what_the_provider_reports_is_counted(server: FileServer, store: Path) -> None:
    """The progress shows it while batches are in progress."""
    shown = list[str]()

    def reply(request: Request) -> Reply | None:
        if request.method != "GET" or not request.path.endswith("/batch_0"):
            return None
        if len(server.paths) == 3:
            counts = {"total": 2, "completed": 1, "failed": 0}
            return Reply.json(server.batches[0] | {"status": "in_progress", "request_counts": counts})
        shown.append(Meter(made.counts, 2).text())
        return None

    server.slow = 0
    server.scripted = [reply, reply]
    made = map_calls(asking(server), ["a", "b"], store=store, via="batch")
    assert len(made.results()) == 2
    (text,) = shown
    assert "1 of 1 batches in progress: 1 of 2 answered, next look in 0:10" in text
    (counts,) = made.counts.batches.values()
    assert (counts.size, counts.next_look) == (2, None)
    assert "1 batches ended" in Meter(made.counts, 2).text()


def test_one_run_at_a_time_sends_batches(server: FileServer, store: Path) -> None:
    """Another one would look for batches that are being submitted, and submit their requests again."""

    async def main() -> None:
        first = amap(asking(server), ["a"], store=store, via="batch")
        async for item in first:
            assert isinstance(item, Done)
            with pytest.raises(StoreError, match="another run sends batches with the store"):
                await amap(asking(server), ["a"], store=store, via="batch")

    asyncio.run(main())
    assert len(run(asking(server), ["a"], store)) == 1


# Crashes


def test_ctrl_c_leaves_the_batches_with_the_provider(
    server: FileServer, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def pressing(request: Request) -> Reply | None:
        if request.method == "GET" and request.path.endswith("/batch_0"):
            server.scripted.append(lambda _: None)
            os.kill(os.getpid(), signal.SIGINT)
            return Reply.json(server.batches[0])
        return None

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # missing where the parent ignores the signal
    try:
        server.scripted = [pressing]
        server.slow = 1_000_000
        with pytest.raises(KeyboardInterrupt) as raised:
            run(asking(server), ["a"], store)
    finally:
        signal.signal(signal.SIGINT, before)
    assert "stay with the provider" in (shown := capsys.readouterr().err)
    assert f"The same map with the store '{store}' continues." in shown
    assert "the same map with this store continues" in "".join(raised.value.__notes__)
    assert not any("cancel" in path for path in server.paths)
    server.slow = 0
    (item,) = run(asking(server), ["a"], store)
    assert (item.value.content, len(server.batches)) == ("re a", 1)


@pytest.mark.parametrize("moment", ["submitting", "waiting"])
def test_ctrl_c_twice(moment: str, server: FileServer, store: Path) -> None:
    """The second cancels calls that the first did not end. The batch stays with the provider, and is found again."""
    cancelled = 0
    ask = asking(server)

    def pressing(request: Request) -> Reply | None:
        if moment == "submitting" and request.method == "POST" and request.path.endswith("/batches"):
            server.create(request.json)
        elif moment == "submitting" or not request.path.endswith("/batch_0"):
            return None
        os.kill(os.getpid(), signal.SIGINT)
        return Reply((b" ", Stall()))

    async def clinging(text: str) -> str:
        nonlocal cancelled
        try:
            return (await ask(text)).content
        except asyncio.CancelledError:
            os.kill(os.getpid(), signal.SIGINT)
            try:
                await never()
            finally:
                cancelled += 1
            return ""

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # missing where the parent ignores the signal
    try:
        server.scripted = [pressing]
        with pytest.raises(KeyboardInterrupt):
            run(clinging, ["a"], store)
    finally:
        signal.signal(signal.SIGINT, before)
    assert cancelled == 1
    assert not any("cancel" in path for path in server.paths)
    (item,) = run(clinging, ["a"], store)
    assert (item.value, len(server.batches)) == ("re a", 1)


@pytest.mark.parametrize("moment", ["before submitting", "after submitting", "after the id"])
def test_a_crash(moment: str, server: FileServer, store: Path) -> None:
    """A program that has ended at a moment: the next one, with what was on the disk then, submits nothing twice, and
    loses nothing.
    """
    reached = threading.Event()

    async def stop(service: Any, *given: Any) -> Any:
        if moment == "after submitting":
            await submitting(service, *given)
        reached.set()
        await never()

    submitting = files.OpenAIBatches.submit
    name = "status" if moment == "after the id" else "submit"
    with patch.object(files.OpenAIBatches, name, stop):
        asyncio.run(_until(reached, asking(server), store))
    disk = store.with_name("disk.db")
    assert rows(disk, "SELECT count(*) FROM batch_item") == [(2,)]
    items = run(asking(server), ["a", "b", "c"], disk)
    assert [item.value.content for item in items] == ["re a", "re b", "re c"]
    assert sorted(server.texts()) == [["a", "b"], ["c"]]
    assert {item.source for item in items} == {"batch"}
    assert rows(disk, "SELECT DISTINCT state FROM batch") == [("done",)]


def keep_disk(store: Path, copy: Path) -> None:
    """Copy what is on the disk of a store now."""
    source, target = sqlite3.connect(store), sqlite3.connect(copy)
    source.backup(target)
    source.close()
    target.close()


async def _until(reached: threading.Event, call: Any, store: Path) -> None:
    """Read a map until a moment is reached, and keep what is on the disk then."""
    reading = asyncio.ensure_future(_items(amap(call, ["a", "b"], store=store, via="batch")))
    assert await eventually(reached.is_set)
    keep_disk(store, store.with_name("disk.db"))
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)


def test_what_a_crashed_run_has_read_is_not_lost(server: FileServer, store: Path) -> None:
    """The program ends after the outcomes have been read, and before the responses are committed."""
    run(asking(server), ["a", "b"], store)
    database = sqlite3.connect(store)
    with database:
        database.execute("DELETE FROM answer WHERE rowid = 1")
        database.execute("UPDATE batch SET state = 'ended'")
    database.close()
    items = run(asking(server), ["a", "b"], store)
    assert sorted(item.source for item in items) == ["batch", "store"]
    assert len(server.batches) == 1


@pytest.mark.parametrize("days", [1, 30])
def test_a_batch_that_the_provider_does_not_have(days: int, server: FileServer, store: Path) -> None:
    """After a month the provider has deleted it. Before, it is of another account, and what was paid is not lost."""
    run(asking(server), ["a"], store)
    database = sqlite3.connect(store)
    with database:
        database.execute("DELETE FROM answer")
        database.execute("UPDATE batch SET state = 'sent', at = at - ?", (days * 86_400,))
    database.close()
    server.scripted = [lambda _: Reply.error(404, "No batch found with id 'batch_0'.")]
    if days > 29:
        (item,) = run(asking(server), ["a"], store)
        assert isinstance(item, Done)
        assert len(server.batches) == 2
        return
    with pytest.raises(NotFoundError) as raised:
        run(asking(server), ["a"], store)
    assert "use the key and project with which it was submitted" in "".join(raised.value.__notes__)
    assert rows(store, "SELECT id, state FROM batch") == [("batch_0", "sent")]
    (item,) = run(asking(server), ["a"], store)
    assert (item.value.content, len(server.batches)) == ("re a", 1)


@pytest.mark.parametrize("created", [True, False])
def test_a_lost_reply_to_a_submission(created: bool, server: FileServer, store: Path) -> None:
    """The provider's reply does not arrive; whether it has created the batch is looked up before it is sent again."""

    def lost(request: Request) -> Reply | None:
        if request.method == "POST" and request.path.endswith("/batches"):
            if created:
                server.create(request.json)
            return Reply.error(500)
        return None

    server.scripted = [lost]
    (item,) = run(asking(server), ["a"], store)
    assert isinstance(item, Done)
    assert len(server.batches) == 1


def test_a_batch_for_which_there_is_no_room(server: FileServer, store: Path, waited: list[float]) -> None:
    """OpenAI's limit of tokens that are waiting: the batch fails, and is submitted again later."""

    def full(request: Request) -> Reply | None:
        if request.method == "GET" and request.path.endswith("/batch_0"):
            errors = [{"code": "token_limit_exceeded", "message": "Enqueued token limit reached", "line": None}]
            return Reply.json(server.batches[0] | {"status": "failed", "errors": {"object": "list", "data": errors}})
        return None

    server.scripted = [full]
    (item,) = run(asking(server), ["a"], store, attempts=1)
    assert isinstance(item, Done)
    assert (item.attempts, len(server.batches), waited[0]) == (1, 2, 600.0)


def test_a_refused_batch(server: FileServer, store: Path) -> None:
    def refused(request: Request) -> Reply | None:
        if request.method == "GET":
            errors = [{"code": "invalid_json_line", "message": "This line is not parseable", "line": 1}]
            return Reply.json(server.batches[0] | {"status": "failed", "errors": {"object": "list", "data": errors}})
        return None

    server.scripted = [refused]
    (item,) = run(asking(server), ["a"], store)
    assert isinstance(item.error, BadRequestError)
    assert "not parseable" in str(item.error)


def refused(server: FileServer, *bad: str, line: int = 0) -> Any:
    """What refuses a batch when it is looked at, because of the lines of these texts. Other texts are in line `line`.

    The order of the requests in a file depends on which call is ready first.
    """

    def reply(request: Request) -> Reply | None:
        if request.method != "GET" or "/batches/" not in request.path:
            return None
        number, batch = next(place for place in enumerate(server.batches) if request.path.endswith(place[1]["id"]))
        texts = [one["body"]["messages"][-1]["content"] for one in server.inputs(number)]
        lines = {text: texts.index(text) + 1 if text in texts else line for text in bad}
        errors = [{"code": "invalid_request", "message": f"{text} is bad", "line": lines[text]} for text in bad]
        return Reply.json(batch | {"status": "failed", "errors": {"object": "list", "data": errors}})

    return reply


def test_bad_lines_of_a_refused_batch(server: FileServer, store: Path) -> None:
    """Only their items fail. The other requests are sent in another batch."""
    server.scripted = [refused(server, "b", "d")]
    items = run(asking(server), list("abcd"), store)
    assert [type(item) for item in items] == [Done, Failed, Done, Failed]
    assert [str(items[number].error).partition(" is bad")[0][-1:] for number in (1, 3)] == ["b", "d"]
    assert isinstance(items[1].error, BadRequestError)
    assert [item.attempts for item in items] == [2, 1, 2, 1]
    assert [items[0].value.content, items[2].value.content] == ["re a", "re c"]
    assert server.texts() == [["a", "b", "c", "d"], ["a", "c"]]


def test_batches_that_are_refused_again_and_again(server: FileServer, store: Path) -> None:
    """If each batch is refused because of one line, the requests have `attempts`."""
    server.scripted = [refused(server, text) for text in "abc"]
    items = run(asking(server), list("abcde"), store, attempts=3)
    assert [item.attempts for item in items] == [1, 2, 3, 3, 3]
    assert all(isinstance(item.error, BadRequestError) for item in items)
    assert [len(texts) for texts in server.texts()] == [5, 4, 3]


def test_a_batch_that_is_refused_because_of_an_unknown_line(server: FileServer, store: Path) -> None:
    server.scripted = [refused(server, "another", line=9)]
    items = run(asking(server), ["a", "b"], store)
    assert all(isinstance(item.error, BadRequestError) for item in items)
    assert len(server.batches) == 1


def test_cancelling(server: FileServer, store: Path) -> None:
    """Nothing is yielded of a batch that was cancelled before it began; the next run sends it again."""

    async def main() -> list[Any]:
        made = amap(asking(server), ["a", "b"], store=store, via="batch")
        server.slow = 1_000_000
        reading = asyncio.ensure_future(_items(made))
        assert await eventually(lambda: bool(server.batches and server.batches[0]["looks"]))
        server.batches[0]["looks"] = 0
        server.slow = 0
        server.batches[0]["status"] = "cancelling"
        await made.cancel_batches()
        return await reading

    assert asyncio.run(main()) == []
    assert "POST /batches/batch_0/cancel" in server.paths
    items = run(asking(server), ["a", "b"], store)
    assert all(isinstance(item, Done) for item in items)
    assert len(server.batches) == 2


async def _items(made: Any) -> list[Any]:
    return [item async for item in made]


@pytest.mark.parametrize("ended", [False, True])
def test_cancelling_what_is_being_submitted_or_has_ended(ended: bool, server: FileServer, store: Path) -> None:
    """A batch that is being submitted is cancelled once its id is known; one that has ended raises no error."""
    reached, go = asyncio.Event(), asyncio.Event()
    paused = files.OpenAIBatches.status if ended else files.OpenAIBatches.submit

    async def pause(*given: Any) -> Any:
        made = None if ended else await paused(*given)
        reached.set()
        await go.wait()
        return await paused(*given) if ended else made

    def too_late(request: Request) -> Reply | None:
        if not request.path.endswith("/cancel"):
            return None
        server.slow = 0
        return Reply.error(409, "Cannot cancel a batch with status 'completed'.")

    async def main() -> list[Any]:
        made = amap(asking(server), ["a"], store=store, via="batch")
        reading = asyncio.ensure_future(_items(made))
        await reached.wait()
        if ended:
            server.scripted = [too_late]
            go.set()
        await made.cancel_batches()
        server.slow = 0
        go.set()
        return await reading

    with patch.object(files.OpenAIBatches, "status" if ended else "submit", pause):
        items = asyncio.run(main())
    assert [item.value.content for item in items] == (["re a"] if ended else [])
    assert "POST /batches/batch_0/cancel" in server.paths


def test_nothing_is_submitted_after_cancelling(server: FileServer, store: Path) -> None:
    """A call whose response is not good has no further batch."""
    server.answer = lambda _: completion("no JSON")

    async def main() -> list[Any]:
        made = amap(asking(server, response_model=Book, json_mode=True, max_retries=3), ["a"], store=store, via="batch")
        results = files.OpenAIBatches.results

        async def cancelling(*given: Any) -> Any:
            found = await results(*given)
            await made.cancel_batches()
            return found

        with patch.object(files.OpenAIBatches, "results", cancelling):
            return await _items(made)

    assert asyncio.run(main()) == []
    assert len(server.batches) == 1


def test_a_budget_counts_the_batch_price(server: FileServer, store: Path) -> None:
    from mirascope_like import budget

    limit = budget(usd=1.0)
    (item,) = run(asking(server, call_params={"max_tokens": 50}), ["a"], store, budget=limit)
    assert limit.spent.usd == pytest.approx(item.cost)
    assert limit.reserved.usd == 0


def test_a_wrong_key_stops_the_run(server: FileServer, store: Path) -> None:
    server.scripted = [lambda _: Reply.error(401, "Incorrect API key provided")]
    with pytest.raises(AuthenticationError):
        run(asking(server), ["a", "b"], store)
    assert rows(store, "SELECT * FROM batch") == []


def test_a_limit_of_concurrency_is_not_one_of_batches(server: FileServer, store: Path) -> None:
    model = openai.model("gpt-4o-mini", client=client(server), max_concurrent=1)

    @model.call()
    async def ask(text: str) -> str:
        return text

    items = run(ask, ["a", "b", "c"], store)
    assert all(isinstance(item, Done) for item in items)
    assert server.texts() == [["a", "b", "c"]]


def test_rounds_of_a_tool_loop_are_in_further_batches(server: FileServer, store: Path) -> None:
    def weather(city: str) -> str:
        """The weather in a city."""
        return f"sun in {city}"

    def reply(body: dict[str, Any]) -> Any:
        last, made = body["messages"][-1], completion(f"re {body['messages'][-1]['content']}")
        if last["role"] == "user":
            function = {"name": "weather", "arguments": json.dumps({"city": last["content"]})}
            calls = [{"id": "call_1", "type": "function", "function": function}]
            message = {"role": "assistant", "content": None, "tool_calls": calls}
            made["choices"][0] |= {"message": message, "finish_reason": "tool_calls"}
        return made

    server.answer = reply
    items = run(asking(server, tools=[weather], tool_loop=ToolLoop()), ["Rome", "Oslo"], store)
    assert [item.value.content for item in items] == ["re sun in Rome", "re sun in Oslo"]
    assert [item.attempts for item in items] == [2, 2]
    assert server.texts() == [["Oslo", "Rome"], ["sun in Oslo", "sun in Rome"]]


def test_what_has_no_batches(tmp_path: Path) -> None:
    from mirascope_like.core import cohere

    @cohere.call("command-r")
    async def ask(text: str) -> str:
        return text

    with pytest.raises(ConfigurationError, match="cohere has no batches"):
        run(ask, ["a"], tmp_path / "run.db")


def test_options(server: FileServer, store: Path) -> None:
    slow: Any = {"via": "slow"}
    with pytest.raises(ConfigurationError, match="via must be 'live' or 'batch'"):
        map_calls(asking(server), ["a"], store=store, **slow)
    with pytest.raises(ConfigurationError, match="needs store"):
        map_calls(asking(server), ["a"], via="batch")
    with pytest.raises(ConfigurationError, match="extra_headers"):
        run(asking(server, call_params={"extra_headers": {"a": "b"}}), ["a"], store)


def test_records_of_other_lanes(tmp_path: Path, store: Path, server: FileServer) -> None:
    run(asking(server), ["a"], store)
    records = BatchRecords(str(store), 1)
    records.begin("t", "lane", [b"1", b"2"])
    assert records.open_batches("other") == []
    (found,) = records.open_batches("lane")
    assert (found.token, found.id, found.size, found.keys) == ("t", None, 2, frozenset({b"1", b"2"}))
    records.drop("t")
    assert records.open_batches("lane") == []
    records.close()
