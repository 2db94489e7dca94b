"""Finds the JSON of a structured output in a text: models write thinking, prose, examples and code fences around it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jiter
from pydantic_core import from_json, to_json

from .surrogates import paired_escapes

CLOSED_THINKING = r"</(?:think|thinking|thought|reasoning)>|\[/THINK\]"
"""Matches a tag that ends the model's thinking. Some servers leave such tags in the text."""
OPEN_THINKING = r"<(?:think|thinking|thought|reasoning)>|\[THINK\]"
_MARK = re.compile(rf"(?P<closed>{CLOSED_THINKING})|(?P<open>{OPEN_THINKING})|(?P<fence>```)|[{{\[]")
_CLOSED = re.compile(CLOSED_THINKING)
_DECODER = json.JSONDecoder(strict=False)
_EFFORT = 20
"""A limit for texts with many brackets that are not JSON: the search stops after reading this many times the text's
length.
"""


@dataclass(frozen=True, slots=True)
class FoundJSON:
    """A complete JSON value at the top level of a text."""

    text: str
    """The value as compact JSON; if the whole text is JSON, the text unchanged."""
    value: Any
    """The value, decoded."""
    start: int
    end: int
    fenced: bool
    """True if the value is inside a code fence."""


def json_values(text: str) -> list[FoundJSON]:
    """Return the complete JSON values in a text, in order. If the whole text is JSON, return only that value; else all
    objects and arrays at the top level.

    Brackets inside strings are ignored, and values inside another value are not returned separately. Everything before
    the end of the model's thinking is ignored; if the thinking does not end, nothing is returned.
    """
    text = paired_escapes(text)
    try:
        value = from_json(text)
    except ValueError:
        return list(_found(text))
    start = len(text) - len(text.lstrip())
    return [FoundJSON(text, value, start, len(text.rstrip()), fenced=False)]


def _found(text: str) -> Iterator[FoundJSON]:
    found: list[FoundJSON] = []
    at = answer_start = spent = 0
    fenced = False
    while spent <= _EFFORT * len(text) and (mark := _MARK.search(text, at)):
        at = mark.end()
        if mark["closed"]:
            found, fenced, answer_start = [], False, at
        elif mark["open"]:
            if not text[answer_start : mark.start()].strip():
                closed = _CLOSED.search(text, at)
                at = answer_start = closed.end() if closed is not None else len(text)
        elif mark["fence"]:
            fenced = not fenced
        else:
            try:
                value, end = _DECODER.raw_decode(text, mark.start())
                compact = to_json(value, inf_nan_mode="constants").decode()
                found.append(FoundJSON(compact, value, mark.start(), end, fenced))
                at = end
            except json.JSONDecodeError as error:
                spent += error.pos - mark.start() + 1
            except (ValueError, RecursionError):  # a lone surrogate, or nested too deeply
                spent += len(text)
    yield from found


def chosen(values: list[FoundJSON], fits: Callable[[Any], bool]) -> FoundJSON | None:
    """Return the value that is the structured output: the only one in a code fence, or else the last one; None if there
    is none.

    Only values for which `fits` returns True are considered: values of the requested type.
    """
    fitting = [one for one in values if fits(one.value)]
    fenced = [one for one in fitting if one.fenced]
    return fenced[0] if len(fenced) == 1 else next(reversed(fitting), None)


def ends_open(text: str, start: int) -> bool:
    """Return True if the text after `start` ends inside an incomplete JSON object or array."""
    for at in (mark.start() for mark in re.finditer(r"[{\[]", text[start:])):
        try:
            jiter.from_json(text[start + at :].encode(), partial_mode=True)
        except ValueError:
            continue
        return True
    return False


def json_in(text: str) -> str:
    """Return the JSON object in a text that is the output; if there is none, the JSON array; if there is neither,
    the text itself.
    """
    values = json_values(text)
    found = chosen(values, lambda value: isinstance(value, dict)) or chosen(values, lambda value: True)
    return found.text if found is not None else text
