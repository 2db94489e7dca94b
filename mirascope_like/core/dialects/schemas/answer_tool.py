"""Asks for a structured output as a forced tool call."""

from __future__ import annotations

from typing import Any


def add_answer_tool(payload: dict[str, Any], tool: dict[str, Any], *, alone: Any, beside: Any) -> None:
    """Add the tool whose arguments are the structured output, and force the model to call it.

    `alone` is the value of `tool_choice` if this is the only tool; `beside` if the call has other tools, which the
    model may call too. A `tool_choice` that the payload already has is kept.
    """
    others: list[Any] = payload.get("tools") or []
    payload["tools"] = [*others, tool]
    payload.setdefault("tool_choice", beside if others else alone)
