"""The host xAI, with the names that Mirascope v1's package for it has."""

from __future__ import annotations

from typing import Any, ClassVar

from ..base.calls import Call
from .host import Host
from .types import (
    HostAsyncStream,
    HostCallParams,
    HostCallResponse,
    HostCallResponseChunk,
    HostDynamicConfig,
    HostMessageParam,
    HostStream,
    HostTool,
)


class XAIHost(Host):
    """The host xAI. Its classes also have the names that they have in Mirascope v1, such as `XAICallResponse`."""

    __path__: ClassVar[list[str]] = []
    """Makes `core.xai` a package to the import system, as in v1: `core.xai.call_response` is an old import path."""
    __spec__: ClassVar[None] = None  # read by the import system, from Python 3.12
    XAICallParams: ClassVar[type[HostCallParams]] = HostCallParams
    XAIDynamicConfig: ClassVar[type[HostDynamicConfig]] = HostDynamicConfig
    AsyncXAIDynamicConfig: ClassVar[type[HostDynamicConfig]] = HostDynamicConfig
    XAIMessageParam: ClassVar[Any] = HostMessageParam
    XAIStream: ClassVar[type[HostStream]] = HostStream
    XAITool: ClassVar[type[HostTool]] = HostTool

    @property
    def XAICallResponse(self) -> type[HostCallResponse]:
        """The same as `CallResponse`."""
        return self.CallResponse

    @property
    def XAICallResponseChunk(self) -> type[HostCallResponseChunk]:
        """The same as `CallResponseChunk`."""
        return self.CallResponseChunk

    @property
    def xai_call(self) -> Call[HostCallResponse, HostStream, HostAsyncStream, HostCallParams]:
        """The same as `call`."""
        return self.call
