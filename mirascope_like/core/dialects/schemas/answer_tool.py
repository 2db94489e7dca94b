"""A structured answer that is asked for as a call of a tool."""

from __future__ import annotations

from typing import Any


def add_answer_tool(payload: dict[str, Any], tool: dict[str, Any], *, alone: Any, beside: Any) -> None:
    """Offer the tool whose call is the answer, and have the model call it, unless the call says otherwise.

    `alone` is the tool choice where it is the only one, `beside` where there are others, which may be called too.
    """
    others: list[Any] = payload.get("tools") or []
    payload["tools"] = [*others, tool]
    payload.setdefault("tool_choice", beside if others else alone)
