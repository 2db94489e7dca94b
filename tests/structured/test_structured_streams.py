"""Structured streams: partial models as they grow, the validated model last, and how a stream may end."""

from __future__ import annotations

import asyncio
import gc
import itertools
import warnings
from dataclasses import replace
from functools import cached_property
from typing import Any

import pytest
from pydantic import BaseModel, Field, ValidationError, computed_field

from mirascope_like.core import (
    AsyncStructuredStream,
    ConfigurationError,
    Partial,
    ResponseModelConfigDict,
    ResponseParseError,
    StreamInterruptedError,
    StreamNotConsumedError,
    StreamState,
    StructuredStream,
)
from mirascope_like.core.base.request import FromCallArgs
from tests.harness.server import CloseEarly, Reply, Server, Stall
from tests.structured.apis import Api, Call, cut


class Book(BaseModel):
    title: str = Field(min_length=3)
    pages: int


class StrictBook(Book):
    model_config = ResponseModelConfigDict(strict=True)


class Library(BaseModel):
    name: str = ""
    books: list[Book]


DUNE = '{"title": "Dune", "pages": 412}'
EMMA = '{"title": "Emma", "pages": 474}'
BOOKS = [Book(title="Dune", pages=412), Book(title="Emma", pages=474)]


def growing(api: Api, client: Any, kind: Any = Book, **options: Any) -> StructuredStream[Any, Any]:
    @api.module.call("m", client=client, response_model=kind, stream=True, **options)
    def recommend(genre: str) -> str:
        return f"Recommend a {genre} book"

    stream: StructuredStream[Any, Any] = recommend("fantasy")
    assert isinstance(stream, StructuredStream)
    return stream


def replies(api: Api, text: str, name: str = "Book", width: int = 4) -> dict[str, Reply]:
    """Return the same object for each mode: as a tool call, as text by a schema, and as JSON inside a text."""
    return {
        "tool": api.stream(["Let me ", "see {it}."], Call(name, cut(text, width))),
        "schema": api.stream(cut(text, width)),
        "json": api.stream(cut(f"Sure {{x}}:\n```json\n{text}\n```\nEnjoy!", width)),
    }


def stalled(reply: Reply) -> Reply:
    """The reply without its last three events, and then nothing."""
    return replace(reply, pieces=(*reply.pieces[:-3], Stall()))


@pytest.mark.parametrize(("way", "kind"), [("tool", Book), ("schema", StrictBook), ("json", Book)])
def test_partials_then_the_model(api: Api, client: Any, server: Server, way: str, kind: type[Book]) -> None:
    server.reply(replies(api, DUNE, kind.__name__)[way])
    stream = growing(api, client, kind, json_mode=way == "json")
    shown = list(stream)
    *partials, last = shown
    assert [one.model_dump() for one in partials[:1]] == [{"title": None, "pages": None}]
    assert {one.title for one in partials} <= {None, "D", "Du", "Dun", "Dune", ""}
    assert all(isinstance(one, Partial) and isinstance(one, kind) for one in partials)
    assert type(last) is kind
    assert last == kind(title="Dune", pages=412)
    assert stream.constructed_response_model is last
    assert last._response.id == stream.response.id == stream._response.id == "answer-1"
    assert stream.stream.state is StreamState.DONE
    assert stream.stream.tools is None
    for one, other in itertools.pairwise(shown):
        assert one != other
    assert list(stream) == []


class Inner(BaseModel):
    a: int


class Area(BaseModel):
    w: int
    h: int

    @computed_field(alias="size", repr=False)
    @property
    def area(self) -> int:
        return self.w * self.h

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way to write it
    @cached_property
    def inner(self) -> Inner:
        return Inner(a=self.w)


def test_computed_fields_are_none_until_they_can_be_computed(api: Api, client: Any, server: Server) -> None:
    server.reply(replies(api, '{"w": 2, "h": 3 }', "Area", width=3)["tool"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shown = [(repr(one), one.model_dump(by_alias=True)) for one in growing(api, client, Area)]
    assert shown == [
        ("PartialArea(w=None, h=None, inner=None)", {"w": None, "h": None, "size": None, "inner": None}),
        ("PartialArea(w=2, h=None, inner=Inner(a=2))", {"w": 2, "h": None, "size": None, "inner": {"a": 2}}),
        ("Area(w=2, h=3, inner=Inner(a=2))", {"w": 2, "h": 3, "size": 6, "inner": {"a": 2}}),
    ]


def test_nothing_is_sent_before_it_is_read(api: Api, client: Any, server: Server) -> None:
    server.reply(replies(api, DUNE)["tool"])
    stream = growing(api, client)
    assert not server.requests
    with pytest.raises(StreamNotConsumedError):
        _ = stream.constructed_response_model
    assert next(stream).title is None
    with pytest.raises(StreamNotConsumedError):
        _ = stream.constructed_response_model
    with pytest.raises(StreamNotConsumedError):
        _ = stream.response
    assert stream.collect() == BOOKS[0]


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        (list[int], '{"value": [1, 22, 3]}', [[], [1], [1, 22], [1, 22, 3]]),
        (str, '{"value": "ab"}', ["a", "ab", "ab"]),
        (int, '{"value": 42}', [42]),
        (dict[str, int], '{"value": {"a": 1}}', [{}, {"a": 1}, {"a": 1}]),
        (list[str], '{"value": ["a", "b"]}', [[], ["a"], ["a", "b"], ["a", "b"]]),
    ],
    ids=str,
)
def test_builtins(api: Api, client: Any, server: Server, kind: Any, text: str, shown: list[Any]) -> None:
    server.reply(api.stream([], Call(kind.__name__, cut(text, 1))))
    *partials, last = growing(api, client, kind)
    assert last == shown[-1]
    distinct = [one for one, _ in itertools.groupby(partials)]
    assert distinct == [one for one, _ in itertools.groupby(shown) if one != last or one in partials]


def test_from_call_args(api: Api, client: Any, server: Server) -> None:
    from typing import Annotated

    class Summary(BaseModel):
        genre: Annotated[str, FromCallArgs()]
        text: str

    server.reply(api.stream([], Call("Summary", cut('{"text": "Worms."}'))))
    *partials, last = growing(api, client, Summary)
    assert {one.genre for one in partials} == {"fantasy"}
    assert last == Summary(genre="fantasy", text="Worms.")


# Items as they become whole


@pytest.mark.parametrize("kind", [list[Book], Library])
def test_each(api: Api, client: Any, server: Server, kind: Any) -> None:
    name, key = ("list", "value") if kind is not Library else ("Library", "books")
    server.reply(api.stream([], Call(name, cut(f'{{"{key}": [{DUNE}, {EMMA}]}}'))))
    stream = growing(api, client, kind)
    items = stream.each()
    assert next(items) == BOOKS[0]
    assert stream.stream.state is StreamState.OPEN
    assert next(items) == BOOKS[1]
    assert list(items) == []
    assert stream.stream.state is StreamState.DONE
    whole = stream.constructed_response_model
    assert (whole if kind is not Library else whole.books) == BOOKS


def test_each_goes_on(api: Api, client: Any, server: Server) -> None:
    server.reply(api.stream([], Call("list", cut('{"value": [1, 2, 3, 4]}', 1))))
    stream = growing(api, client, list[int])
    assert next(stream.each()) == 1
    for so_far in stream:
        if so_far == [1, 2, 3]:
            break
    assert list(stream.each()) == [2, 3, 4]
    assert list(stream.each()) == []


def test_each_of_text_without_wrapping(api: Api, client: Any, server: Server) -> None:
    server.reply(api.stream(cut(f"Here: [{DUNE}, {EMMA}]")))
    assert list(growing(api, client, list[Book], json_mode=True).each()) == BOOKS


def test_each_that_does_not_fit(api: Api, client: Any, server: Server) -> None:
    server.reply(api.stream([], Call("list", cut('{"value": [1, "x", 3]}', 1))).then(Stall()))
    stream = growing(api, client, list[int])
    items = stream.each()
    assert next(items) == 1
    with pytest.raises(ValidationError) as caught:
        next(items)
    assert caught.value.errors()[0]["loc"] == ("value", 1)
    assert stream.stream.state is not StreamState.OPEN


def test_each_needs_a_list(api: Api, client: Any, server: Server) -> None:
    with pytest.raises(ConfigurationError, match="each\\(\\) needs a list"):
        next(growing(api, client).each())


# Tools beside it


def shelf(title: str) -> str:
    """Where a book stands."""
    return "B4"


def test_a_tool_instead(api: Api, client: Any, server: Server) -> None:
    server.reply(api.stream(["Let me look."], Call("shelf", cut('{"title": "Dune"}'))))
    stream = growing(api, client, tools=[shelf])
    assert list(stream) == []
    assert stream.stream.tool.args == {"title": "Dune"}
    assert stream.response.tool.call() == "B4"
    with pytest.raises(ResponseParseError, match="the model called a tool"):
        _ = stream.constructed_response_model


def test_tools_offered_and_not_called(api: Api, client: Any, server: Server) -> None:
    server.reply(replies(api, DUNE)["tool"])
    stream = growing(api, client, tools=[shelf])
    assert stream.collect() == BOOKS[0]
    assert stream.stream.tools is None
    assert stream.response.tools is None


# How it may end


def test_does_not_fit(api: Api, client: Any, server: Server) -> None:
    server.reply(api.stream([], Call("Book", cut('{"title": "D", "pages": 412}'))))
    stream = growing(api, client)
    shown: list[Any] = []
    with pytest.raises(ValidationError, match="at least 3 characters") as caught:
        shown.extend(stream)
    assert isinstance(caught.value, ResponseParseError)
    assert caught.value.response.id == "answer-1"
    assert shown
    assert stream.stream.state is StreamState.DONE
    assert list(stream) == []
    with pytest.raises(ResponseParseError):
        _ = stream.constructed_response_model


def test_fail_fast(api: Api, client: Any, server: Server) -> None:
    begun = f'{{"name": "x", "books": [{DUNE}, {{"title": "D", "pages'
    server.reply(stalled(api.stream([], Call("Library", cut(begun)))))
    stream = growing(api, client, Library, fail_fast=True)
    with pytest.raises(ResponseParseError, match="at least 3 characters") as caught:
        for _ in stream:
            pass
    assert isinstance(caught.value, ValidationError)
    assert caught.value.errors()[0]["loc"] == ("books", 1, "title")
    assert caught.value.response.id == "answer-1"
    assert stream.stream.state is StreamState.CLOSED
    assert server.wait_until(lambda: server.aborted == 1)


def test_closed_early(api: Api, client: Any, server: Server) -> None:
    server.reply(replies(api, DUNE)["tool"].by_event().then(Stall()), replies(api, DUNE)["tool"].then(Stall()))
    with growing(api, client) as stream:
        next(stream)
    assert stream.stream.state is StreamState.CLOSED
    assert list(stream) == []
    with pytest.raises(StreamNotConsumedError):
        _ = stream.constructed_response_model
    other = growing(api, client)
    next(other)
    del other
    gc.collect()
    assert server.wait_until(lambda: server.aborted == 2)


def test_cut_connection(api: Api, client: Any, server: Server) -> None:
    reply = replies(api, DUNE)["tool"]
    server.reply(reply.at(len(reply.body) // 2, CloseEarly()))
    stream = growing(api, client)
    with pytest.raises(StreamInterruptedError):
        list(stream)
    assert stream.stream.state is StreamState.FAILED


def test_no_answer(api: Api, client: Any, server: Server) -> None:
    server.reply(api.stream(["I would ", "rather not."]))
    with pytest.raises(ResponseParseError, match="no JSON in the response"):
        growing(api, client).collect()


def test_text_instead_of_the_call(api: Api, client: Any, server: Server) -> None:
    server.reply(api.stream(cut(f"It is {DUNE}")))
    assert growing(api, client).collect() == BOOKS[0]


# Async


def test_async(api: Api, server: Server) -> None:
    async def main() -> None:
        async with api.async_client(server) as client:

            @api.module.call("m", client=client, response_model=Book, stream=True)
            async def recommend(genre: str) -> str:
                return genre

            @api.module.call("m", client=client, response_model=list[Book], stream=True, fail_fast=True)
            async def several(genre: str) -> str:
                return genre

            server.reply(*[replies(api, DUNE)["tool"]] * 3)
            stream = recommend("fantasy")
            assert isinstance(stream, AsyncStructuredStream)
            shown = [one async for one in stream]
            assert shown[-1] == stream.constructed_response_model == BOOKS[0]
            assert isinstance(shown[0], Partial)
            assert stream.response.id == "answer-1"
            assert [one async for one in await recommend("fantasy")][-1] == BOOKS[0]
            async with recommend("fantasy") as stream:
                assert await stream.collect() == BOOKS[0]

            text = f'{{"value": [{DUNE}, {EMMA}]}}'
            begun = stalled(api.stream([], Call("list", cut(f'{{"value": [{DUNE}, {{"title": "E", "pages'))))
            server.reply(api.stream([], Call("list", cut(text))), begun)
            assert [one async for one in several("fantasy").each()] == BOOKS
            stream = several("fantasy")
            items = stream.each()
            assert await anext(items) == BOOKS[0]
            with pytest.raises(ValidationError) as caught:
                await anext(items)
            assert caught.value.errors()[0]["loc"] == ("value", 1, "title")
            assert stream.stream.state is StreamState.CLOSED

            server.reply(api.stream([], Call("Book", cut('{"title": "D", "pages": 1}'))))
            with pytest.raises(ResponseParseError):
                await recommend("fantasy").collect()

    asyncio.run(main())
