"""Calls to a model on this machine: no key, no network.

`engine()` gives the server behind it, so that any SDK that speaks OpenAI's or Anthropic's formats can use it too.
"""

from __future__ import annotations

from ..base.errors import load_sdk

load_sdk("openai", extra="local")

from ..base.calls import Call  # noqa: E402  # the SDK is looked for first, so that the error says how to get it
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

call: Call[LocalCallResponse, LocalStream, LocalAsyncStream, LocalCallParams] = Call(
    LocalProvider(), LocalStream, LocalAsyncStream, LocalCallParams
)
"""Turn a prompt function into a call to a model on this machine: "smollm2-135m", the path of a GGUF file, or
"hf:owner/repo/file.gguf". The model is loaded by the first call."""
model: Models[LocalCallResponse, LocalStream, LocalAsyncStream, LocalCallParams] = Models(call)
"""Make an object of a model, with settings for every call made from it."""

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
