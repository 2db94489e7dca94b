"""Encodes messages for formats that have a separate system prompt and put the results of parallel tool calls into
one message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from ...base.messages import BaseMessageParam, Part, TextPart, ToolResultPart


def encode_turns(
    messages: Sequence[Any], encode: Callable[[Any], dict[str, Any]], *, key: str = "content"
) -> tuple[list[Any], list[dict[str, Any]]]:
    """Encode messages; return (content of the system messages, all other messages). `key` is the key of a message's
    content.

    System messages may be anywhere in the list. Adjacent tool results become one message. Empty assistant messages are
    left out, because the APIs reject them.
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
    """Return a message in the common form with these parts. None, which stands for a part that the common form does
    not have, is left out.
    """
    known = [part for part in parts if part is not None]
    if known and all(isinstance(part, ToolResultPart) for part in known):
        role = "tool"
    alone = known[0].text if len(known) == 1 and isinstance(known[0], TextPart) else None
    return BaseMessageParam(role=cast("Any", role), content=known if alone is None else alone)
