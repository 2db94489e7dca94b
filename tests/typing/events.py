"""`events()` yields a closed union: a `match` over it can be exhaustive."""

from __future__ import annotations

from typing import assert_never

from mirascope_like.core import openai
from mirascope_like.core.base.response import (
    ErrorEvent,
    FinishEvent,
    TextEvent,
    ThinkingEvent,
    ToolDeltaEvent,
    ToolReadyEvent,
    ToolStartEvent,
    UsageEvent,
)
from mirascope_like.core.base.tools import ToolResultEvent


def event_texts(stream: openai.OpenAIStream) -> str:
    for event in stream.events():
        match event:
            case TextEvent(text) | ThinkingEvent(text):
                return text
            case ToolStartEvent() | ToolDeltaEvent():
                return str(event.index)
            case ToolReadyEvent() | ToolResultEvent():
                return str(event.tool)
            case UsageEvent(usage):
                return str(usage.output_tokens)
            case FinishEvent(reasons):
                return str(reasons)
            case ErrorEvent(error):
                return str(error)
            case _:
                assert_never(event)
    return ""


async def forgot(stream: openai.OpenAIAsyncStream) -> str:
    async for event in stream.events():
        match event:
            case TextEvent(text):
                return text
            case _:
                assert_never(event)  # error
    return ""
