"""The example of Declarai's documents."""

from __future__ import annotations

from typing import Any

from tests.conformance.providers import CHAT_HEAD

DELTAS = (
    *('"', "Av", "engers", " is", " an", " action", "-packed", " superhero", " extrav", "agan", "za", " that"),
    *(" brings", " together", " Earth", "'s", " might", "iest", " heroes", " to", " save", " the", " world", '."'),
)
LINES = ["", *("".join(DELTAS[:count]) for count in range(1, len(DELTAS) + 1)), "".join(DELTAS)]


def events() -> list[dict[str, Any]]:
    """The stream whose deltas the document prints."""
    deltas: list[dict[str, str]] = [{"role": "assistant", "content": ""}, *({"content": one} for one in DELTAS), {}]
    ends = [*([None] * (len(deltas) - 1)), "stop"]
    return [
        {**CHAT_HEAD, "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}
        for delta, end in zip(deltas, ends, strict=True)
    ]
