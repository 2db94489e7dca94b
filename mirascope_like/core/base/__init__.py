"""The engine: knows no provider and no SDK.

Its public names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .async_stream import AsyncStream
    from .base_prompt import BasePrompt, Metadata, merge_decorators, metadata
    from .base_stream import BaseStream
    from .call import StreamConfig
    from .chunk import BaseCallResponseChunk
    from .conversation import Conversation, Turn
    from .cost import Price, set_price
    from .dynamic_config import BaseDynamicConfig
    from .errors import (
        AuthenticationError,
        BadRequestError,
        ConfigurationError,
        ConnectionFailedError,
        ContentFilterError,
        ContextWindowExceededError,
        MirascopeLikeError,
        NotFoundError,
        OverloadedError,
        PermissionDeniedError,
        PromptError,
        ProviderError,
        RateLimitError,
        RequestTimeoutError,
        ResponseParseError,
        ServerError,
        StreamClosedError,
        StreamError,
        StreamInterruptedError,
        StreamNotConsumedError,
        StreamTimeoutError,
        ToolArgumentsError,
        ToolError,
        ToolExecutionError,
        ToolNotFoundError,
        ToolRefusedError,
        ToolTimeoutError,
    )
    from .messages import (
        AudioPart,
        AudioURLPart,
        BaseMessageParam,
        CacheControlPart,
        DocumentPart,
        DocumentURLPart,
        ImagePart,
        ImageURLPart,
        Messages,
        TextPart,
        ToolCallPart,
        ToolResultPart,
    )
    from .model import Model, StreamingModel
    from .params import CommonCallParams
    from .partial import Partial
    from .progress import StreamState
    from .response import BaseCallResponse
    from .response_model import BaseType, FromCallArgs, ResponseModelConfigDict
    from .session import Session
    from .stores import JSONLinesStore, MemoryStore, SQLiteStore
    from .stream import Stream
    from .stream_events import (
        ErrorEvent,
        FinishEvent,
        StreamEvent,
        TextEvent,
        ThinkingEvent,
        ToolDeltaEvent,
        ToolReadyEvent,
        ToolResultEvent,
        ToolStartEvent,
        UsageEvent,
    )
    from .structured import AsyncStructuredStream, BaseStructuredStream, StructuredStream
    from .task import Prepared, Task
    from .template import prompt_template
    from .tool import ToolConfig
    from .tool_loop import ToolLoop
    from .toolkit import BaseToolKit, toolkit_tool
    from .tools import BaseTool
    from .usage import CommonUsage

_HOMES = {
    "async_stream": ("AsyncStream",),
    "base_prompt": (
        "BasePrompt",
        "Metadata",
        "merge_decorators",
        "metadata",
    ),
    "base_stream": ("BaseStream",),
    "call": ("StreamConfig",),
    "chunk": ("BaseCallResponseChunk",),
    "conversation": (
        "Conversation",
        "Turn",
    ),
    "cost": ("Price", "set_price"),
    "dynamic_config": ("BaseDynamicConfig",),
    "errors": (
        "AuthenticationError",
        "BadRequestError",
        "ConfigurationError",
        "ConnectionFailedError",
        "ContentFilterError",
        "ContextWindowExceededError",
        "MirascopeLikeError",
        "NotFoundError",
        "OverloadedError",
        "PermissionDeniedError",
        "PromptError",
        "ProviderError",
        "RateLimitError",
        "RequestTimeoutError",
        "ResponseParseError",
        "ServerError",
        "StreamClosedError",
        "StreamError",
        "StreamInterruptedError",
        "StreamNotConsumedError",
        "StreamTimeoutError",
        "ToolArgumentsError",
        "ToolError",
        "ToolExecutionError",
        "ToolNotFoundError",
        "ToolRefusedError",
        "ToolTimeoutError",
    ),
    "messages": (
        "AudioPart",
        "AudioURLPart",
        "BaseMessageParam",
        "CacheControlPart",
        "DocumentPart",
        "DocumentURLPart",
        "ImagePart",
        "ImageURLPart",
        "Messages",
        "TextPart",
        "ToolCallPart",
        "ToolResultPart",
    ),
    "model": (
        "Model",
        "StreamingModel",
    ),
    "params": ("CommonCallParams",),
    "partial": ("Partial",),
    "progress": ("StreamState",),
    "response": ("BaseCallResponse",),
    "response_model": (
        "BaseType",
        "FromCallArgs",
        "ResponseModelConfigDict",
    ),
    "session": ("Session",),
    "stores": (
        "JSONLinesStore",
        "MemoryStore",
        "SQLiteStore",
    ),
    "stream": ("Stream",),
    "stream_events": (
        "ErrorEvent",
        "FinishEvent",
        "StreamEvent",
        "TextEvent",
        "ThinkingEvent",
        "ToolDeltaEvent",
        "ToolReadyEvent",
        "ToolResultEvent",
        "ToolStartEvent",
        "UsageEvent",
    ),
    "structured": (
        "AsyncStructuredStream",
        "BaseStructuredStream",
        "StructuredStream",
    ),
    "task": (
        "Prepared",
        "Task",
    ),
    "template": ("prompt_template",),
    "tool": ("ToolConfig",),
    "tool_loop": ("ToolLoop",),
    "toolkit": (
        "BaseToolKit",
        "toolkit_tool",
    ),
    "tools": ("BaseTool",),
    "usage": ("CommonUsage",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AsyncStream",
    "AsyncStructuredStream",
    "AudioPart",
    "AudioURLPart",
    "AuthenticationError",
    "BadRequestError",
    "BaseCallResponse",
    "BaseCallResponseChunk",
    "BaseDynamicConfig",
    "BaseMessageParam",
    "BasePrompt",
    "BaseStream",
    "BaseStructuredStream",
    "BaseTool",
    "BaseToolKit",
    "BaseType",
    "CacheControlPart",
    "CommonCallParams",
    "CommonUsage",
    "ConfigurationError",
    "ConnectionFailedError",
    "ContentFilterError",
    "ContextWindowExceededError",
    "Conversation",
    "DocumentPart",
    "DocumentURLPart",
    "ErrorEvent",
    "FinishEvent",
    "FromCallArgs",
    "ImagePart",
    "ImageURLPart",
    "JSONLinesStore",
    "MemoryStore",
    "Messages",
    "Metadata",
    "MirascopeLikeError",
    "Model",
    "NotFoundError",
    "OverloadedError",
    "Partial",
    "PermissionDeniedError",
    "Prepared",
    "Price",
    "PromptError",
    "ProviderError",
    "RateLimitError",
    "RequestTimeoutError",
    "ResponseModelConfigDict",
    "ResponseParseError",
    "SQLiteStore",
    "ServerError",
    "Session",
    "Stream",
    "StreamClosedError",
    "StreamConfig",
    "StreamError",
    "StreamEvent",
    "StreamInterruptedError",
    "StreamNotConsumedError",
    "StreamState",
    "StreamTimeoutError",
    "StreamingModel",
    "StructuredStream",
    "Task",
    "TextEvent",
    "TextPart",
    "ThinkingEvent",
    "ToolArgumentsError",
    "ToolCallPart",
    "ToolConfig",
    "ToolDeltaEvent",
    "ToolError",
    "ToolExecutionError",
    "ToolLoop",
    "ToolNotFoundError",
    "ToolReadyEvent",
    "ToolRefusedError",
    "ToolResultEvent",
    "ToolResultPart",
    "ToolStartEvent",
    "ToolTimeoutError",
    "Turn",
    "UsageEvent",
    "merge_decorators",
    "metadata",
    "prompt_template",
    "set_price",
    "toolkit_tool",
]


def __getattr__(name: str) -> Any:
    if (home := _HOME.get(name)) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
