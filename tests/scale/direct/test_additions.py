"""What an SDK has added to a payload: fields with plain values, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from mirascope_like.core.dialects.transport import additions

ADDED: list[tuple[Any, Any]] = [
    ({"a": 1}, {"a": 1, "b": None}),
    ({"a": [{"x": "1"}, {"x": "2"}]}, {"a": [{"x": "1"}, {"x": "2", "index": 0}]}),
    ({"a": {"b": {"c": []}}}, {"a": {"b": {"c": [], "d": "e"}, "f": False}, "g": 0.5}),
    ([[{}]], [[{"a": 1}]]),
    ({"a": 1}, {"a": 1.0}),
]


@pytest.mark.parametrize(("given", "sent"), ADDED)
def test_additions_are_made_again(given: Any, sent: Any) -> None:
    before = repr(given)
    found = additions(given, sent)
    assert found is not None
    assert bool(found) == (given != sent)
    assert not found or found.to(given) == sent
    assert repr(given) == before


def test_they_are_made_to_another_value_of_the_same_structure() -> None:
    found = additions({"a": [{"x": "1"}]}, {"a": [{"x": "1", "index": 0}], "stream": False})
    assert found is not None
    assert found.to({"a": ({"x": "other"},)}) == {"a": [{"x": "other", "index": 0}], "stream": False}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {}),
        ({"a": 1}, {"a": True}),
        ({"a": "1"}, {"a": 1}),
        ({"a": 1}, {"a": 1, "b": []}),
        ({"a": 1}, {"a": 1, "b": {}}),
        ({"a": [1]}, {"a": [1, 2]}),
        ({"a": [1]}, {"a": {"0": 1}}),
        ({"a": [{"b": [1]}]}, {"a": [{"b": [2]}]}),
    ],
)
def test_other_changes(given: Any, sent: Any) -> None:
    assert additions(given, sent) is None
