"""What a dump of a response holds: plain JSON values, without secrets."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_jsonable_python

from ..parsing import VERSION_KEY, check_schema_version, is_list, is_mapping

DUMP_VERSION = 1
"""The schema version of a dump. Raise it with every change that makes an older reader misread or refuse a dump."""

READ_FROM_RESPONSE = ("model", "id", "content", "finish_reasons", "cost")
"""What a dump holds besides the fields; it is computed again when a dump is validated."""

_SECRET = re.compile(
    r"authorization|(api|access|private)[-_]?key|token$|secret|password|cookie|credential", re.IGNORECASE
)


def plain_json(value: Any) -> Any:
    """Return a value as JSON can hold it, without secrets."""
    plain = to_jsonable_python(value, by_alias=False, fallback=_named, serialize_unknown=True, bytes_mode="base64")
    return _without_secrets(plain)


def _without_secrets(value: Any) -> Any:
    if is_mapping(value):
        return {
            key: "***" if _SECRET.search(key) and isinstance(one, str | list) else _without_secrets(one)
            for key, one in value.items()
            if key != "client"
        }
    return [_without_secrets(one) for one in value] if is_list(value) else value


def can_be_imported(kind: type[Any]) -> bool:
    """Return whether a class can be found by its name, as pickle needs it."""
    return getattr(sys.modules.get(kind.__module__), kind.__qualname__, None) is kind


def _named(value: Any) -> str:
    # Anything else may hold anything, so only its type is told.
    return f"<{type(value).__qualname__}>"


def check_dump_version(dump: Mapping[str, Any]) -> None:
    """Raise `StoreError` if a later version of the library wrote the dump of a response."""
    check_schema_version(dump.get(VERSION_KEY), DUMP_VERSION, "the dump of a response")
