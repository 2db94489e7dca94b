"""Requests a structured output as a tool call that the model is forced to make."""

from __future__ import annotations

from typing import Any


def add_answer_tool(payload: dict[str, Any], tool: dict[str, Any], *, alone: Any, beside: Any) -> None:
    """Add the tool whose arguments are the structured output to a payload, and force the model to call it.

    `alone` is the `tool_choice` to set if the payload has no other tools; `beside` the one to set if it has, so that
    the model may call any tool. A `tool_choice` that is already in the payload is kept.
    """
    others: list[Any] = payload.get("tools") or []
    payload["tools"] = [*others, tool]
    payload.setdefault("tool_choice", beside if others else alone)
