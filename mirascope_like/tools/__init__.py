"""Ready tools for models: files below a folder, HTTP requests, text of web pages, and web search.

Each is loaded when it is first used. They need no package but HTTPX and the web search (see `load_sdk`'s errors).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.base.runtime import lazy_names
from ..removed_modules import Removed

if TYPE_CHECKING:
    from .base import ConfigurableTool, ConfigurableToolKit, ToolConfiguration
    from .file_system import FileSystemToolKit, FileSystemToolKitConfig
    from .http import HTTPX, AsyncHTTPX, HTTPXConfig
    from .web_page import ParseURLConfig, ParseURLContent
    from .web_search import AsyncDuckDuckGoSearch, DuckDuckGoSearch, DuckDuckGoSearchConfig
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "base": "ConfigurableTool ConfigurableToolKit ToolConfiguration",
            "file_system": "FileSystemToolKit FileSystemToolKitConfig",
            "http": "AsyncHTTPX HTTPX HTTPXConfig",
            "web_page": "ParseURLConfig ParseURLContent",
            "web_search": "AsyncDuckDuckGoSearch DuckDuckGoSearch DuckDuckGoSearchConfig",
        },
    )

_DOCKER = "run code in a sandbox of your own, and pass a function that calls it in `tools=`"
_REQUESTS = "use `HTTPX` and `HTTPXConfig` of `mirascope_like.tools`"
DockerOperationToolKit: Any = Removed("tools.DockerOperationToolKit", _DOCKER)
"""Not included: using it raises `ConfigurationError`."""
DockerOperationToolKitConfig: Any = Removed("tools.DockerOperationToolKitConfig", _DOCKER)
"""Not included: using it raises `ConfigurationError`."""
Requests: Any = Removed("tools.Requests", _REQUESTS)
"""Not included: using it raises `ConfigurationError`. `HTTPX` does the same."""
RequestsConfig: Any = Removed("tools.RequestsConfig", _REQUESTS)
"""Not included: using it raises `ConfigurationError`. `HTTPXConfig` does the same."""

__all__ = [
    "HTTPX",
    "AsyncDuckDuckGoSearch",
    "AsyncHTTPX",
    "ConfigurableTool",
    "ConfigurableToolKit",
    "DockerOperationToolKit",
    "DockerOperationToolKitConfig",
    "DuckDuckGoSearch",
    "DuckDuckGoSearchConfig",
    "FileSystemToolKit",
    "FileSystemToolKitConfig",
    "HTTPXConfig",
    "ParseURLConfig",
    "ParseURLContent",
    "Requests",
    "RequestsConfig",
    "ToolConfiguration",
]
