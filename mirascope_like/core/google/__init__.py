"""Calls to Google's Gemini, over the Gemini API or Vertex AI."""

from __future__ import annotations

from ..base.errors import load_sdk
from ..base.runtime import Listing

load_sdk("google.genai", extra="google")

from ..base.calls import Call  # noqa: E402  # after the check for the SDK, whose error names the extra
from ..base.models import Models  # noqa: E402
from .http import fast_http_options  # noqa: E402
from .params import (  # noqa: E402
    AsyncGoogleDynamicConfig,
    GoogleCallParams,
    GoogleDynamicConfig,
    GoogleMessageParam,
)
from .provider import GoogleProvider  # noqa: E402
from .types import (  # noqa: E402
    GoogleAsyncStream,
    GoogleCallResponse,
    GoogleCallResponseChunk,
    GoogleStream,
    GoogleTool,
)

# Calls to Gemini's `generateContent`.
call: Call[GoogleCallResponse, GoogleStream, GoogleAsyncStream, GoogleCallParams] = Call(
    GoogleProvider(), GoogleStream, GoogleAsyncStream, GoogleCallParams
)
google_call: Call[GoogleCallResponse, GoogleStream, GoogleAsyncStream, GoogleCallParams] = call
"""Another name of `call`."""
model: Models[GoogleCallResponse, GoogleStream, GoogleAsyncStream, GoogleCallParams] = Models(call)

__all__ = [
    "AsyncGoogleDynamicConfig",
    "GoogleAsyncStream",
    "GoogleCallParams",
    "GoogleCallResponse",
    "GoogleCallResponseChunk",
    "GoogleDynamicConfig",
    "GoogleMessageParam",
    "GoogleProvider",
    "GoogleStream",
    "GoogleTool",
    "call",
    "fast_http_options",
    "google_call",
    "model",
]

__dir__: Listing = Listing(__all__)
