"""The request of a call before it is encoded: messages, tools, parameters and response format.

Used by: providers, flows, streams and calls.
Must not know: how a provider encodes a request, or what the response is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .call_params import LIMITS, CommonCallParams, SDKCallParams, with_named_limit
    from .call_settings import CALL_LAYERS, CALL_MODEL, RACE, Race, other_calls, without_call_settings
    from .context_overrides import OVERRIDES, SENT_ONCE, overridden
    from .prefill import Prefill
    from .request import Request
    from .response_format import JSON_ALONE, Strategy, Structure, with_instruction
    from .response_model import WRAPPED, BaseType, FromCallArgs, ResponseModel, ResponseModelConfigDict
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "call_params": "CommonCallParams LIMITS SDKCallParams with_named_limit",
            "call_settings": "CALL_LAYERS CALL_MODEL RACE Race other_calls without_call_settings",
            "context_overrides": "OVERRIDES SENT_ONCE overridden",
            "prefill": "Prefill",
            "request": "Request",
            "response_format": "JSON_ALONE Structure Strategy with_instruction",
            "response_model": "BaseType FromCallArgs ResponseModel ResponseModelConfigDict WRAPPED",
        },
    )

__all__ = [
    "BaseType",
    "CALL_LAYERS",
    "CALL_MODEL",
    "CommonCallParams",
    "FromCallArgs",
    "JSON_ALONE",
    "LIMITS",
    "OVERRIDES",
    "Prefill",
    "RACE",
    "Race",
    "Request",
    "SENT_ONCE",
    "ResponseModel",
    "ResponseModelConfigDict",
    "SDKCallParams",
    "Structure",
    "WRAPPED",
    "Strategy",
    "with_instruction",
    "other_calls",
    "overridden",
    "with_named_limit",
    "without_call_settings",
]
