"""Names of tools that every provider accepts."""

from __future__ import annotations

import re

import pytest

from mirascope_like.core.base.messages import valid_name

# OpenAI, Anthropic, Bedrock and Mistral: ^[a-zA-Z0-9_-]{1,64}$; Google: a letter or an underscore first, at most 64.
VALID = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")
NAMES = [
    "天气",
    "时间",
    "工具",
    "x" * 80,
    "x" * 79 + "y",
    "prüfe",
    "prufe",
    "Box[int]",
    "1st",
    "-a",
    "a.b",
    "a_b",
    "a b",
    "_1st",
    "a" * 64,
]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_becomes_valid(name: str) -> None:
    assert VALID.fullmatch(valid_name(name))
    assert valid_name(valid_name(name)) == valid_name(name)


def test_different_names_stay_different() -> None:
    assert len({valid_name(name) for name in NAMES}) == len(NAMES)


def test_valid_names_stay() -> None:
    assert [valid_name(one) for one in ("get_weather", "Box[int]", "a" * 64)] == ["get_weather", "Box_int", "a" * 64]
