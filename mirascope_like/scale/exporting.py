"""Items as rows of plain values: for JSON lines and data frames."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from ..core.base.errors import ConfigurationError
from ..core.base.response import BaseCallResponse
from ..core.base.runtime import error_summary
from .binding import Bound
from .items import Done, Item

COLUMNS: list[str] = [
    *("number", "sample", "state", "input", "value", "error", "source", "attempts"),
    *("input_tokens", "output_tokens", "cost", "seconds", "key"),
]
"""The fields of a row, in their order."""


def row_of(item: Item[Any, Any]) -> dict[str, Any]:
    """Return an item as a row of plain JSON values. The value of a response is its text."""
    usage = item.usage
    return {
        "number": item.number,
        "sample": item.sample,
        "state": "done" if isinstance(item, Done) else "failed",
        "input": _plain(item.input),
        "value": _plain(item.value) if isinstance(item, Done) else None,
        "error": None if isinstance(item, Done) else error_summary(item.error),
        "source": item.source,
        "attempts": item.attempts,
        "input_tokens": usage.input_tokens if usage is not None else None,
        "output_tokens": usage.output_tokens if usage is not None else None,
        "cost": item.cost,
        "seconds": round(item.seconds, 3),
        "key": item.key,
    }


def line_of(item: Item[Any, Any]) -> bytes:
    """Return an item as a line of JSON."""
    row = row_of(item)
    try:
        return to_json(row, inf_nan_mode="null") + b"\n"
    except PydanticSerializationError:  # half a character, which UTF-8 does not have
        return json.dumps(row).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, BaseCallResponse):
        return value.content
    if isinstance(value, Bound):
        return {"args": _plain(list(value.args)), "kwargs": _plain(dict(value.kwargs))}
    try:
        return to_jsonable_python(value, bytes_mode="base64", inf_nan_mode="constants", fallback=repr)
    except Exception:  # a value that contains itself, or whose own functions raise errors
        return _text(value)


def _text(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__}, whose text raises {type(error).__name__}>"


def frame(package: str, items: Iterable[Item[Any, Any]]) -> Any:
    """Return a `DataFrame` of a package, "pandas" or "polars", with a row for each item.

    A column of polars has one type, of all its rows: inputs and values that have no type in common become JSON text.
    Raises `ConfigurationError` if the package is not installed.
    """
    try:
        module = import_module(package)
    except ImportError:
        raise ConfigurationError(f"to_{package} needs the package {package}: pip install {package}") from None
    rows = [row_of(item) for item in items]
    if package == "pandas":
        return module.DataFrame(rows, columns=COLUMNS)
    try:
        return module.DataFrame(rows, schema=COLUMNS, infer_schema_length=None)
    except Exception:  # polars has several classes of errors for it
        for row in rows:
            for name in ("input", "value"):
                row[name] = None if row[name] is None else json.dumps(row[name], ensure_ascii=False)
        return module.DataFrame(rows, schema=COLUMNS, infer_schema_length=None)
