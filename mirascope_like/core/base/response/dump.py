"""Converts responses to plain JSON values without secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from ..parsing import VERSION_KEY, check_schema_version, is_list, is_mapping

DUMP_VERSION = 2
"""The schema version of dumps. Increase it whenever a change would make older versions of the library misread a
dump.
"""

READ_FROM_RESPONSE = ("model", "id", "content", "finish_reasons", "cost")
"""Properties of a response that a dump includes in addition to its fields. They are computed again when a dump is
validated.
"""

_SECRET = re.compile(
    r"authorization|(api|access|private)[-_]?key|token$|secret|password|cookie|credential", re.IGNORECASE
)
CARRIERS = frozenset(
    {
        *("extra_headers", "extra_query", "headers"),
        *("additional_headers", "additional_query_parameters"),  # Cohere's
        "http_headers",  # Mistral's
    }
)
"""Options whose values are treated as secrets, whatever the names of the values are."""
HOLDERS = frozenset({"call_params", "config", "http_options", "request_options", "client_args", "async_client_args"})
"""Options that may contain the options in `CARRIERS`."""


def without_carried(value: Any) -> Any:
    """Return a copy of the options of a call in which all values of headers and of URL parameters are replaced by
    "***".
    """
    if is_mapping(value):
        return {key: _without_one(key, one) for key, one in value.items()}
    if isinstance(value, BaseModel):  # the config of Google's SDK
        given = {name: getattr(value, name) for name in value.model_fields_set if name in CARRIERS | HOLDERS}
        return value.model_copy(update={name: _without_one(name, one) for name, one in given.items()})
    return value


def _without_one(name: object, value: Any) -> Any:
    if name in CARRIERS:
        return dict.fromkeys(value, "***") if is_mapping(value) else "***" if value else value
    return without_carried(value) if name in HOLDERS else value


def plain_json(value: Any) -> Any:
    """Return a value as plain JSON values: dicts, lists, strings, numbers, booleans and None.

    Texts under a key that names a secret ("api_key", "authorization", "password", ...) and the values of headers are
    replaced by "***". An object without a JSON form becomes the name of its class.
    """
    plain = to_jsonable_python(value, by_alias=False, fallback=_named, serialize_unknown=True, bytes_mode="base64")
    return _without_secrets(plain)


def plain_options(value: Any) -> Any:
    """Return the options of a call as plain JSON values, with secrets and all headers and URL parameters as "***"."""
    return plain_json(without_carried(value))


def _without_secrets(value: Any) -> Any:
    if is_mapping(value):
        return {
            key: _without_one(key, one)
            if key in CARRIERS - {"headers"}
            else "***"
            if _SECRET.search(key) and isinstance(one, str | list)
            else _without_secrets(one)
            for key, one in value.items()
            if key != "client"
        }
    return [_without_secrets(one) for one in value] if is_list(value) else value


def _named(value: Any) -> str:
    # Other objects may hold secrets: dump only the name of their type.
    return f"<{type(value).__qualname__}>"


def check_dump_version(dump: Mapping[str, Any]) -> None:
    """Raise `StoreError` if a later version of the library wrote the dump of a response."""
    check_schema_version(dump.get(VERSION_KEY), DUMP_VERSION, "the dump of a response")
