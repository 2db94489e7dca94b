"""What a test runs in another process, which imports this module and what it unpickles."""

from __future__ import annotations

from typing import Any


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def call_tool(response: Any) -> Any:
    """Call the tool of a response."""
    return response.tool.call()
