"""Calls to OpenAI's chat completions, and to its Responses API (in `responses`). `core.hosts` has compatible hosts."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..base.errors import load_sdk
from ..base.runtime import Listing

load_sdk("openai", extra="openai")

from ..base.calls import Call  # noqa: E402  # after the check for the SDK, whose error names the extra
from ..base.models import Models  # noqa: E402
from .params import (  # noqa: E402
    AsyncOpenAIDynamicConfig,
    OpenAICallParams,
    OpenAIDynamicConfig,
    OpenAIMessageParam,
    OpenAIToolConfig,
)
from .provider import OPENAI, OpenAIProvider  # noqa: E402
from .types import (  # noqa: E402
    OpenAIAsyncStream,
    OpenAICallResponse,
    OpenAICallResponseChunk,
    OpenAIFinishReason,
    OpenAIStream,
    OpenAITool,
)

if TYPE_CHECKING:
    from . import responses

# Calls to OpenAI's chat completions.
call: Call[OpenAICallResponse, OpenAIStream, OpenAIAsyncStream, OpenAICallParams] = Call(
    OPENAI, OpenAIStream, OpenAIAsyncStream, OpenAICallParams
)
openai_call: Call[OpenAICallResponse, OpenAIStream, OpenAIAsyncStream, OpenAICallParams] = call
"""Another name of `call`."""
model: Models[OpenAICallResponse, OpenAIStream, OpenAIAsyncStream, OpenAICallParams] = Models(call)

__all__ = [
    "AsyncOpenAIDynamicConfig",
    "OpenAIAsyncStream",
    "OpenAICallParams",
    "OpenAICallResponse",
    "OpenAICallResponseChunk",
    "OpenAIDynamicConfig",
    "OpenAIFinishReason",
    "OpenAIMessageParam",
    "OpenAIProvider",
    "OpenAIStream",
    "OpenAITool",
    "OpenAIToolConfig",
    "call",
    "model",
    "openai_call",
    "responses",
]


if not TYPE_CHECKING:  # for type checkers, a name that is not declared is an error

    def __getattr__(name: str) -> Any:
        if name == "responses":
            return import_module(".responses", __name__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__dir__: Listing = Listing(__all__)
