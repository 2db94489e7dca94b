"""Calls to Cohere's Chat API, version 2. Version 1, which Cohere has retired, is not supported."""

from __future__ import annotations

from ..base.errors import load_sdk
from ..base.runtime import Listing

load_sdk("cohere", extra="cohere")

from ..base.calls import Call  # noqa: E402  # after the check for the SDK, whose error names the extra
from ..base.models import Models  # noqa: E402
from .params import (  # noqa: E402
    AsyncCohereDynamicConfig,
    CohereCallParams,
    CohereDynamicConfig,
    CohereMessageParam,
)
from .provider import CohereProvider  # noqa: E402
from .types import (  # noqa: E402
    CohereAsyncStream,
    CohereCallResponse,
    CohereCallResponseChunk,
    CohereStream,
    CohereTool,
)

# Calls to Cohere's Chat API.
call: Call[CohereCallResponse, CohereStream, CohereAsyncStream, CohereCallParams] = Call(
    CohereProvider(), CohereStream, CohereAsyncStream, CohereCallParams
)
cohere_call: Call[CohereCallResponse, CohereStream, CohereAsyncStream, CohereCallParams] = call
"""Another name of `call`."""
model: Models[CohereCallResponse, CohereStream, CohereAsyncStream, CohereCallParams] = Models(call)

__all__ = [
    "AsyncCohereDynamicConfig",
    "CohereAsyncStream",
    "CohereCallParams",
    "CohereCallResponse",
    "CohereCallResponseChunk",
    "CohereDynamicConfig",
    "CohereMessageParam",
    "CohereProvider",
    "CohereStream",
    "CohereTool",
    "call",
    "cohere_call",
    "model",
]

__dir__: Listing = Listing(__all__)
