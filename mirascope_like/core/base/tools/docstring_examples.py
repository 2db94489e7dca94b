"""Reads the examples in a docstring, for the keyword `examples` of a tool's JSON schema. Knows no tools and no
models.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Sequence
from typing import Any

from ..parsing import as_list

_HEADER = re.compile(r"(?:\*\*|#+\s*|[:@])?(?:examples?|example usage)(?:\*\*)?:?(?:\*\*)?:?\s*", re.IGNORECASE)
_INLINE = re.compile(r"[:@]?(?:\*\*)?examples?:(?:\*\*)?\s+(?P<text>\S.*)", re.IGNORECASE)
_RULE = re.compile(r"-{3,}\s*|={3,}\s*")
_FIELD = re.compile(r"[:@]\w+[^:]*:")
_FENCE = re.compile(r"^\s*```\w*\s*$", re.MULTILINE)
_BULLET = re.compile(r"^\s*[-*\u2022]\s+", re.MULTILINE)
_JSON = json.JSONDecoder()


def example_texts(docstring: str | None) -> list[str]:
    """Return the text of each `Example:` or `Examples:` section, in Google, NumPy, Sphinx or epydoc style."""
    lines = inspect.cleandoc(docstring or "").splitlines()
    found: list[str] = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        inline = _INLINE.fullmatch(line)
        ruled = _RULE.fullmatch(following) is not None
        if inline is None and not (_HEADER.fullmatch(line) and (ruled or ":" in line or line[0] in "*#")):
            continue
        body = [inline["text"]] if inline is not None else []
        for at in range(number + (2 if ruled else 1), len(lines)):
            one, after = lines[at], lines[at + 1] if at + 1 < len(lines) else ""
            unindented = bool(one.strip()) and not one[0].isspace()
            if _RULE.fullmatch(after) or _FIELD.match(one) or (unindented and not ruled and one[0] not in "-*`{["):
                break
            body.append(one)
        if text := inspect.cleandoc("\n" + "\n".join(body)).strip():
            found.append(text)
    return found


def examples_in(texts: Sequence[str]) -> list[Any]:
    """Return the examples in the texts of `example_texts`: the JSON values that a text consists of; if a text is not
    JSON, the text itself.
    """
    return [one for text in texts for one in _values(text)]


def _values(text: str) -> list[Any]:
    plain = _BULLET.sub("", _FENCE.sub("", text)).strip()
    values: list[Any] = []
    while plain:
        try:
            decoded: tuple[Any, int] = _JSON.raw_decode(plain)
        except ValueError:
            return [text]
        value, end = decoded
        values += as_list(value) if isinstance(value, list) else [value]
        plain = plain[end:].lstrip(" \n\t,")
    return values
