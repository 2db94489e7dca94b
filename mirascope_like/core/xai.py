"""The names of Mirascope v1's package for xAI, for programs that import from `core.xai`.

When it is imported, the module is replaced by the host `xai` of `core.hosts`, which has these names as attributes: so
`core.xai` is the same object before and after. Type checkers read this module: they accept names of a module as
annotations, but no attributes of an object.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeAlias

from .base.calls import Call
from .base.models import Models
from .hosts import (
    HostAsyncStream,
    HostCallParams,
    HostCallResponse,
    HostCallResponseChunk,
    HostDynamicConfig,
    HostMessageParam,
    HostProvider,
    HostResponses,
    HostStream,
    HostTool,
    xai,
)

XAICallParams: TypeAlias = HostCallParams
XAICallResponse: TypeAlias = HostCallResponse
XAICallResponseChunk: TypeAlias = HostCallResponseChunk
XAIDynamicConfig: TypeAlias = HostDynamicConfig
AsyncXAIDynamicConfig: TypeAlias = HostDynamicConfig
XAIMessageParam: TypeAlias = HostMessageParam
XAIStream: TypeAlias = HostStream
XAITool: TypeAlias = HostTool

call: Call[HostCallResponse, HostStream, HostAsyncStream, HostCallParams] = xai.call
xai_call: Call[HostCallResponse, HostStream, HostAsyncStream, HostCallParams] = xai.call
CallResponse: TypeAlias = HostCallResponse
CallResponseChunk: TypeAlias = HostCallResponseChunk
responses: HostResponses = xai.responses
provider: HostProvider = xai.provider
model: Models[HostCallResponse, HostStream, HostAsyncStream, HostCallParams] = xai.model

if not TYPE_CHECKING:
    sys.modules[__name__] = xai
