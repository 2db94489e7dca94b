"""JSON found among thinking, prose, examples and code fences."""

from __future__ import annotations

from typing import Any

import pytest

from mirascope_like.core.base.parsing import chosen, ends_open, json_in, json_values
from tests.harness.counting import calls_of


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
        ('{"lone": "\\ud83d"} then {"b": 1}', ['{"lone":"\ufffd"}', '{"b":1}']),  # half a character is U+FFFD
        ("{" * 3 + '{"a": 1}', ['{"a":1}']),
        # Servers without a reasoning parser send the thinking as text, often without its opening tag, which is in the
        # model's template (gbrain#4640, DeepSeek-R1#381); models draft their JSON while they think.
        ('<think>{"a": 1}</think>{"a": 2}', ['{"a":2}']),
        ('So {"a": 1} maybe.</think>\n\n{"a": 2}', ['{"a":2}']),
        ('<think>{"a": 1', []),
        ('<think>{"a": 1} perhaps', []),
        ('<think>{"a": </think>{"a": 2}', ['{"a":2}']),
        ('[THINK]{"a": 1}[/THINK]{"a": 2}', ['{"a":2}']),
        ('{"a": "</think>"} ok', ['{"a":"</think>"}']),
        ('Write <think> so: {"a": 1}', ['{"a":1}']),
    ],
)
def test_found(text: str, found: list[str]) -> None:
    assert [one.text for one in json_values(text)] == found


def test_the_last_or_the_only_one_in_a_fence_is_the_answer() -> None:
    def answer(text: str) -> str | None:
        found = chosen(json_values(text), lambda value: isinstance(value, dict))
        return found.text if found is not None else None

    assert answer('For example {"a": 0}. Answer: {"a": 1} [2]') == '{"a":1}'
    assert answer('```json\n{"a": 1}\n```\nIt fits {"a": "number"}.') == '{"a":1}'
    assert answer('```\n{"a": 0}\n```\nor\n```\n{"a": 1}\n```') == '{"a":1}'
    assert answer('[{"a": 1}]') is None


def test_in_json_mode() -> None:
    assert json_in('Here: {"a": 1} {"b": 2} [3]') == '{"b":2}'
    assert json_in("Here: [1] [2]") == "[2]"
    assert json_in("no JSON") == "no JSON"


def test_what_is_broken_off() -> None:
    assert ends_open('{"a": 1} or {"a": "x', 8)
    assert not ends_open('{"a": 1} or {this', 8)
    assert not ends_open('{"a": 1} or', 8)


@pytest.mark.parametrize(
    ("bracket", "growth"),
    [("[", 1.1), ("{", 4.5), ('{"', 4.5)],  # a value that is nested too deeply is tried at a few places, not at each
)
def test_brackets_alone_cost_no_more_than_their_text(bracket: str, growth: float) -> None:
    def calls(count: int) -> int:
        return calls_of(lambda: found.append(json_values(bracket * count)))

    found: list[Any] = []
    small, large = calls(2_000), calls(8_000)
    assert found == [[], []]
    assert large < small * growth
