"""`quick_encode` makes the JSON of the standard library's encoder."""

from __future__ import annotations

import json
from datetime import date
from enum import IntEnum, StrEnum
from json import JSONEncoder
from typing import Any

import pytest

from mirascope_like.core.base.parsing import quick_encode


class Place(StrEnum):
    HERE = "here"


class Number(IntEnum):
    TWO = 2


SETTINGS = pytest.mark.parametrize(
    "settings",
    [
        {},
        {"ensure_ascii": False, "separators": (",", ":"), "allow_nan": False},
        {"sort_keys": True, "default": lambda one: [str(one)]},
        {"skipkeys": True},
        {"indent": 1},
    ],
    ids=["default", "as OpenAI's SDK", "sorted", "without odd keys", "with lines"],
)
VALUES: list[Any] = [
    {"model": "m", "messages": [{"role": "user", "content": "Grüße \U0001f600 \ud83d \u2028 \x00 \"'\\"}]},
    {"b": 1, "a": [1.5, -0.0, 1e22, 1e-7, True, None, (), {}, ("x",)], "": {}},
    [float("nan")],
    [float("-inf")],
    {1: "a", False: "b", None: "c", 1.5: "d"},
    {("a",): 1},
    {"on": date(2026, 3, 1)},
    {Place.HERE: Place.HERE, "n": Number.TWO},
    10**400,
    [],
    None,
]


def made(encode: Any, value: Any) -> tuple[str, object]:
    try:
        return "text", encode(value)
    except (TypeError, ValueError) as error:
        return type(error).__name__, str(error)


@SETTINGS
@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_the_same_as_the_encoder(settings: dict[str, Any], value: Any) -> None:
    assert made(quick_encode(JSONEncoder(**settings)), value) == made(JSONEncoder(**settings).encode, value)


def test_a_value_that_contains_itself() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(RecursionError):
        quick_encode(JSONEncoder())(value)


def test_without_the_encoder_in_c(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json.encoder, "c_make_encoder", None)
    assert quick_encode(JSONEncoder(sort_keys=True))({"b": 1, "a": "ä"}) == '{"a": "\\u00e4", "b": 1}'
