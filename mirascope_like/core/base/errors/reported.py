"""Finds the error that an event or a response body reports, in any of the common structures. Knows no provider."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeGuard, cast

import jiter

TEXT_KEYS = (
    *("message", "msg", "detail", "details", "error", "error_message", "error_msg", "errmsg", "status_msg"),
    *("exception", "faultstring", "description", "title"),
)
"""The keys, in lower case, under which providers, gateways and web frameworks put an error text."""
_REPORTING = frozenset(
    {"detail", "details", "errors", "error_message", "error_msg", "errmsg", "exception", "fault", "message", "msg"}
)
"""The keys, in lower case, that make a body an error if it has no key of a successful response."""
_INNER = ("error", "detail", "details", "errors", "fault", "base_resp")
"""The keys of the objects that describe an error further."""
_FAILED = frozenset({"error", "failed", "fail", "failure"})
_FINE = frozenset({"0", "200", "ok", "success"})
"""The codes of a success, in lower case. A text next to one is not an error text."""
_CODES = ("code", "status", "status_code", "statusCode", "error_code")
_MOST_LEVELS = 8


def reported_error(data: Any, answers: Collection[str] = ()) -> Any:
    """Return the error that an event or a response body reports; None if it reports no error.

    It reports an error in these cases: it has a non-empty `error`; its `object` or `type` is "error"; it is a list of
    errors; or it has an error text or a failing status, and no content under the keys in `answers` (keys that only a
    successful response has). An `error` whose fields are all empty does not count.

    Source: the error bodies of OpenAI, Google, Mistral and Cohere, of FastAPI (`detail`), and of vLLM, SGLang and TGI
    (`object: error`; `code` and `details`), of Cloudflare and others (`success: false`), and MiniMax's `base_resp`.
    """
    if is_array(data):
        found = (reported_error(one, answers) for one in data if isinstance(one, Mapping))
        return next((error for error in found if error is not None), None)
    if not isinstance(data, Mapping):
        return None
    fields = cast("Mapping[str, Any]", data)
    if not is_empty(error := fields.get("error")):
        return error
    base: Any = fields.get("base_resp")  # MiniMax: a status of its own, also with an answer
    if isinstance(base, Mapping) and not is_empty(cast("Mapping[str, Any]", base).get("status_code")):
        return cast("Any", base)
    kinds = [one for one in (fields.get("object"), fields.get("type"), fields.get("event")) if isinstance(one, str)]
    if "error" in kinds:
        return fields
    outputs = [fields.get(key) for key in answers]
    if any(any(one) if is_array(one) else not is_empty(one) for one in outputs):
        return None
    text_keys = [key for key, one in fields.items() if str(key).lower() in _REPORTING and not is_empty(one)]
    failing = any(is_failing_status(fields.get(key)) for key in _CODES) or any(
        fields.get(key) is False for key in ("success", "ok")
    )
    failing = failing or str(fields.get("status")).lower() in _FAILED
    fine = any(str(fields.get(key)).lower() in _FINE for key in _CODES)
    means_error = not fine and (not kinds or any("error" in kind.lower() for kind in kinds))
    return fields if failing or (text_keys and means_error) else None


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
        inside: list[Any] = [fields.get(key) for key in _INNER]
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


def error_texts(fields: Mapping[str, Any]) -> list[str]:
    """Return the error texts in an object that describes an error, the most specific key first."""
    lowered = {str(key).lower(): value for key, value in fields.items()}
    return [text for key in TEXT_KEYS if isinstance(text := lowered.get(key), str) and text]
