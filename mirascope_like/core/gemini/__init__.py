"""Calls to Gemini through `google-generativeai`, which Google has retired: use `google` in new programs.

The SDK's own settings apply: `genai.configure(api_key=..., transport="rest")`. The tests use REST. Fields that the
SDK's types of 2025 do not have (the mark of thinking, its signatures, response ids) are lost.
"""

from __future__ import annotations

import warnings

from ..base.errors import load_sdk
from ..base.runtime import Listing

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)  # the docstring above says that the SDK is retired
    load_sdk("google.generativeai", extra="gemini")

from ..base.calls import Call  # after the check for the SDK, whose error names the extra
from ..base.models import Models
from .params import (
    GeminiCallParams,
    GeminiDynamicConfig,
    GeminiMessageParam,
)
from .provider import GeminiProvider
from .types import (
    GeminiAsyncStream,
    GeminiCallResponse,
    GeminiCallResponseChunk,
    GeminiStream,
    GeminiTool,
)

# Calls to Gemini, through the SDK that Google has retired.
call: Call[GeminiCallResponse, GeminiStream, GeminiAsyncStream, GeminiCallParams] = Call(
    GeminiProvider(), GeminiStream, GeminiAsyncStream, GeminiCallParams
)
gemini_call: Call[GeminiCallResponse, GeminiStream, GeminiAsyncStream, GeminiCallParams] = call
"""Another name of `call`."""
model: Models[GeminiCallResponse, GeminiStream, GeminiAsyncStream, GeminiCallParams] = Models(call)

__all__ = [
    "GeminiAsyncStream",
    "GeminiCallParams",
    "GeminiCallResponse",
    "GeminiCallResponseChunk",
    "GeminiDynamicConfig",
    "GeminiMessageParam",
    "GeminiProvider",
    "GeminiStream",
    "GeminiTool",
    "call",
    "gemini_call",
    "model",
]

__dir__: Listing = Listing(__all__)
