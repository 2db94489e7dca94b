"""A structured response has the same types unstreamed, streamed, item by item and in JSON mode, from every provider.

The oracle is what `model_validate_json` makes of the text. `tests/parsing/test_types_of_parts.py` has each type
alone, cut at every place; here one model has one of each kind, so that every provider's path is taken by all of them.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import enum
import json
import pathlib
import uuid
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar

import pytest
from pydantic import BaseModel, Field, PlainSerializer, Strict

from tests.conformance.capabilities import both_ways, each_row
from tests.conformance.contract import BaseRow
from tests.conformance.reading import asked, shown
from tests.conformance.wires.answer import Answer, Call, Text
from tests.harness.server import Server

T = TypeVar("T")


class Color(enum.Enum):
    RED = "red"


class Box(BaseModel, Generic[T]):
    value: T


class Tree(BaseModel):
    day: dt.date | str
    inner: list[Tree] = []


class Everything(BaseModel):
    union: dt.date | str
    text_first: str | dt.date
    day: dt.date
    moment: dt.datetime
    id: uuid.UUID | str
    price: Decimal
    raw: bytes
    path: pathlib.Path | str
    color: Color
    word: Literal["a", "b"]
    strictly: Annotated[dt.date, Strict()]
    frozen: int = Field(frozen=True)
    named: int = Field(alias="theName")
    serialized: Annotated[int, PlainSerializer(lambda value: f"no. {value}")]
    tree: Tree
    box: Box[dt.date | str]
    days: list[dt.date | str]
    by_day: dict[str, dt.date]


DAY = "2024-01-02"
JSON_TEXT = json.dumps(
    {
        "union": DAY,
        "text_first": DAY,
        "day": DAY,
        "moment": "2024-01-02T03:04:05Z",
        "id": "12345678-1234-5678-1234-567812345678",
        "price": "1.50",
        "raw": "abc",
        "path": "a/b",
        "color": "red",
        "word": "b",
        "strictly": DAY,
        "frozen": 1,
        "theName": 2,
        "serialized": 3,
        "tree": {"day": DAY, "inner": [{"day": "x", "inner": []}]},
        "box": {"value": DAY},
        "days": [DAY, "x"],
        "by_day": {"k": DAY},
    }
)
PIECES = tuple(JSON_TEXT[at : at + 7] for at in range(0, len(JSON_TEXT), 7))

modes = pytest.mark.parametrize("mode", ["loose", "json"])


def answer(row: BaseRow, mode: str, name: str, *pieces: str) -> Answer:
    return Answer(Call("callOslo1", name, *pieces) if row.ways[mode] == "tool" else Text(*pieces))


def types_in(value: Any) -> Any:
    """The type of every part of a value, as nested as the value."""
    if isinstance(value, BaseModel):
        return type(value), {name: types_in(part) for name, part in value}
    if isinstance(value, dict):
        return type(value), {key: types_in(part) for key, part in value.items()}
    return (type(value), [types_in(part) for part in value]) if isinstance(value, list) else type(value)


@each_row
@modes
@both_ways
def test_whole(row: BaseRow, mode: str, asynchronous: bool, server: Server) -> None:
    expected = Everything.model_validate_json(JSON_TEXT)
    server.reply(row.wire.answered(answer(row, mode, "Everything", JSON_TEXT)))
    found = asked(row, server, asynchronous, response_model=Everything, json_mode=mode == "json")
    assert found == expected
    assert types_in(found) == types_in(expected)


@each_row
@modes
@both_ways
def test_streamed(row: BaseRow, mode: str, asynchronous: bool, server: Server) -> None:
    expected = Everything.model_validate_json(JSON_TEXT)
    server.reply(row.wire.streamed(answer(row, mode, "Everything", *PIECES)))
    *partials, last = shown(row, server, asynchronous, response_model=Everything, json_mode=mode == "json")
    assert last == expected
    assert types_in(last) == types_in(expected)
    for partial in partials:
        for name in ("day", "id", "price", "raw", "color", "word", "strictly", "frozen", "named", "serialized"):
            part = getattr(partial, name)
            # A part that is not closed shows nothing, or the beginning of a text.
            assert part is None or isinstance(part, str) or types_in(part) == types_in(getattr(expected, name)), name
        json.loads(partial.model_dump_json())


@each_row
@modes
@both_ways
def test_each(row: BaseRow, mode: str, asynchronous: bool, server: Server) -> None:
    text = json.dumps({"value": [DAY, "x", "12345678-1234-5678-1234-567812345678"]})
    server.reply(row.wire.streamed(answer(row, mode, "list", *(text[at : at + 5] for at in range(0, len(text), 5)))))
    options: Any = {"response_model": list[dt.date | uuid.UUID | str], "json_mode": mode == "json", "stream": True}

    async def main() -> list[Any]:
        async with row.aclient(server) as client:
            return [item async for item in row.adecorated(client, **options)("Hi").each()]

    if asynchronous:
        items = asyncio.run(main())
    else:
        with row.client(server) as client:
            items = list(row.decorated(client, **options)("Hi").each())
    assert items == [dt.date(2024, 1, 2), "x", uuid.UUID("12345678-1234-5678-1234-567812345678")]
