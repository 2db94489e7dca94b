"""A value read in pieces has the very types of the whole.

The oracle is pydantic's `model_validate_json` of the same text. In JSON mode text is a date, a UUID, bytes or a path,
even where validation is strict; in Python mode it is not, so another arm of a union wins (pydantic-core#712,
pydantic-ai#131, 567-labs/instructor#2088, #661, #1523).
"""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
import json
import pathlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

import pytest
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Json,
    RootModel,
    ValidationInfo,
    WrapValidator,
    create_model,
    field_validator,
    model_validator,
)
from typing_extensions import TypedDict

from mirascope_like.core.base.parsing import NOTHING, PartialParser, shape_of
from mirascope_like.core.base.parsing.lenient_models import adapter_of

T = TypeVar("T")


class Color(enum.Enum):
    RED = "red"
    ONE = 1


class Level(enum.IntEnum):
    LOW = 1


class Author(BaseModel):
    name: str
    born: dt.date | str = "?"


class Cat(BaseModel):
    kind: Literal["cat"]
    born: dt.date | str


class Dog(BaseModel):
    kind: Literal["dog"]
    born: dt.date


@dataclass
class Shop:
    city: str
    opened: dt.date | str


class Row(TypedDict):
    day: dt.date | str


class Point(NamedTuple):
    x: int
    day: dt.date | str


class Box(BaseModel, Generic[T]):
    value: T


class Tree(BaseModel):
    day: dt.date | str
    inner: list[Tree] = []


class Days(RootModel[list[dt.date | str]]):
    pass


DAY = "2024-01-02"
ID = "12345678-1234-5678-1234-567812345678"

FIELDS: list[tuple[Any, Any]] = [
    (dt.date | str, DAY),
    (str | dt.date, DAY),
    (dt.datetime | dt.date, DAY),
    (dt.datetime | str, "2024-01-02T03:04:05Z"),
    (dt.time | str, "03:04"),
    (dt.timedelta | str, "P1D"),
    (uuid.UUID | str, ID),
    (str | uuid.UUID, ID),
    (float | Decimal, "1.5"),
    (Decimal, "1.50"),
    (Decimal, 1.1),
    (Decimal | float, 1.1),
    (int | float, 1.0),
    (int | str, "1"),
    (bool | int, 1),
    (bytes | str, "a"),
    (str | bytes, "a"),
    (ipaddress.IPv4Address | str, "1.2.3.4"),
    (pathlib.Path | str, "a/b"),
    (Color | str, "red"),
    (Color, 1),
    (Level | int, 1),
    (Literal["a"] | dt.date, DAY),
    (list[dt.date | str], [DAY, "x"]),
    (list[dt.date], [DAY]),
    (dict[str, dt.date | str], {"k": DAY, "l": "x"}),
    (dict[dt.date, int], {DAY: 1}),
    (dict[dt.date, Author], {DAY: {"name": "A", "born": DAY}}),
    (set[uuid.UUID], [ID, ID]),
    (frozenset[dt.date | str], [DAY]),
    (tuple[dt.date, ...], [DAY]),
    (tuple[int, dt.date | str], [1, DAY]),
    (tuple[dt.date, Author], [DAY, {"name": "A", "born": DAY}]),
    (Sequence[dt.date | str], [DAY]),
    (Mapping[str, dt.date | str], {"k": DAY}),
    (Author, {"name": "A", "born": DAY}),
    (Author | None, {"name": "A", "born": DAY}),
    (Author | str, {"name": "A", "born": DAY}),
    (Author | str, "A"),
    (Author | Days, [DAY]),
    (Author | dict[str, Any], {"name": 1}),
    (list[Author], [{"name": "A"}, {"name": "B", "born": DAY}]),
    (list[Author | str], [{"name": "A", "born": DAY}, DAY]),
    (list[Author | dt.date], [{"name": "A", "born": DAY}, DAY]),
    (list[Cat | Dog], [{"kind": "dog", "born": DAY}, {"kind": "cat", "born": DAY}]),
    (
        list[Annotated[Cat | Dog, Field(discriminator="kind")]],
        [{"kind": "dog", "born": DAY}, {"kind": "cat", "born": DAY}],
    ),
    (Annotated[Cat | Dog, Field(discriminator="kind")], {"kind": "cat", "born": DAY}),
    (Shop, {"city": "R", "opened": DAY}),
    (list[Shop], [{"city": "R", "opened": DAY}]),
    (Row, {"day": DAY}),
    (list[Row], [{"day": DAY}]),
    (Point, [1, DAY]),
    (Box[dt.date | str], {"value": DAY}),
    (list[Box[uuid.UUID]], [{"value": ID}]),
    (Tree, {"day": DAY, "inner": [{"day": DAY, "inner": [{"day": "x"}]}]}),
    (Days, [DAY]),
    (list[Days], [[DAY], ["x"]]),
    (Json[list[dt.date]], '["2024-01-02"]'),
    (Annotated[Author, AfterValidator(lambda one: Author(name=one.name + "!"))], {"name": "A"}),
    (list[Annotated[Author, AfterValidator(lambda one: Author(name=one.name + "!"))]], [{"name": "A"}]),
    (Annotated[Author, BeforeValidator(lambda raw: {"name": raw["n"]})], {"n": "A"}),
    (list[Annotated[Author, BeforeValidator(lambda raw: {"name": raw["n"]})]], [{"n": "A"}]),
    (Annotated[list[int], BeforeValidator(lambda raw: [one for one in raw if one != "x"])], [1, "x", 2]),
    (Annotated[list[Author], WrapValidator(lambda raw, next_: next_(raw[:1]))], [{"name": "A"}, {"no": 1}]),
    (list[Annotated[str, AfterValidator(str.upper)]], ["a"]),
    (Annotated[list[Annotated[int, Field(gt=0)]], Field(max_length=3)], [1, 2]),
    (Any, {"k": [DAY]}),
    (object, [DAY]),
]


@contextmanager
def read_in_pieces(kind: type[BaseModel], text: str, width: int, **options: Any) -> Iterator[PartialParser]:
    record = shape_of(kind).record
    assert record is not None
    growing = PartialParser(record, **options)
    for at in range(0, len(text), width):
        if growing.feed(text[at : at + width]):
            growing.show()
    yield growing


def check(kind: type[BaseModel], text: str, *, by_parts: bool = True) -> None:
    whole = kind.model_validate_json(text)
    for width in (1, 5, len(text)):
        with read_in_pieces(kind, text, width, fail_fast=True) as growing:
            if growing.value is NOTHING:
                assert not by_parts
                continue
            assert repr(growing.value) == repr(whole)
            assert growing.value == whole
            assert growing.value.model_fields_set == whole.model_fields_set


@pytest.mark.parametrize("config", [{}, {"strict": True}, {"frozen": True}, {"extra": "forbid"}], ids=str)
@pytest.mark.parametrize(("kind", "value"), FIELDS, ids=lambda one: str(one)[:60])
def test_the_types_of_the_whole(kind: Any, value: Any, config: dict[str, Any]) -> None:
    model = create_model("Event", __config__=ConfigDict(**config), when=(kind, ...), note=(str, "n"))
    text = json.dumps({"when": value, "note": "x"})
    try:
        model.model_validate_json(text)
    except ValueError:
        assert config == {"strict": True}
        return
    check(model, text)


def test_fields_with_settings() -> None:
    class Marked(BaseModel):
        fixed: dt.date | str = Field(frozen=True)
        exact: int = Field(strict=True)
        day: dt.date = Field(strict=True)
        raw: bytes
        by_alias: dt.date | str = Field(alias="byAlias")
        either: dt.date | str = Field(validation_alias=AliasChoices("one", "two"))

        model_config = ConfigDict(val_json_bytes="base64")

    class Deep(BaseModel):
        day: dt.date | str
        deep: int = Field(0, validation_alias=AliasPath("nested", 0))

    fields = {"fixed": DAY, "exact": 1, "day": DAY, "raw": "YQ==", "byAlias": DAY, "two": DAY}
    check(Marked, json.dumps(fields))
    check(Deep, json.dumps({"day": DAY, "nested": [3]}), by_parts=False)
    check(Marked, json.dumps({**fields, "one": "first"}), by_parts=False)
    check(Marked, json.dumps({"two": "second", **fields, "one": "first"}), by_parts=False)


def test_an_alias_wins_over_the_name() -> None:
    class Both(BaseModel):
        model_config = ConfigDict(populate_by_name=True)
        a: int = Field(alias="b")

    check(Both, '{"b": 1, "a": 2}', by_parts=False)
    check(Both, '{"a": 2, "b": 1}', by_parts=False)
    check(Both, '{"a": 2}')


def test_validators_see_json_and_the_fields_before() -> None:
    seen: list[Any] = []

    class Seen(BaseModel):
        low: dt.date | str
        high: dt.date | str

        @field_validator("high")
        @classmethod
        def look(cls, high: Any, info: ValidationInfo) -> Any:
            seen.append((info.mode, info.field_name, dict(info.data)))
            return high

    check(Seen, json.dumps({"low": DAY, "high": DAY}))
    assert len(seen) == 4  # once for each reading
    assert all(one == seen[0] for one in seen)


def test_an_unknown_key_where_it_is_forbidden() -> None:
    class Closed(BaseModel):
        model_config = ConfigDict(extra="forbid")
        a: int

    with read_in_pieces(Closed, '{"a": 1, "b": 2}', 3) as growing:
        assert growing.value is NOTHING


def test_fail_fast_never_ends_what_fits() -> None:
    class Inner(BaseModel):
        n: int

    class Renamed(BaseModel):
        inner: Inner
        many: list[int]

        @model_validator(mode="before")
        @classmethod
        def mend(cls, data: Any) -> Any:
            return {"inner": {"n": data["inner"]["m"]}, "many": [one for one in data["many"] if one != "x"]}

    class Mended(BaseModel):
        inner: Inner
        many: list[int]
        lax: Inner | RootModel[dict[str, str]]

        @field_validator("inner", mode="before")
        @classmethod
        def rename(cls, data: Any) -> Any:
            return {"n": data["m"]}

        @field_validator("many", mode="wrap")
        @classmethod
        def drop(cls, data: Any, validate: Any) -> Any:
            return validate([one for one in data if one != "x"])

    text = '{"inner": {"n": "no", "m": 1}, "many": [1, "x", 2], "lax": {"n": "no"}}'
    check(Mended, text)
    check(Renamed, text, by_parts=False)


def test_partials_hold_validated_types() -> None:
    class Open(BaseModel):
        days: list[dt.date | str]
        byname: dict[str, uuid.UUID]

    record = shape_of(Open).record
    assert record is not None
    growing = PartialParser(record)
    growing.feed(f'{{"days": ["{DAY}", "x", "{DAY}"')
    assert growing.show().days == [dt.date(2024, 1, 2), "x", dt.date(2024, 1, 2)]
    growing.feed(f'], "byname": {{"k": "{ID}", ')
    assert growing.show().byname == {"k": uuid.UUID(ID)}


def test_unions_that_differ_in_their_order() -> None:
    """They are equal, but validation tries their types from left to right: neither is in the cache of the other."""
    orders = (list[str | dt.date], "2024-01-02"), (list[dt.date | str], dt.date(2024, 1, 2))
    for kind, first in orders * 2:
        assert adapter_of(kind).validate_json('["2024-01-02"]') == [first]
    assert shape_of(orders[0][0]) is not shape_of(orders[1][0])
    assert shape_of(orders[0][0]) is shape_of(list[str | dt.date])
