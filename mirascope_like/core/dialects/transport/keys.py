"""Find the keys that a request was sent with, and hide them in texts and errors. Knows no SDK."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from urllib.request import getproxies

from ...base.parsing import as_object, at, is_mapping
from ...base.response import CARRIERS, HOLDERS

HIDDEN = "***"
"""What replaces a key in a text."""
SECRET_NAME = re.compile(r"auth|key|token|secret|passw|cookie|credential|signature|session", re.IGNORECASE)
"""The names of headers, URL parameters, environment variables and attributes that may hold a key."""
_SCHEMES = re.compile(r"(?:bearer|basic|token|api-?key)\s+", re.IGNORECASE)
_SHORTEST = 6
_LONGEST_WORD = 15
_REQUESTS = ("request", "response.request", "raw_response.request", "_response.request")
"""Where errors of SDKs hold the HTTP request."""
_DEPTH = 4
"""How many levels of objects inside a client are searched."""
_MOST_OBJECTS = 500


def is_key(text: str) -> bool:
    """Return True if a text may be a key. Short ones and plain words such as "none" or "ollama" are placeholders."""
    return len(text) >= _SHORTEST and not (text.isalpha() and len(text) <= _LONGEST_WORD)


def secret_headers(headers: Mapping[str, Any]) -> list[str]:
    """Return the names of the headers that may hold a key."""
    return [name for name in headers if SECRET_NAME.search(name)]


def secrets_in(headers: Iterable[tuple[str, Any]], url: str = "") -> list[str]:
    """Return the keys in the headers and the URL of a request, the longest first.

    These are the values of the headers and URL parameters whose names match `SECRET_NAME`, and the user and password of
    the URL. A prefix such as "Bearer" is removed. Placeholders are left out (see `is_key`).
    """
    parts = urlsplit(url)
    found = [_text(value) for name, value in headers if SECRET_NAME.search(name)]
    found += [value for name, value in parse_qsl(parts.query) if SECRET_NAME.search(name)]
    found += [unquote(one) for one in (parts.password, parts.username) if one]
    return _sorted(found)


def _sorted(found: Iterable[str]) -> list[str]:
    keys = {_SCHEMES.sub("", one.strip(), count=1).strip() for one in found}
    return sorted(filter(is_key, keys), key=len, reverse=True)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def without(text: str, secrets: Iterable[str]) -> str:
    """Return a text in which each of the keys, in any of its forms, is replaced by `HIDDEN`."""
    for secret in secrets:
        for form in _forms(secret):
            text = text.replace(form, HIDDEN)
    return text


def _forms(secret: str) -> set[str]:
    """Return a key as it is, as in a URL, and as Python shows a text or bytes with it."""
    shown = repr(secret)[1:-1], repr(secret.encode(errors="surrogatepass"))[2:-1]
    return {secret, quote(secret, safe=""), quote(secret), *shown}


def secrets_of(
    client: Any, params: Mapping[str, Any], environment: Iterable[str] = (), requests: Iterable[Any] = ()
) -> list[str]:
    """Return the keys of a call, the longest first.

    Those are: all texts under names of keys in `client` and in the objects that it holds; the values of headers and URL
    parameters in the call parameters `params`; of the environment variables named in `environment`, those with names of
    keys; users and passwords of the environment's proxies; and what `secrets_in` finds in the HTTP `requests`.
    """
    found = [os.environ.get(name, "") for name in environment if SECRET_NAME.search(name)]
    with suppress(Exception):  # objects of others: what cannot be read is not hidden
        found += _carried(params)
    for url in getproxies().values():
        with suppress(ValueError):
            found += secrets_in((), url)
    for one in requests:
        with suppress(Exception):
            found += secrets_in(one.headers.items(), str(one.url))
    with suppress(Exception):
        found += _held(client, _DEPTH, set())
    return _sorted(found)


def requests_of(error: BaseException, source: Any = None) -> list[Any]:
    """Return the HTTP requests that an error, the errors that caused it, and the stream `source` belong to."""
    holders: list[Any] = [*_chain(error), source]
    found = [at(holder, place) for holder in holders for place in _REQUESTS]
    return [one for one in found if one is not None]


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    following: list[BaseException | None] = [error]
    while following:
        one = following.pop()
        if one is not None and one not in found:
            found.append(one)
            following += [one.__cause__, one.__context__]
    return found


def _carried(options: Any) -> Iterator[str]:
    given: Any = options if is_mapping(options) else getattr(options, "__dict__", {})
    for name, value in given.items():
        if name in CARRIERS and is_mapping(value):
            yield from map(_text, value.values())
        elif name in HOLDERS:
            yield from _carried(value)


def _held(holder: Any, depth: int, seen: set[int]) -> Iterator[str]:
    if depth == 0 or id(holder) in seen or len(seen) > _MOST_OBJECTS or isinstance(holder, type):
        return
    seen.add(id(holder))
    fields: Any = holder if is_mapping(holder) else getattr(holder, "__dict__", {})
    for name, value in list(fields.items()):
        if isinstance(value, str | bytes):
            if SECRET_NAME.search(_text(name)):
                yield _text(value)
        elif isinstance(value, Mapping) or hasattr(value, "__dict__"):
            yield from _held(value, depth - 1, seen)


def hide_keys(error: BaseException, secrets: Sequence[str]) -> None:
    """Replace the keys in an error by `HIDDEN`: in its arguments, attributes and notes, and in the errors that caused
    it. A cause that cannot be changed is removed if it shows a key. Objects that the error holds stay as they are.
    """
    for one in _chain(error) if secrets else ():
        with suppress(Exception):  # an error of another library that cannot be changed
            _hide_in(one, secrets)
    for one in _chain(error) if secrets else ():
        if _shows(one.__cause__, secrets):
            one.__cause__ = None
        if _shows(one.__context__, secrets):
            one.__context__ = None


def hide_in_request(request: Any, secrets: Sequence[str]) -> None:
    """Replace the keys in the URL and the headers of an HTTP request that failed, which debuggers and tracers show."""
    with suppress(Exception):  # a request of another library that cannot be changed
        if (url := without(str(request.url), secrets)) != str(request.url):
            request.url = type(request.url)(url)
        for name, value in list(request.headers.items()):
            if (hidden := without(_text(value), secrets)) != _text(value):
                request.headers[name] = hidden


def _shows(error: BaseException | None, secrets: Sequence[str]) -> bool:
    return error is not None and any(without(text, secrets) != text for text in (str(error), repr(error)))


def _hide_in(error: BaseException, secrets: Sequence[str]) -> None:
    if isinstance(error, UnicodeEncodeError) and _hidden(error.object, secrets) is not error.object:
        # Its message has the character at a position of this text.
        error.object = f"{'*' * error.start}{error.object[error.start : error.end]}"
        error.args = (error.encoding, error.object, error.start, error.end, error.reason)
    if (args := _hidden(error.args, secrets)) is not error.args:
        error.args = args
    for name, value in list(vars(error).items()):
        if (hidden := _hidden(value, secrets)) is not value:
            setattr(error, name, hidden)


def _hidden(value: Any, secrets: Sequence[str]) -> Any:
    """Return a JSON value or a tuple without the keys; the same object if there are none."""
    if isinstance(value, str):
        return found if (found := without(value, secrets)) != value else value
    if isinstance(value, bytes):
        shown = value.decode("latin-1")
        return hidden.encode("latin-1") if (hidden := without(shown, secrets)) != shown else value
    if type(value) is dict:
        fields = as_object(value)
        made = {_hidden(key, secrets): _hidden(one, secrets) for key, one in fields.items()}
        return made if any(made.get(key) is not one for key, one in fields.items()) else fields
    if type(value) in (list, tuple):
        items: Any = [_hidden(one, secrets) for one in value]
        return type(value)(items) if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value
