"""Parameter descriptions in docstrings of every style, and with lines that do not parse."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import Field

from mirascope_like.core.base.tools import tool_description, tool_from_function

BOTH = {"a": "The a.", "b": "The b."}


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ("Do.\n\nArgs:\n    a: The a.\n    b (int): The b.\n", BOTH),
        ("Args:\n    a: The a.\n    b: The b.\n", BOTH),
        ("\n    Args:\n        a: The a.\n        b: The b.\n    ", BOTH),
        ("Do.\n\nArgs:\n    `a`: The a.\n    ``b`` (int): The b.\n", BOTH),
        ("Do.\n\nArgs:\n    - a: The a.\n    * `b`: The b.\n", BOTH),
        ("Do.\n\nArgs:\n- a: The a.\n- b: The b.\n", BOTH),
        ("Do.\n\n**Args:**\n  * **a** - The a.\n  * **b**: The b.\n", BOTH),
        ("Do.\n\nArgs:\n    a: The a.\n    b is the b\n", {"a": "The a.", "b": None}),
        ("Do.\n\nArgs:\n    b is the b\n    a: The a.\n", {"a": "The a.", "b": None}),
        ("Do.\n\nParameters\n----------\na : int\n    The a.\nb : int\n    The b.\n", BOTH),
        ("Do.\n\n:param a: The a.\n:param int b: The b.\n", BOTH),
        ("Do.\n\n:param `a`: The a.\n:param b: The b.\n", BOTH),
        ("Do.\n\n:param a: The a.\n:param b the b\n", {"a": "The a.", "b": None}),
        ("Do.\n\n@param a: The a.\n@param b: The b.\n", BOTH),
    ],
)
def test_parameters_are_described(docstring: str, expected: dict[str, str | None]) -> None:
    def do(a: int, b: int) -> int:
        return a + b

    do.__doc__ = docstring
    kind = tool_from_function(do)
    properties = kind.tool_json_schema()["properties"]
    assert {name: one.get("description") for name, one in properties.items()} == expected
    assert tool_description(kind).rstrip(".") == "Do"


def test_defaults_in_annotations_are_optional() -> None:
    """As in pydantic's own models: `Annotated[int, Field(default=3)]` has a default."""

    def add(a: int, b: Annotated[int, Field(default=3)], c: Annotated[list[int], Field(default_factory=list)]) -> Any:
        return a + b, c

    kind = tool_from_function(add)
    assert kind.tool_json_schema()["required"] == ["a"]
    assert kind(a=1).call() == (4, [])  # type: ignore[call-arg]  # the fields are made at run time
