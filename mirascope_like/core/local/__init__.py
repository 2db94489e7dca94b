"""Calls to a model on this machine, without a key and without a network.

`engine()` returns the server that runs the model. SDKs for OpenAI's or Anthropic's API can send requests to it too.
"""

from __future__ import annotations

from ..base.errors import load_sdk
from ..base.runtime import Listing

load_sdk("openai", extra="local")

from ..base.calls import Call  # noqa: E402  # after the check for the SDK, whose error names the extra
from ..base.models import Models  # noqa: E402
from .engine import Engine, engine  # noqa: E402
from .params import LocalCallParams  # noqa: E402
from .provider import LocalProvider  # noqa: E402
from .types import (  # noqa: E402
    LocalAsyncStream,
    LocalCallResponse,
    LocalCallResponseChunk,
    LocalFinishReason,
    LocalStream,
    LocalTool,
)

# Calls to a model on this machine. The model is "smollm2-135m", the path of a GGUF file, or
# "hf:owner/repo/file.gguf". It is loaded by the first call.
call: Call[LocalCallResponse, LocalStream, LocalAsyncStream, LocalCallParams] = Call(
    LocalProvider(), LocalStream, LocalAsyncStream, LocalCallParams
)
model: Models[LocalCallResponse, LocalStream, LocalAsyncStream, LocalCallParams] = Models(call)

__all__ = [
    "Engine",
    "LocalAsyncStream",
    "LocalCallParams",
    "LocalCallResponse",
    "LocalCallResponseChunk",
    "LocalFinishReason",
    "LocalProvider",
    "LocalStream",
    "LocalTool",
    "call",
    "engine",
    "model",
]

__dir__: Listing = Listing(__all__)
