"""Finds tool calls without a result and tool results without a call. A conversation that was cut may contain them.

Providers accept a tool call only if its result follows directly, and a result only if its call precedes it. Sources:
OpenAI's "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'",
Anthropic's "`tool_use` ids were found without `tool_result` blocks immediately after".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..errors import PromptError
from .message import BaseMessageParam
from .parts import ToolCallPart, ToolResultPart


@dataclass(slots=True)
class Orphans:
    """The tool calls without a result and the results without a call, each with the index of its message."""

    calls: list[tuple[int, ToolCallPart]] = field(default_factory=list[tuple[int, ToolCallPart]])
    """Calls without a result."""
    results: list[tuple[int, ToolResultPart]] = field(default_factory=list[tuple[int, ToolResultPart]])
    """Results without a call."""


def find_orphans(messages: Sequence[BaseMessageParam]) -> Orphans:
    """Return the tool calls without a result, and the results without a call.

    The results of a call must be in the messages directly after the call; only system messages may be between them. A
    result without an id belongs to the first call without a result, if possible one of the same tool. So does a result
    whose id matches no call, if there is a call without an id.
    """
    orphans = Orphans()
    unanswered: list[tuple[int, ToolCallPart]] = []
    for number, message in enumerate(messages):
        parts: Sequence[object] = [message.content] if isinstance(message.content, str) else message.content
        for part in parts:
            if isinstance(part, ToolCallPart):
                unanswered.append((number, part))
            elif isinstance(part, ToolResultPart):
                if (open_call := _call_of(part, unanswered)) is None:
                    orphans.results.append((number, part))
                else:
                    unanswered.remove(open_call)
        if message.role not in ("system", "developer") and not all(isinstance(one, ToolResultPart) for one in parts):
            orphans.calls += [one for one in unanswered if one[0] < number]
            unanswered = [one for one in unanswered if one[0] == number]
    orphans.calls += unanswered
    return orphans


def check_pairs(messages: Sequence[BaseMessageParam]) -> None:
    """Raise `PromptError` for a tool call without a result or a result without its call. The message has the name
    and id of the tool call.
    """
    orphans = find_orphans(messages)
    for _, call in orphans.calls:
        raise PromptError(
            f"the tool call {_shown(call)} has no result after it: add the result, or use conversation.repair()"
        )
    for _, result in orphans.results:
        raise PromptError(
            f"the tool result {_shown(result)} has no call before it: add the call, or use conversation.repair()"
        )


def _call_of(result: ToolResultPart, unanswered: Sequence[tuple[int, ToolCallPart]]) -> tuple[int, ToolCallPart] | None:
    """Return the tool call that a result belongs to, with the index of its message; None if there is none."""
    by_id = [one for one in unanswered if one[1].id == result.id and result.id is not None]
    if by_id or (result.id is not None and all(call.id is not None for _, call in unanswered)):
        return by_id[0] if by_id else None
    by_name = [one for one in unanswered if one[1].name == result.name]
    return next(iter([*by_name, *unanswered]), None)


def _shown(part: ToolCallPart | ToolResultPart) -> str:
    return f"{part.name!r} (id {part.id!r})" if part.id is not None else repr(part.name)
