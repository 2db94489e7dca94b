"""JSON found in text: models put prose and code fences around it, whatever they were told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pydantic_core import from_json, to_json

_START = re.compile(r"[{\[]")
_DECODER = json.JSONDecoder(strict=False)
_TRIES = 200
"""How many brackets may turn out to begin no JSON, so that text made of brackets is not read for ever."""


def json_texts(text: str) -> Iterator[str]:
    """Yield what is JSON in a text, in order: the text itself where it is, else the objects and arrays in it.

    Brackets within strings begin nothing, and what is within a value found is not looked at again. Line breaks within
    strings, which JSON does not allow, are put right.
    """
    try:
        from_json(text)
    except ValueError:
        yield from _found(text)
    else:
        yield text


def _found(text: str) -> Iterator[str]:
    at = tries = 0
    while tries < _TRIES and (start := _START.search(text, at)):
        try:
            value, at = _DECODER.raw_decode(text, start.start())
            found = to_json(value, inf_nan_mode="constants").decode()
        except (ValueError, RecursionError):  # no JSON, or a lone surrogate
            at = start.end()
            tries += 1
        else:
            yield found


def json_in(text: str) -> str:
    """Return the first JSON object or array in a text, or the text itself where there is none."""
    return next(json_texts(text), text)
