"""Calls to Gemini through `google-generativeai`, which Google has retired: new programs take `google`.

The SDK's own settings hold: `genai.configure(api_key=..., transport="rest")`. It is held to tests over REST; what the
SDK's types of 2025 do not know (thoughts as such, their signatures, ids of answers) does not come through.
"""

from __future__ import annotations

import warnings

from ..base.errors import load_sdk

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)  # that it is retired is said above
    load_sdk("google.generativeai", extra="gemini")

from ..base.calls import Call  # the SDK is looked for first, so that the error says how to get it
from ..base.models import Models
from .params import (
    GeminiCallParams,
    GeminiDynamicConfig,
)
from .provider import GeminiProvider
from .types import (
    GeminiAsyncStream,
    GeminiCallResponse,
    GeminiCallResponseChunk,
    GeminiStream,
    GeminiTool,
)

call: Call[GeminiCallResponse, GeminiStream, GeminiAsyncStream, GeminiCallParams] = Call(
    GeminiProvider(), GeminiStream, GeminiAsyncStream, GeminiCallParams
)
"""Turn a prompt function into a call to Gemini, through the SDK that Google has retired."""
gemini_call: Call[GeminiCallResponse, GeminiStream, GeminiAsyncStream, GeminiCallParams] = call
"""`call`, under a name of its own."""
model: Models[GeminiCallResponse, GeminiStream, GeminiAsyncStream, GeminiCallParams] = Models(call)
"""Make an object of a model, with settings for every call made from it."""

__all__ = [
    "GeminiAsyncStream",
    "GeminiCallParams",
    "GeminiCallResponse",
    "GeminiCallResponseChunk",
    "GeminiDynamicConfig",
    "GeminiProvider",
    "GeminiStream",
    "GeminiTool",
    "call",
    "gemini_call",
    "model",
]
