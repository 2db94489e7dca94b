"""The engine: everything that does not depend on a provider or an SDK.

Its public names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .runtime import lazy_names

if TYPE_CHECKING:
    from .calls import BasePrompt, Metadata, Prepared, StreamConfig, Task, merge_decorators, metadata
    from .conversations import Conversation, JSONLinesStore, MemoryStore, Session, SQLiteStore, Turn
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
        StoreError,
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
    from .legacy_names import (
        AudioSegment,
        BaseCallKwargs,
        BaseCallParams,
        GenerateJsonSchemaNoTitles,
        JsonableType,
        LocalProvider,
        Provider,
        Usage,
        call_factory,
        transform_tool_outputs,
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
    from .models import Model, StreamingModel
    from .parsing import Partial
    from .prompts import BaseDynamicConfig, prompt_template
    from .request import BaseType, CommonCallParams, FromCallArgs, ResponseModelConfigDict
    from .response import (
        BaseCallResponse,
        BaseCallResponseChunk,
        CommonUsage,
        CostMetadata,
        ErrorEvent,
        FinishEvent,
        Price,
        StreamEvent,
        TextEvent,
        ThinkingEvent,
        ToolDeltaEvent,
        ToolReadyEvent,
        ToolStartEvent,
        UsageEvent,
        response_of,
        set_price,
    )
    from .streams import (
        AsyncStream,
        AsyncStructuredStream,
        BaseStream,
        BaseStructuredStream,
        Stream,
        StreamState,
        StructuredStream,
    )
    from .tools import BaseTool, BaseToolKit, ToolConfig, ToolLoop, ToolResultEvent, UnresolvedTool, toolkit_tool
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "calls": "BasePrompt Metadata Prepared StreamConfig Task merge_decorators metadata",
            "conversations": "Conversation JSONLinesStore MemoryStore SQLiteStore Session Turn",
            "errors": "AuthenticationError BadRequestError ConfigurationError ConnectionFailedError "
            "ContentFilterError ContextWindowExceededError MirascopeLikeError NotFoundError "
            "OverloadedError PermissionDeniedError PromptError ProviderError RateLimitError "
            "RequestTimeoutError ResponseParseError ServerError StoreError StreamClosedError "
            "StreamError StreamInterruptedError StreamNotConsumedError StreamTimeoutError "
            "ToolArgumentsError ToolError ToolExecutionError ToolNotFoundError ToolRefusedError "
            "ToolTimeoutError",
            "messages": "AudioPart AudioURLPart BaseMessageParam CacheControlPart DocumentPart DocumentURLPart "
            "ImagePart ImageURLPart Messages TextPart ToolCallPart ToolResultPart",
            "models": "Model StreamingModel",
            "parsing": "Partial",
            "prompts": "BaseDynamicConfig prompt_template",
            "request": "BaseType CommonCallParams FromCallArgs ResponseModelConfigDict",
            "response": "BaseCallResponse BaseCallResponseChunk CommonUsage CostMetadata ErrorEvent FinishEvent "
            "Price StreamEvent TextEvent ThinkingEvent ToolDeltaEvent ToolReadyEvent ToolStartEvent "
            "UsageEvent response_of set_price",
            "streams": "AsyncStream AsyncStructuredStream BaseStream BaseStructuredStream Stream StreamState "
            "StructuredStream",
            "tools": "BaseTool BaseToolKit ToolConfig ToolLoop ToolResultEvent UnresolvedTool toolkit_tool",
            "legacy_names": "AudioSegment BaseCallKwargs BaseCallParams GenerateJsonSchemaNoTitles JsonableType "
            "LocalProvider Provider Usage call_factory transform_tool_outputs",
        },
    )

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
    "StoreError",
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
    "UnresolvedTool",
    "UsageEvent",
    "merge_decorators",
    "metadata",
    "prompt_template",
    "response_of",
    "set_price",
    "toolkit_tool",
    "AudioSegment",
    "BaseCallKwargs",
    "BaseCallParams",
    "GenerateJsonSchemaNoTitles",
    "JsonableType",
    "LocalProvider",
    "Provider",
    "Usage",
    "transform_tool_outputs",
    "CostMetadata",
    "call_factory",
]
