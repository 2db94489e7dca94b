"""Finds the error that an event or a response body reports, in any of the common structures. Knows no provider."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeGuard, cast

import jiter

_WORDS = ("detail", "details", "errors", "error_message", "error_msg", "message", "msg")
"""The keys that gateways and web frameworks use for an error text at the top level of a body."""
_CODES = ("code", "status", "status_code", "statusCode", "error_code")
_MOST_LEVELS = 8


def reported_error(data: Any, answers: Collection[str] = ()) -> Any:
    """Return the error that an event or a response body reports; None if it reports no error.

    It reports an error in these cases: it has a non-empty `error`; its `object` or `type` is "error"; it is a list of
    errors; or it has an error text or a failing status, and none of the keys in `answers` (keys that only a successful
    response has). An `error` whose fields are all empty does not count.

    Source: the error bodies of OpenAI, Google, Mistral and Cohere, of FastAPI (`detail`), and of vLLM, SGLang and TGI
    (`object: error`; `code` and `details`).
    """
    if is_array(data):
        found = (reported_error(one, answers) for one in data if isinstance(one, Mapping))
        return next((error for error in found if error is not None), None)
    if not isinstance(data, Mapping):
        return None
    fields = cast("Mapping[str, Any]", data)
    if not is_empty(error := fields.get("error")):
        return error
    kinds = [one for one in (fields.get("object"), fields.get("type"), fields.get("event")) if isinstance(one, str)]
    if "error" in kinds:
        return fields
    if any(fields.get(key) is not None for key in answers):
        return None
    text_keys = [key for key in _WORDS if not is_empty(fields.get(key))]
    failing = any(is_failing_status(fields.get(key)) for key in _CODES)
    if failing or (text_keys and (not kinds or any("error" in kind.lower() for kind in kinds))):
        return fields
    return None


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Return True if a value is a JSON array."""
    return isinstance(value, list)


def is_empty(value: Any) -> bool:
    """Return True if a value in an error body means "no error": null, false, zero, an empty text, or an object or
    array of only such values.
    """
    if isinstance(value, Mapping):
        return all(map(is_empty, cast("Mapping[str, Any]", value).values()))
    if is_array(value):
        return all(map(is_empty, value))
    return not value or value == "null"


def is_failing_status(value: Any) -> bool:
    """Return True if a value is an HTTP error status (400 to 599), as a number or as text."""
    return not isinstance(value, bool) and str(value).isdecimal() and 400 <= int(value) <= 599


def levels(body: Any) -> Iterator[Mapping[str, Any] | str]:
    """Yield the nested objects that describe an error, from the outermost to the innermost; a plain text inside is
    last.

    A string that contains JSON is decoded, because gateways wrap errors in strings. In a list of errors, only the first
    is read.
    """
    found: Any = body
    for _ in range(_MOST_LEVELS):
        if isinstance(found, bytes):
            found = found.decode(errors="replace")
        if isinstance(found, str):
            inner = _decoded(found)
            if inner is None:
                yield found
                return
            found = inner
        if is_array(found):
            found = found[0] if found else None
            continue
        if not isinstance(found, Mapping):
            return
        fields = cast("Mapping[str, Any]", found)
        yield fields
        inside: list[Any] = [fields.get(key) for key in ("error", "detail", "details", "errors")]
        found = None
        for one in inside:
            if found is None and (is_array(one) or isinstance(one, Mapping) or _decoded(one) is not None):
                found = cast("Any", one)


def _decoded(text: Any) -> Any:
    if not isinstance(text, str) or not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return jiter.from_json(text.encode())
    except ValueError:
        return None
