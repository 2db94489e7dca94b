"""Removes keys from what is recorded: only headers of a list are kept, and keys are replaced everywhere else."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from ...core.base.parsing import as_list, as_object
from ...core.dialects.transport import HIDDEN, SECRET_NAME, is_key, secrets_in
from ..blocking import is_local
from ..wires import frame, unframed
from .exchange import Piece, RecordedRequest, parsed

REQUEST_HEADERS = re.compile(r"content-type|accept|anthropic-version|anthropic-beta|openai-beta")
RESPONSE_HEADERS = re.compile(
    r"content-(?:type|encoding|disposition)|retry-after(?:-ms)?|x-should-retry|location|(?:.*-)?ratelimit-.*"
    r"|(?:.*-)?request-?id|.*-correlation-id|x-amzn-errortype|x-amzn-bedrock-.*|x-goog-upload-.*|openai-processing-ms"
)
"""The names of the headers that are recorded. A header that nobody has thought of may hold a key."""

_ACCOUNT = re.compile(r"organi[sz]ation|openai-project|account", re.IGNORECASE)
"""Headers whose values name who pays. They are not recorded, and hidden where an error message repeats them."""
_SHORTEST_NAME = 6
_FIELD = re.compile(
    r"(?:\w+[_-])??(?:authorization(?:[_-]?token)?|(?:api|subscription|secret|secret[_-]?access|private)[_-]?key"
    r"|(?:access|auth|refresh|id|session|security|bearer)[_-]?token|access[_-]?key[_-]?id|client[_-]?secret|cookie"
    r"|passw(?:or)?d)",
    re.IGNORECASE,
)
"""The names of JSON fields whose text is a key."""
_SHAPES = re.compile(
    r"(?<![\w+/-])(?:"
    r"sk-(?=[\w-]*[0-9*])[\w*-]{12,}|(?:gsk|hf|fw|r8|ek|pplx|csk|xai|ghp|org|proj)[_-](?=[A-Za-z]*[0-9])[A-Za-z0-9]{12,}"
    r"|AIza[\w-]{30,}|A[KS]IA[A-Z0-9]{16}|ABSK[\w+/=]{20,}|ya29\.[\w.-]{16,}[\w-]|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----"
    r")|(?<=Bearer )[\w.~+/=-]{12,}|(?<=://)[^/\s:@\"\\]+:[^/\s@\"\\]+(?=@)",
    re.DOTALL | re.ASCII,
)
"""Texts that have the form of a key, an account or a URL's password."""
_VARIABLE = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)(?:_ID)?$", re.IGNORECASE)
_LONG_KEY = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[!-.0-~][!-~]{15,}")
"""A value of an environment variable that is not a word, a path or a sentence."""
_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?')


def hidden_request(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[RecordedRequest, list[str]]:
    """Return a request without its keys, and its keys."""
    secrets = _secrets(url, headers)
    kept = {
        name.lower(): hidden_text(value, secrets)
        for name, value in headers.items()
        if REQUEST_HEADERS.fullmatch(name.lower())
    }
    if (found := _BOUNDARY.search(kept.get("content-type", ""))) is not None:  # it is random
        kept["content-type"] = kept["content-type"].replace(found[1], "boundary")
        body = body.replace(found[1].encode(), b"boundary")
    secrets += _keys_in(body)  # a response may repeat them
    content = hidden_body(body, secrets)
    return RecordedRequest(method.upper(), hidden_url(url, secrets), kept, content), secrets


def hidden_headers(headers: Iterable[tuple[str, str]], secrets: Sequence[str]) -> dict[str, str]:
    """Return the headers of a response that are recorded."""
    found: dict[str, str] = {}
    for name, value in headers:
        if RESPONSE_HEADERS.fullmatch(lower := name.lower()):
            is_url = lower == "location" or lower.endswith("-url")
            shown = hidden_url(value, secrets) if is_url else hidden_text(value, secrets)
            found[lower] = f"{found[lower]}, {shown}" if lower in found else shown
    return found


def accounts_in(headers: Iterable[tuple[str, str]]) -> list[str]:
    """Return the names of accounts in the headers of a request or a response."""
    return [value for name, value in headers if _ACCOUNT.search(name) and len(value) >= _SHORTEST_NAME]


def hidden_url(url: str, secrets: Sequence[str]) -> str:
    """Return a URL without user, password and fragment, and without the keys in its query."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if any(SECRET_NAME.search(name) for name, _ in pairs):
        shown = [(name, HIDDEN if SECRET_NAME.search(name) else value) for name, value in pairs]
        parts = parts._replace(query=urlencode(shown, safe="*$"))
    netloc = parts.netloc.rpartition("@")[2]
    if is_local(parts.hostname or ""):  # its port is often another one the next time
        netloc = re.sub(r":\d+$", "", netloc)
    found = parts._replace(netloc=netloc, fragment="").geturl()
    return "".join(one if "!" <= one <= "~" else quote(one) for one in hidden_text(found, secrets))


def hidden_text(text: str, secrets: Sequence[str]) -> str:
    """Return a text without keys."""
    return _SHAPES.sub(HIDDEN, _pattern(secrets).sub(HIDDEN, text) if secrets else text)


def hidden_body(body: bytes, secrets: Sequence[str], *, fields: bool = True) -> bytes:
    """Return a body without keys. JSON keeps its spelling if it has no key.

    `fields` also hides the fields of JSON whose names are those of keys. The arguments of a tool, which a model has
    written, may have such names.
    """
    found = _hidden_bytes(body, secrets)
    if not fields:
        return found
    try:
        value = parsed(found)
        shown = _without_fields(value)
    except (ValueError, RecursionError):
        return found
    return found if shown == value else json.dumps(shown, ensure_ascii=False).encode(errors="backslashreplace")


def hidden_pieces(pieces: Sequence[Piece], secrets: Sequence[str], *, fields: bool = False) -> tuple[Piece, ...]:
    """Return pieces of a body without keys, as `hidden_body`. A key that is spread over several pieces is hidden in the
    first of them.
    """
    framed = [unframed(piece.data) for piece in pieces]
    if None not in framed:
        return tuple(
            Piece(
                piece.time,
                b"".join(frame(head, hidden_body(payload, secrets, fields=fields)) for head, payload in one or ()),
            )
            for piece, one in zip(pieces, framed, strict=True)
        )
    whole = b"".join(piece.data for piece in pieces)
    shown = hidden_body(whole, secrets, fields=fields)
    if shown == whole:
        return tuple(pieces)
    if not _same_but(_spans(whole, secrets), whole, shown):  # fields of JSON were hidden
        return (Piece(pieces[-1].time, shown),)
    found: list[Piece] = []
    spans, start = _spans(whole, secrets), 0
    for piece in pieces:
        end = start + len(piece.data)
        data, at = b"", start
        for first, last in spans:
            if first < end and last > start:
                data += whole[at : max(at, first)] + (HIDDEN.encode() if first >= start else b"")
                at = min(last, end)
        found.append(Piece(piece.time, data + whole[at:end]))
        start = end
    return tuple(piece for piece in found if piece.data)


def _same_but(spans: Sequence[tuple[int, int]], whole: bytes, shown: bytes) -> bool:
    made, at = b"", 0
    for first, last in spans:
        made += whole[at:first] + HIDDEN.encode()
        at = last
    return made + whole[at:] == shown


def _hidden_bytes(body: bytes, secrets: Sequence[str]) -> bytes:
    found, at = b"", 0
    for first, last in _spans(body, secrets):
        found += body[at:first] + HIDDEN.encode()
        at = last
    return found + body[at:]


def _spans(body: bytes, secrets: Sequence[str]) -> list[tuple[int, int]]:
    """Return where the keys are in a body, in order and apart."""
    text = body.decode("latin-1")
    found = [one.span() for one in _SHAPES.finditer(text)]
    if secrets:
        found += [one.span() for one in _pattern(secrets).finditer(text)]
    merged: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if merged and first < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _pattern(secrets: Sequence[str]) -> re.Pattern[str]:
    forms = {form for one in secrets for form in (one, quote(one), quote(one, safe=""), json.dumps(one)[1:-1])}
    return re.compile("|".join(re.escape(one) for one in sorted(forms, key=len, reverse=True)))


def _secrets(url: str, headers: Mapping[str, str]) -> list[str]:
    known = [value for name, value in os.environ.items() if _VARIABLE.search(name) and _LONG_KEY.fullmatch(value)]
    return [*secrets_in(headers.items(), url), *accounts_in(headers.items()), *known]


def _keys_in(body: bytes) -> list[str]:
    try:
        return [one for one in _fields(parsed(body)) if is_key(one)]
    except (ValueError, RecursionError):
        return []


def _fields(value: Any) -> Iterator[str]:
    for name, one in as_object(value).items():
        if isinstance(one, str) and _FIELD.fullmatch(name):
            yield one.removeprefix("Bearer ")
        else:
            yield from _fields(one)
    for one in as_list(value):
        yield from _fields(one)


def _without_fields(value: Any) -> Any:
    if isinstance(value, dict):
        fields = as_object(value)
        return {
            name: HIDDEN if isinstance(one, str) and _FIELD.fullmatch(name) else _without_fields(one)
            for name, one in fields.items()
        }
    return [_without_fields(one) for one in as_list(value)] if isinstance(value, list) else value
