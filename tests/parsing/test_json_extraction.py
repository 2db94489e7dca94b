"""JSON found among prose and code fences."""

from __future__ import annotations

import time

import pytest

from mirascope_like.core.base.parsing import json_in, json_texts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}', ['{"a": 1}']),
        ("42", ["42"]),
        ('Sure! Here it is: {"a": "}"} Anything else?', ['{"a":"}"}']),
        ('```json\n{"a": [1, {"b": 2}]}\n```', ['{"a":[1,{"b":2}]}']),
        ('Use {braces} and [1] so: {"a": "\\"{"}', ["[1]", '{"a":"\\"{"}']),
        ('{"a": "two\nlines"}', ['{"a":"two\\nlines"}']),
        ("[1, 2", []),
        ("It's {not} JSON", []),
        ("", []),
        ('{"lone": "\\ud83d"} then {"b": 1}', ['{"b":1}']),
        ("{" * 3 + '{"a": 1}', ['{"a":1}']),
    ],
)
def test_found(text: str, found: list[str]) -> None:
    assert list(json_texts(text)) == found


def test_the_first_or_the_text_itself() -> None:
    assert json_in('Here: {"a": 1} {"b": 2}') == '{"a":1}'
    assert json_in("no JSON") == "no JSON"


def test_brackets_alone_take_no_time() -> None:
    start = time.process_time()
    assert list(json_texts("[" * 50_000)) == []
    assert list(json_texts("{" * 50_000)) == []
    assert time.process_time() - start < 2
