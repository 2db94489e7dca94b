"""The store of a run: what is answered from it, what is sent again, and what equal inputs share."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import openai as openai_sdk
import pytest
from pydantic import BaseModel, Field

from mirascope_like import llm
from mirascope_like.core import ResponseParseError, StoreError, ToolLoop, openai
from mirascope_like.core.base.runtime import CLOCK
from mirascope_like.scale import Done, Failed, Limits, amap, map_calls
from mirascope_like.scale.run_store import Rows, RunStore
from mirascope_like.spending import from_cache
from mirascope_like.testing import answer, error, fake, tool
from tests.scale.test_map import ask, ask_sync, echo, last


class Book(BaseModel):
    title: str


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


def rows(store: Path, statement: str) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(store)
    try:
        return database.execute(statement).fetchall()
    finally:
        database.close()


def run(call: Any, inputs: Any, *replies: Any, **options: Any) -> tuple[list[Any], int]:
    """The items of a map, and how many requests it has sent."""
    with fake(*(replies or (echo,))) as model:
        model_items = map_calls(call, inputs, **options).results()
        model.forgive()
        return model_items, len(model.requests)


def test_a_commit_ends_50_ms_after_its_first_row(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows wait for less than 50 ms, because the disk takes its part of them."""
    now, waits, committed = [0.0], list[float](), SimpleQueue[list[int]]()
    disk = iter([0.013, 0.03, 0.001])
    commit = RunStore._commit

    def slow(self: RunStore, rows: Rows, *, ended: bool) -> None:
        commit(self, rows, ended=ended)
        now[0] += next(disk, 0.0)
        committed.put(rows.items[1::7])

    class Hurry(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            waits.append(timeout)
            return True

    monkeypatch.setattr(CLOCK, "monotonic", lambda: now[0])
    monkeypatch.setattr(RunStore, "_commit", slow)
    database = RunStore(store)
    database._hurry = Hurry()
    for number in range(4):
        database.put_item(number, 0, None, 1, None)
        assert committed.get() == [number]
    database.close()
    assert waits[:4] == pytest.approx([0.05, 0.024, 0.0, 0.048])


@pytest.mark.parametrize("call", [ask, ask_sync], ids=["async", "sync"])
def test_what_is_stored_is_not_sent_again(call: Any, store: Path) -> None:
    first, sent = run(call, ["a", "b"], store=store)
    assert sent == 2
    again, sent = run(call, ["a", "b", "c"], store=store)
    assert sent == 1
    assert [item.source for item in again] == ["store", "store", "live"]
    assert [item.attempts for item in again] == [0, 0, 1]
    assert [item.key for item in again[:2]] == [item.key for item in first]
    assert [from_cache(item.value) for item in again] == [True, True, False]
    for old, new in zip(first, again, strict=False):
        assert new.value.raw == old.value.raw
        assert new.value.id == old.value.id
        assert new.cost == old.cost
        assert new.usage == old.usage


@pytest.mark.parametrize(
    "model", ["openai:m", "openai.responses:m", "anthropic:m", "google:m", "mistral:m", "cohere:m", "groq:m"]
)
def test_responses_of_every_format(model: str, store: Path) -> None:
    @llm.call(model)
    async def find(text: str) -> str:
        return text

    (first,), _ = run(find, ["a"], store=store)
    (again,), sent = run(find, ["a"], store=store)
    assert sent == 0
    assert again.value.content == "re a"
    assert again.value.provider_response.raw == first.value.provider_response.raw
    assert again.value.common_usage == first.value.common_usage


def test_what_changes_a_key(store: Path) -> None:
    """A changed prompt, model, parameter or schema is sent; a changed parser, client, key or timeout is not."""

    def made(text: str = "Find {}", model: str = "m", **options: Any) -> Any:
        @openai.call(model, **options)
        async def find(word: str) -> str:
            return text.format(word)

        return find

    class Other(BaseModel):
        title: str
        year: int = 0

    def client(key: str, **options: Any) -> Any:
        return openai_sdk.AsyncOpenAI(api_key=key, base_url="https://api.example.com/v1", **options)

    reply = lambda request: Book(title="x") if request.tools else "x"  # noqa: E731
    assert run(made(), ["a"], reply, store=store)[1] == 1
    assert run(made("Search {}"), ["a"], reply, store=store)[1] == 1
    assert run(made(model="n"), ["a"], reply, store=store)[1] == 1
    assert run(made(call_params={"temperature": 1}), ["a"], reply, store=store)[1] == 1
    assert run(made(response_model=Book), ["a"], reply, store=store)[1] == 1
    assert run(made(response_model=Other), ["a"], reply, store=store)[1] == 1
    (parsed,), sent = run(made(output_parser=lambda response: response.content * 2), ["a"], reply, store=store)
    assert (sent, parsed.value) == (0, "xx")
    assert run(made(call_params={"timeout": 3}), ["a"], reply, store=store)[1] == 0
    assert run(made(client=client("one")), ["a"], reply, store=store)[1] == 1  # another address
    assert run(made(client=client("two", timeout=9, max_retries=7)), ["a"], reply, store=store)[1] == 0


def test_a_changed_validation_is_replayed(store: Path) -> None:
    """Only the validation has changed, not the schema that is sent: the stored response is parsed again."""

    class Strict(BaseModel):
        title: str = Field(json_schema_extra={})

        def model_post_init(self, context: object) -> None:
            if strict and self.title == "x":
                raise ValueError("not x")

    @openai.call("m", response_model=Strict)
    async def find(text: str) -> str:
        return text

    strict = True
    (item,), sent = run(find, ["a"], answer({"title": "x"}), store=store)
    assert isinstance(item.error, ResponseParseError)
    assert sent == 1
    strict = False
    (item,), sent = run(find, ["a"], store=store)
    assert item.value.title == "x"
    assert sent == 0


def test_errors_are_not_stored(store: Path) -> None:
    (item,), _ = run(ask, ["a"], error(400), store=store)
    assert isinstance(item, Failed)
    assert rows(store, "SELECT count(*) FROM answer") == [(0,)]
    ((number, state, text),) = rows(store, "SELECT number, state, error FROM item")
    assert (number, state) == (0, "failed")
    assert text.startswith("BadRequestError: ")
    (item,), sent = run(ask, ["a"], store=store)
    assert isinstance(item, Done)
    assert sent == 1


def test_what_is_stored(store: Path) -> None:
    (item,), _ = run(ask, ["a"], store=store)
    ((key, provider, model, body, tokens, generated, cost),) = rows(
        store, "SELECT key, provider, model, body, input_tokens, output_tokens, cost FROM answer"
    )
    assert key.hex() == item.key
    assert len(key) == 16
    assert (provider, model) == ("openai", "gpt-4o-mini")
    assert openai_sdk.types.chat.ChatCompletion.model_validate_json(body).choices[0].message.content == "re a"
    assert (tokens, generated) == (item.usage.input_tokens, item.usage.output_tokens)
    assert cost == item.cost
    assert rows(store, "SELECT call, started IS NULL, ended IS NULL FROM run") == [("ask", 0, 0)]
    assert store.stat().st_mode & 0o077 == 0  # only the user may read the responses


# Equal inputs


@pytest.mark.parametrize("concurrency", [1, 5])
@pytest.mark.parametrize("stored", [False, True])
def test_equal_inputs_share_a_response(concurrency: int, stored: bool, store: Path) -> None:
    options: Any = {"store": store} if stored else {}
    items, sent = run(ask, ["a", "b", "a", "a"], limits=Limits(concurrency=concurrency), **options)
    assert sent == 2
    assert [item.value.content for item in items] == ["re a", "re b", "re a", "re a"]
    assert sorted(item.source for item in items) == ["duplicate", "duplicate", "live", "live"]
    assert [item.cost for item in items if item.source == "duplicate"] == [0, 0]
    assert len({id(item.value.response) for item in items}) == 4  # no two items share an object


def test_samples(store: Path) -> None:
    reply = lambda request: str(request.number)  # noqa: E731
    items, sent = run(ask, ["a", "b"], reply, samples=3, store=store)
    assert sent == 6
    assert [(item.input, item.number, item.sample) for item in items] == [
        *(("a", 0, 0), ("a", 0, 1), ("a", 0, 2)),
        *(("b", 1, 0), ("b", 1, 1), ("b", 1, 2)),
    ]
    assert len({item.value.content for item in items}) == 6
    again, sent = run(ask, ["a", "b"], reply, samples=4, store=store)
    assert sent == 2
    assert [item.value.content for item in again if item.sample < 3] == [item.value.content for item in items]


def test_after_an_error_an_equal_request_is_sent() -> None:
    items, sent = run(ask, ["a", "a", "a"], error(400), "ok", limits=Limits(concurrency=3))
    assert sent == 2
    assert sorted((type(item).__name__, item.source) for item in items) == [
        ("Done", "duplicate"),
        ("Done", "live"),
        ("Failed", "live"),
    ]


def test_a_function_may_repeat_a_request(store: Path) -> None:
    """It wants two responses, and a later run has both."""

    async def twice(text: str) -> list[str]:
        found = await asyncio.gather(ask(text), ask(text))
        return [one.content for one in found]

    reply = lambda request: str(request.number)  # noqa: E731
    (item, other), sent = run(twice, ["a", "a"], reply, store=store)
    assert sent == 2
    assert sorted(item.value) == ["1", "2"]
    assert other.value == item.value
    (again,), sent = run(twice, ["a"], reply, store=store)
    assert sent == 0
    assert again.value == item.value


# Several requests of an item


def test_tool_loops_are_replayed(store: Path) -> None:
    """The rounds come from the store; the tools run again."""
    ran = list[str]()

    def shelf(title: str) -> str:
        """Where a book is."""
        ran.append(title)
        return f"{title}: B4"

    @openai.call("m", tools=[shelf], tool_loop=ToolLoop())
    async def find(title: str) -> str:
        return title

    def reply(request: Any) -> Any:
        return tool(shelf, title="X") if last(request) == "Dune" else "In B4"

    (first,), sent = run(find, ["Dune"], reply, store=store)
    assert (sent, len(ran)) == (2, 1)
    (again,), sent = run(find, ["Dune"], store=store)
    assert (sent, len(ran)) == (0, 2)
    assert (again.value.content, again.source) == ("In B4", "store")
    assert [one.id for one in again.value.rounds] == [one.id for one in first.value.rounds]


def test_a_run_continues_within_a_tool_loop(store: Path) -> None:
    """The second round failed: only this one is sent again."""

    def shelf(title: str) -> str:
        """Where a book is."""
        return "B4"

    @openai.call("m", tools=[shelf], tool_loop=ToolLoop())
    async def find(title: str) -> str:
        return title

    (item,), sent = run(find, ["Dune"], tool(shelf, title="X"), error(400), store=store)
    assert isinstance(item, Failed)
    (again,), sent = run(find, ["Dune"], "In B4", store=store)
    assert sent == 1
    assert (again.value.content, again.source) == ("In B4", "live")


def test_validation_retries_are_replayed(store: Path) -> None:
    @openai.call("m", response_model=Book, max_retries=1)
    async def find(text: str) -> str:
        return text

    replies = (answer({"name": "x"}), answer({"title": "Dune"}))
    (item,), sent = run(find, ["a"], *replies, store=store)
    assert (item.value.title, sent) == ("Dune", 2)
    (item,), sent = run(find, ["a"], store=store)
    assert (item.value.title, sent, item.source) == ("Dune", 0, "store")


# Faults of the store


def test_a_file_that_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    path.write_text("not a database" * 100)
    with pytest.raises(StoreError, match=f"the store '{path}' cannot be used: file is not a database"):
        run(ask, ["a"], store=path)
    with pytest.raises(StoreError):
        run(ask, ["a"], store=tmp_path / "missing" / "run.db")


def test_a_store_of_a_later_version(store: Path) -> None:
    run(ask, ["a"], store=store)
    with sqlite3.connect(store) as database:
        database.execute("UPDATE state SET number = 2 WHERE name = 'version'")
    database.close()
    with pytest.raises(StoreError, match="version"):
        run(ask, ["a"], store=store)


def test_a_store_that_fails_stops_the_run(store: Path) -> None:
    run(ask, ["a"], store=store)
    with sqlite3.connect(store) as database:
        database.execute("DROP TABLE answer")
        database.execute("CREATE TABLE answer (key BLOB PRIMARY KEY, body BLOB, request_id TEXT, run INTEGER)")
    database.close()
    with fake(echo), pytest.raises(StoreError, match="answer has 4 columns"):
        map_calls(ask, [str(number) for number in range(100)], store=store, limits=Limits(concurrency=1)).results()


def test_runs_at_the_same_time_share_a_store(store: Path) -> None:
    async def main() -> None:
        one, two = amap(ask, ["a", "b"], store=store), amap(ask, ["b", "c"], store=store)
        await asyncio.gather(one._collect(), two._collect())

    with fake(echo):
        asyncio.run(main())
    _, sent = run(ask, ["a", "b", "c"], store=store)
    assert sent == 0


def test_a_store_that_cannot_be_made(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "run.db"
    with pytest.raises(StoreError, match=f"the store '{path}' cannot be written: No such file or directory"):
        map_calls(ask, ["a"], store=path).results()


@pytest.mark.parametrize(
    "table", ["users (name TEXT)", "run (id INTEGER PRIMARY KEY)", "item (id INTEGER)", "answer (id INTEGER)"]
)
@pytest.mark.parametrize("estimated", [False, True])
def test_the_database_of_another_application_is_refused(store: Path, table: str, estimated: bool) -> None:
    database = sqlite3.connect(store)
    database.execute(f"CREATE TABLE {table}")
    if table.startswith("run"):
        database.execute("CREATE TABLE shoes (id INTEGER)")
    database.close()
    before = store.read_bytes()
    made = map_calls(ask, ["a"], store=store)
    with fake(echo) as model, pytest.raises(StoreError, match=r"run\.db' is another database, not a store of runs"):
        made.estimate() if estimated else made.results()
    assert not model.requests
    assert store.read_bytes() == before
    assert list(store.parent.iterdir()) == [store]


def test_an_empty_file_and_a_database_without_tables(store: Path) -> None:
    store.touch()
    assert run(ask, ["a"], store=store)[1] == 1
    store.unlink()
    database = sqlite3.connect(store)
    database.execute("PRAGMA journal_mode = WAL")
    database.close()
    assert run(ask, ["a"], store=store)[1] == 1
    assert run(ask, ["a"], store=store)[1] == 0


def test_a_store_that_is_deleted_during_a_run_is_an_error(store: Path) -> None:
    """What is written to a deleted file is lost, so no more is sent."""

    def reply(request: Any) -> str:
        store.unlink(missing_ok=True)
        return echo(request)

    with fake(reply), pytest.raises(StoreError, match=r"run\.db' was deleted or replaced during the run"):
        map_calls(ask, ["a"], store=store).results()
