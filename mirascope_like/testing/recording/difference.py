"""Shows how a request differs from those of a recording."""

from __future__ import annotations

import json
from collections.abc import Sequence
from difflib import SequenceMatcher, unified_diff
from hashlib import sha256
from typing import Any

from .exchange import RecordedRequest
from .spelling import shown

_COMPARED = 20
"""How many requests are compared."""
_LINES = 2_000
_SHOWN_LINES = 40
_WIDTH = 100
"""Longer lines are shown, and compared, as several."""


def difference(sent: RecordedRequest, recorded: Sequence[tuple[int, RecordedRequest]]) -> str:
    """Return the difference of a request to the most similar one of a recording, by their numbers; empty if there is
    none to compare it with.
    """
    alike = [one for one in recorded if (one[1].method, one[1].path) == (sent.method, sent.path)]
    if not alike:
        paths = sorted({f"  {one.method} {shown(one.path)}" for _, one in recorded})
        return "\n".join(["The recording has requests to:", *paths[:_COMPARED]]) if paths else "The recording is empty."
    ours = _lines(sent)
    number, theirs = max(
        ((number, _lines(one)) for number, one in alike[:_COMPARED]),
        key=lambda one: SequenceMatcher(None, one[1], ours, autojunk=False).quick_ratio(),
    )
    lines = list(unified_diff(theirs, ours, lineterm="", n=2))[2:]
    more = [f"... {len(lines) - _SHOWN_LINES} more lines"] if len(lines) > _SHOWN_LINES else []
    head = f"Its difference to request {number} of the recording (- recorded, + sent):"
    return "\n".join([head, *lines[:_SHOWN_LINES], *more])


def _lines(request: RecordedRequest) -> list[str]:
    body: Any = request.body
    if isinstance(body, bytes):
        text = f"{len(body)} bytes, SHA-256 {sha256(body).hexdigest()}"
    elif isinstance(body, str):
        text = "\n".join(json.dumps(line, ensure_ascii=False)[1:-1] for line in body.splitlines())
    elif body is None:
        text = request.url.partition("?")[2]
    else:
        text = json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True)
    lines = (shown(line) for line in text.split("\n")[:_LINES])
    return [line[at : at + _WIDTH] for line in lines for at in range(0, max(len(line), 1), _WIDTH)][:_LINES]
