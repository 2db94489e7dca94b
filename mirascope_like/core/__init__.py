"""The public names, each loaded when it is first used: importing this loads no provider's SDK."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import anthropic, azure, bedrock, cohere, gemini, google, groq, hosts, local, mistral, openai
    from .base.async_stream import AsyncStream
    from .base.base_prompt import BasePrompt, Metadata, merge_decorators, metadata
    from .base.base_stream import BaseStream
    from .base.call import StreamConfig
    from .base.chunk import BaseCallResponseChunk
    from .base.conversation import Conversation, Turn
    from .base.dynamic_config import BaseDynamicConfig
    from .base.errors import (
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
    from .base.messages import (
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
    from .base.model import Model, StreamingModel
    from .base.params import CommonCallParams
    from .base.partial import Partial
    from .base.progress import StreamState
    from .base.response import BaseCallResponse
    from .base.response_model import FromCallArgs, ResponseModelConfigDict
    from .base.session import Session
    from .base.stores import JSONLinesStore, MemoryStore, SQLiteStore
    from .base.stream import Stream
    from .base.stream_events import (
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
    from .base.structured import AsyncStructuredStream, StructuredStream
    from .base.task import Prepared, Task
    from .base.template import prompt_template
    from .base.tool_loop import ToolLoop
    from .base.toolkit import BaseToolKit, toolkit_tool
    from .base.tools import BaseTool
    from .base.usage import CommonUsage
    from .hosts import (
        cerebras,
        deepseek,
        fireworks,
        huggingface,
        lmstudio,
        ollama,
        openrouter,
        perplexity,
        together,
        vllm,
        xai,
        zai,
    )

_HOMES = {
    "base.stream_events": (
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
    "base.base_prompt": (
        "BasePrompt",
        "Metadata",
        "merge_decorators",
        "metadata",
    ),
    "base.call": ("StreamConfig",),
    "base.chunk": ("BaseCallResponseChunk",),
    "base.conversation": ("Conversation", "Turn"),
    "base.model": ("Model", "StreamingModel"),
    "base.session": ("Session",),
    "base.stores": ("JSONLinesStore", "MemoryStore", "SQLiteStore"),
    "base.task": ("Prepared", "Task"),
    "base.errors": (
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
    "base.messages": (
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
    "base.params": ("CommonCallParams",),
    "base.partial": ("Partial",),
    "base.dynamic_config": ("BaseDynamicConfig",),
    "base.response": ("BaseCallResponse",),
    "base.response_model": ("FromCallArgs", "ResponseModelConfigDict"),
    "base.async_stream": ("AsyncStream",),
    "base.base_stream": ("BaseStream",),
    "base.progress": ("StreamState",),
    "base.stream": ("Stream",),
    "base.structured": ("AsyncStructuredStream", "StructuredStream"),
    "base.template": ("prompt_template",),
    "base.tool_loop": ("ToolLoop",),
    "base.toolkit": ("BaseToolKit", "toolkit_tool"),
    "base.tools": ("BaseTool",),
    "base.usage": ("CommonUsage",),
    "hosts": (
        "cerebras",
        "deepseek",
        "fireworks",
        "huggingface",
        "lmstudio",
        "ollama",
        "openrouter",
        "perplexity",
        "together",
        "vllm",
        "xai",
        "zai",
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}
_PACKAGES = (
    "anthropic",
    "azure",
    "bedrock",
    "cohere",
    "gemini",
    "google",
    "groq",
    "hosts",
    "local",
    "mistral",
    "openai",
)
_HOSTS = (
    "cerebras",
    "deepseek",
    "fireworks",
    "huggingface",
    "lmstudio",
    "ollama",
    "openrouter",
    "perplexity",
    "together",
    "vllm",
    "xai",
    "zai",
)
PROVIDERS = (*(name for name in _PACKAGES if name != "hosts"), *_HOSTS)
"""The names of all providers; each is loaded when it is first used."""

__all__ = [
    "AsyncStructuredStream",
    "FromCallArgs",
    "Partial",
    "ResponseModelConfigDict",
    "StructuredStream",
    "PROVIDERS",
    "StreamEvent",
    "ErrorEvent",
    "FinishEvent",
    "UsageEvent",
    "ToolResultEvent",
    "ToolReadyEvent",
    "ToolDeltaEvent",
    "ToolStartEvent",
    "ThinkingEvent",
    "TextEvent",
    "metadata",
    "merge_decorators",
    "Metadata",
    "BasePrompt",
    "anthropic",
    "azure",
    "bedrock",
    "cerebras",
    "cohere",
    "deepseek",
    "fireworks",
    "gemini",
    "google",
    "groq",
    "hosts",
    "huggingface",
    "lmstudio",
    "local",
    "mistral",
    "ollama",
    "openai",
    "openrouter",
    "perplexity",
    "together",
    "vllm",
    "xai",
    "zai",
    "AsyncStream",
    "AudioPart",
    "AudioURLPart",
    "AuthenticationError",
    "BadRequestError",
    "BaseCallResponse",
    "BaseCallResponseChunk",
    "BaseDynamicConfig",
    "BaseMessageParam",
    "BaseStream",
    "BaseTool",
    "BaseToolKit",
    "CacheControlPart",
    "CommonCallParams",
    "CommonUsage",
    "ConfigurationError",
    "ConnectionFailedError",
    "ContentFilterError",
    "ContextWindowExceededError",
    "DocumentPart",
    "DocumentURLPart",
    "ImagePart",
    "ImageURLPart",
    "Messages",
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
    "Stream",
    "StreamClosedError",
    "StreamConfig",
    "StreamError",
    "StreamInterruptedError",
    "StreamNotConsumedError",
    "StreamState",
    "StreamTimeoutError",
    "TextPart",
    "ToolArgumentsError",
    "ToolCallPart",
    "ToolError",
    "ToolExecutionError",
    "Conversation",
    "JSONLinesStore",
    "MemoryStore",
    "Model",
    "Prepared",
    "SQLiteStore",
    "Session",
    "StreamingModel",
    "Task",
    "ToolLoop",
    "Turn",
    "ToolNotFoundError",
    "ToolRefusedError",
    "ToolResultPart",
    "ToolTimeoutError",
    "prompt_template",
    "toolkit_tool",
]


def __getattr__(name: str) -> Any:
    if name in _HOSTS:
        return getattr(import_module(".hosts", __name__), name)
    if name in _PACKAGES:
        return import_module(f".{name}", __name__)
    if (home := _HOME.get(name)) is not None:
        value = getattr(import_module(f".{home}", __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
