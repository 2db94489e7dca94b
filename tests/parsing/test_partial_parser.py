"""Incomplete JSON: what is returned, what is validated and when, and the final value."""

from __future__ import annotations

import datetime
import enum
import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from typing_extensions import TypedDict

from mirascope_like.core.base.errors import ResponseParseError
from mirascope_like.core.base.parsing import NOTHING, Partial, PartialParser, shape_of
from tests.harness.counting import calls_of


class Color(enum.Enum):
    red = "red"
    green = "green"


class Author(BaseModel):
    name: str
    born: datetime.date | None = None


@dataclass
class Shop:
    city: str
    open: bool = True


class Place(TypedDict):
    row: int
    side: str


class Book(BaseModel):
    title: str = Field(min_length=3)
    author: Author | None = None
    tags: list[str] = []
    score: float = 1.0
    color: Color = Color.red
    sequels: list[Book] = []
    editors: dict[str, Author] = {}
    place: Place | None = None
    shop: Shop | None = None
    other: Author | Color | int | None = None


def growth(kind: Any, **options: Any) -> PartialParser:
    record = shape_of(kind).record
    assert record is not None
    return PartialParser(record, **options)


def grown(growing: PartialParser, text: str, width: int = 1) -> list[Any]:
    """What is shown after each piece that changed something."""
    pieces = (text[at : at + width] for at in range(0, len(text), width))
    return [now for piece in pieces if growing.feed(piece) and (now := growing.show()) is not NOTHING]


def test_shown_piece_by_piece() -> None:
    text = 'Sure: {"title": "Dune", "author": {"name": "F"}, "tags": ["a"], "score": 1.5, "color": "green"} Bye'
    growing = growth(Book)
    shown = [one.model_dump(exclude_none=True, mode="json") for one in grown(growing, text)]
    assert shown == [
        {},
        {"title": "D"},
        {"title": "Du"},
        {"title": "Dun"},
        {"title": "Dune"},
        {"title": "Dune", "author": {}},
        {"title": "Dune", "author": {"name": "F"}},
        {"title": "Dune", "author": {"name": "F"}},  # now validated
        {"title": "Dune", "author": {"name": "F"}, "tags": []},
        {"title": "Dune", "author": {"name": "F"}, "tags": ["a"]},
        {"title": "Dune", "author": {"name": "F"}, "tags": ["a"], "score": 1.5},
        {"title": "Dune", "author": {"name": "F"}, "tags": ["a"], "score": 1.5, "color": "green"},
    ]
    assert growing.value == Book(title="Dune", author=Author(name="F"), tags=["a"], score=1.5, color=Color.green)


def test_partials_are_models_with_optional_fields() -> None:
    growing = growth(Book)
    last = grown(growing, '{"title": "Du", "author": {"na')[-1]
    assert isinstance(last, Book)
    assert isinstance(last, Partial)
    assert type(last) is Partial[Book]
    assert type(last).__name__ == "PartialBook"
    assert type(last.author) is Partial[Author]
    assert last.author.name is None
    assert type(last).model_fields["score"].default is None
    assert last.tags is None
    assert repr(last).startswith("PartialBook(title=None, author=PartialAuthor(name=None, born=None)")
    assert Partial[Book] is Partial[Book]
    assert Partial[int] is int


def test_snapshots_are_independent() -> None:
    growing = growth(Book)
    first = grown(growing, '{"tags": ["a"')[-1]
    second = grown(growing, ', "b"')[-1]
    assert (first.tags, second.tags) == (["a"], ["a", "b"])


def test_open_numbers_and_closed_types() -> None:
    growing = growth(Book)
    assert grown(growing, '{"score": 12')[-1].score is None
    assert grown(growing, '3, "color": "gre')[-1].score == 123
    assert growing.show().color is None
    assert grown(growing, 'en", "author": {"born": "2020-0')[-1].color is Color.green
    assert growing.show().author.born is None
    assert grown(growing, '1-02"')[-1].author.born == datetime.date(2020, 1, 2)


def test_dataclasses_typed_dicts_and_unions() -> None:
    growing = growth(Book)
    text = '{"title": "Dune", "place": {"row": 3, "side": "le'
    assert grown(growing, text)[-1].place == {"row": 3, "side": "le"}
    half = grown(growing, 'ft"}, "shop": {"city": "Ro')[-1].shop
    assert (half.city, half.open) == ("Ro", None)
    assert grown(growing, 'me"}, "other": {"name": "A')[-1].shop == Shop("Rome")
    assert type(growing.show().other) is Partial[Author]
    grown(growing, 'nn"}}')
    assert growing.value == Book(
        title="Dune", place={"row": 3, "side": "left"}, shop=Shop("Rome"), other=Author(name="Ann")
    )


@pytest.mark.parametrize("width", [1, 2, 3, 5, 7, 11, 1000])
def test_escapes_cut_anywhere(width: int) -> None:
    title = 'é 😀 "q" \\ / \b\f\n\r\t \u2028'
    for text in (json.dumps({"title": title}), json.dumps({"title": title}, ensure_ascii=False)):
        growing = growth(Book)
        shown = grown(growing, text, width)
        assert growing.value.title == title
        assert all(title.startswith(one.title or "") for one in shown)


@pytest.mark.parametrize(
    "text",
    ['{"title": nope}', "{title: 1}", '{"tags": ["a" "b"]}', '{"tags": [1}', '{"a" 1}'],
)
def test_no_json(text: str) -> None:
    growing = growth(Book)
    grown(growing, text)
    assert growing.value is NOTHING


# Half characters are JSON (RFC 8259, section 8.2); alone they are U+FFFD.
@pytest.mark.parametrize("width", [1, 3, 100])
@pytest.mark.parametrize(
    ("text", "title"),
    [
        ('{"title": "a \\ud83d b"}', "a \ufffd b"),
        ('{"title": "a \\ud83d"}', "a \ufffd"),
        ('{"title": "a\\ude00\\n"}', "a\ufffd\n"),
        ('{"title": "a\\ud83d\\ud83d\\ude00"}', "a\ufffd\U0001f600"),
    ],
)
def test_half_characters(text: str, title: str, width: int) -> None:
    growing = growth(Book)
    grown(growing, text, width)
    assert growing.value.title == title


def test_what_begins_in_vain_is_left() -> None:
    growing = growth(Book)
    grown(growing, 'Use {braces} and {"a" b}: {"title": "Dune"}')
    assert growing.value == Book(title="Dune")


def test_unknown_keys_are_read_over() -> None:
    growing = growth(Book)
    shown = grown(growing, '{"x": {"title": "no", "y": [1, {"z": "}"}]}, "title": "Dune"}')
    assert [one.title for one in shown] == [None, "D", "Du", "Dun", "Dune"]
    assert growing.value == Book(title="Dune")


class Counted(BaseModel):
    name: str = Field(min_length=2)
    inner: list[Counted] = []

    @field_validator("name")
    @classmethod
    def seen(cls, name: str) -> str:
        SEEN.append(name)
        return name

    @model_validator(mode="after")
    def whole(self) -> Counted:
        SEEN.append(f"{self.name}!")
        return self


SEEN: list[str] = []


def test_each_part_is_validated_once() -> None:
    SEEN.clear()
    text = '{"name": "root", "inner": [{"name": "one"}, {"name": "two", "inner": [{"name": "three"}]}]}'
    growing = growth(Counted)
    grown(growing, text)
    assert SEEN == ["root", "one", "one!", "two", "three", "three!", "two!", "root!"]
    assert growing.value == Counted.model_validate_json(text)


class Before(BaseModel):
    a: int
    b: int = 0

    @model_validator(mode="before")
    @classmethod
    def rename(cls, data: Any) -> Any:
        return {"a": data.get("x"), **data}

    @field_validator("b")
    @classmethod
    def more(cls, b: int, info: Any) -> int:
        return b + int(info.data["a"])


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    day: datetime.date
    number: int


class Dependent(BaseModel):
    low: int
    high: int = 10
    name: str = "x"

    @field_validator("high")
    @classmethod
    def above(cls, high: int, info: Any) -> int:
        assert high > info.data["low"]
        return high


class Aliased(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    first: int = Field(alias="1st")
    second: int = Field(2, validation_alias="2nd")


class Checked(BaseModel):
    number: int = Field("7", validate_default=True)  # type: ignore[assignment]  # what is tested
    name: str = "x"


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int


class Holder(BaseModel):
    items: list[Open | Strict] = []
    before: Before | None = None
    strict: Strict | None = None
    open: Open | None = None
    dependent: Dependent | None = None
    aliased: Aliased | None = None
    checked: Checked | None = None


HARD = (
    '{"before": {"x": 1, "b": 2}, "strict": {"day": "2020-01-02", "number": 3}, "open": {"a": 1, "z": [2]},'
    ' "dependent": {"high": 3, "name": "y", "low": 2}, "aliased": {"1st": 4, "second": 5}, "checked": {},'
    ' "items": [{"a": 4}, {"day": "2021-01-01", "number": 1}]}'
)


@pytest.mark.parametrize("width", [1, 4, 1000])
def test_what_cannot_be_validated_by_parts(width: int) -> None:
    growing = growth(Holder)
    grown(growing, HARD, width)
    assert growing.value == Holder.model_validate_json(HARD)


def test_given_fields() -> None:
    growing = growth(Book, given={"title": "Dune", "tags": ["x"]})
    assert grown(growing, "{")[-1].model_dump(exclude_none=True) == {"title": "Dune", "tags": ["x"]}
    grown(growing, '"score": 2}')
    assert growing.value == Book(title="Dune", tags=["x"], score=2)


@pytest.mark.parametrize(
    ("kind", "text", "at", "where"),
    [
        (Book, '{"title": "Du", "score": 1}', 14, ("title",)),
        (Book, '{"title": "Dune", "sequels": [{"title": "Dun"}, {"title": "Du"', 62, ("sequels", 1, "title")),
        (Book, '{"title": "Dune", "tags": ["a", 3, "b"', 34, ("tags", 1)),
        (Book, '{"title": "Dune", "editors": {"x": {"born": "1"', 47, ("editors", "x", "born")),
        (Book, '{"title": "Dune", "author": {"born": null}', 42, ("author", "name")),
        (Book, '{"title": "Dune", "shop": {"open": true}', 40, ("shop", "city")),
        (Holder, '{"before": {"x": "no"}', 22, ("before", "a")),
    ],
)
def test_fail_fast(kind: Any, text: str, at: int, where: tuple[int | str, ...]) -> None:
    growing = growth(kind, fail_fast=True)
    grown(growing, text[: at - 1])
    with pytest.raises(ResponseParseError) as caught:
        growing.feed(text[at - 1])
    assert isinstance(caught.value, ValidationError)
    assert caught.value.errors()[0]["loc"] == where
    slow = growth(kind)
    grown(slow, text)
    assert slow.value is NOTHING


def test_constraints_never_fire_on_what_is_open() -> None:
    growing = growth(Book, fail_fast=True)
    assert [one.title for one in grown(growing, '{"title": "Du')] == [None, "D", "Du"]


books = st.deferred(
    lambda: st.fixed_dictionaries(
        {"title": st.text(min_size=3)},
        optional={
            "author": st.none() | st.fixed_dictionaries({"name": st.text()}, optional={"born": st.dates().map(str)}),
            "tags": st.lists(st.text(), max_size=3),
            "score": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53),
            "color": st.sampled_from(["red", "green"]),
            "sequels": st.lists(books, max_size=2),
            "editors": st.dictionaries(st.text(), st.fixed_dictionaries({"name": st.text()}), max_size=2),
            "place": st.fixed_dictionaries({"row": st.integers(), "side": st.text()}),
            "shop": st.fixed_dictionaries({"city": st.text()}),
            "unknown": st.recursive(st.none() | st.text() | st.booleans(), st.lists),
        },
    )
)


@given(st.data())
def test_however_it_is_cut(data: st.DataObject) -> None:
    tree = data.draw(books)
    style = data.draw(st.sampled_from([{}, {"indent": 1}, {"ensure_ascii": False, "separators": (",", ":")}]))
    text = json.dumps(tree, **style)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=30)))
    growing = growth(Book)
    shown: list[Any] = []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        if growing.feed(text[start:end]):
            shown.append(growing.show())
    whole = Book.model_validate_json(text)
    assert growing.value == whole
    assert type(growing.value) is Book
    assert growing.value.model_fields_set == whole.model_fields_set
    for one in shown:
        check_prefix(one.model_dump(), whole.model_dump())


def check_prefix(part: Any, whole: Any) -> None:
    """A partial is the whole, with less of it: text that ends earlier, lists that are shorter, fields that are None."""
    if part is None:
        return
    if isinstance(part, str):
        assert isinstance(whole, str)
        assert whole.startswith(part)
    elif isinstance(part, dict):
        for key, one in part.items():
            check_prefix(one, whole[key])
    elif isinstance(part, list):
        assert len(part) <= len(whole)
        for one, other in zip(part, whole, strict=False):
            check_prefix(one, other)
        assert part[:-1] == whole[: max(0, len(part) - 1)]
    else:
        assert part == whole


def test_the_cost_is_linear() -> None:
    def calls(count: int) -> int:
        text = json.dumps(
            {"title": "Dune", "sequels": [{"title": f"Book {n}", "tags": ["a", "b"]} for n in range(count)]}
        )
        growing = growth(Book)
        counted = calls_of(lambda: grown(growing, text, 6))
        assert growing.value is not NOTHING
        return counted

    small, large = calls(75), calls(300)
    assert large < small * 4.5, (small, large)
