"""The error classes of the library, and functions that turn errors of an SDK into errors of these classes.

Used by: every room but `runtime`, and every provider.
Must not know: messages, requests, streams or any SDK. The code that raises an error writes its message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .adoption import adopt, adopt_store_error, both
    from .classification import described, error_kind, header
    from .exceptions import (
        UNSENT,
        AuthenticationError,
        BadRequestError,
        BudgetExceededError,
        Caught,
        ConfigurationError,
        ConnectionFailedError,
        ContentFilterError,
        ContextWindowExceededError,
        FallbackError,
        LostRaceError,
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
        UnfinishedStreamError,
        UnknownPriceError,
    )
    from .malformed import ErrorEventError, MalformedEventError
    from .missing_sdk import MissingSDKError, load_sdk
    from .reported import reported_error
    from .store_files import check_own_database, make_store_file
    from .validation import arguments_error, complaint, parse_error
    from .waiting_time import retry_after
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "adoption": "adopt adopt_store_error both",
            "classification": "described error_kind header",
            "exceptions": "UNSENT AuthenticationError BadRequestError BudgetExceededError Caught ConfigurationError "
            "ConnectionFailedError "
            "ContentFilterError ContextWindowExceededError FallbackError LostRaceError MirascopeLikeError "
            "NotFoundError OverloadedError PermissionDeniedError PromptError ProviderError "
            "RateLimitError RequestTimeoutError ResponseParseError ServerError StoreError "
            "StreamClosedError StreamError StreamInterruptedError StreamNotConsumedError "
            "StreamTimeoutError ToolArgumentsError ToolError ToolExecutionError ToolNotFoundError "
            "ToolRefusedError ToolTimeoutError UnfinishedStreamError UnknownPriceError",
            "malformed": "ErrorEventError MalformedEventError",
            "missing_sdk": "MissingSDKError load_sdk",
            "reported": "reported_error",
            "store_files": "check_own_database make_store_file",
            "validation": "arguments_error complaint parse_error",
            "waiting_time": "retry_after",
        },
    )

__all__ = [
    "AuthenticationError",
    "BadRequestError",
    "BudgetExceededError",
    "Caught",
    "ConfigurationError",
    "ConnectionFailedError",
    "ContentFilterError",
    "ContextWindowExceededError",
    "ErrorEventError",
    "FallbackError",
    "LostRaceError",
    "MalformedEventError",
    "MirascopeLikeError",
    "MissingSDKError",
    "NotFoundError",
    "OverloadedError",
    "PermissionDeniedError",
    "PromptError",
    "ProviderError",
    "RateLimitError",
    "RequestTimeoutError",
    "ResponseParseError",
    "ServerError",
    "StoreError",
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
    "UnfinishedStreamError",
    "UnknownPriceError",
    "UNSENT",
    "adopt",
    "adopt_store_error",
    "arguments_error",
    "both",
    "complaint",
    "described",
    "error_kind",
    "header",
    "load_sdk",
    "check_own_database",
    "make_store_file",
    "parse_error",
    "reported_error",
    "retry_after",
]
