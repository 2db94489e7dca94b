"""Encodes conversations for formats with a separate system prompt and one message for all results of parallel tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from ...base.messages import BaseMessageParam, Part, TextPart, ToolResultPart


def encode_turns(
    messages: Sequence[Any], encode: Callable[[Any], dict[str, Any]], *, key: str = "content"
) -> tuple[list[Any], list[dict[str, Any]]]:
    """Return the system messages' content under `key`, and all other messages, encoded.

    System messages may be anywhere. Adjacent tool results become one message. Empty assistant messages are left out,
    because the APIs reject them.
    """
    system: list[Any] = []
    turns: list[dict[str, Any]] = []
    after_tool = False
    for message in messages:
        encoded = encode(message)
        role = encoded.get("role")
        is_tool = isinstance(message, BaseMessageParam) and message.role == "tool"
        if role == "system":
            system.append(encoded[key])
        elif is_tool and after_tool:
            turns[-1] = {**turns[-1], key: [*turns[-1][key], *encoded[key]]}
        elif encoded.get(key) or role not in ("assistant", "model"):
            turns.append(encoded)
        after_tool = is_tool
    return system, turns


def decode_turn(role: str, parts: Sequence[Part | None]) -> BaseMessageParam:
    """Return a message in the common form, without the parts (None) that the common form does not have."""
    known = [part for part in parts if part is not None]
    if known and all(isinstance(part, ToolResultPart) for part in known):
        role = "tool"
    alone = known[0].text if len(known) == 1 and isinstance(known[0], TextPart) else None
    return BaseMessageParam(role=cast("Any", role), content=known if alone is None else alone)
