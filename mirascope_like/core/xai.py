"""The names of Mirascope v1's package for xAI, for programs that import from `core.xai`.

When it is imported, the module is replaced by the host `xai` of `core.hosts`, which has these names as attributes: so
`core.xai` is the same object before and after.
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
model: Models[HostCallResponse, HostStream, HostAsyncStream, HostCallParams] = xai.model

if not TYPE_CHECKING:
    sys.modules[__name__] = xai
