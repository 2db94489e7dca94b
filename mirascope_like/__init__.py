"""The typed LLM call for Python: one decorator turns a prompt function into a call to any provider.

This module has the names that most programs need; `core` has all public names. Each is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .removed_modules import install as _install_removed_modules

if TYPE_CHECKING:
    __version__: str
    """The version of the package."""

    from . import core, integrations, llm, retries, scale, spending, tools
    from .core import (
        AudioPart,
        AudioURLPart,
        BaseDynamicConfig,
        BaseMessageParam,
        BasePrompt,
        BaseTool,
        BaseToolKit,
        CacheControlPart,
        DocumentPart,
        DocumentURLPart,
        FromCallArgs,
        ImagePart,
        ImageURLPart,
        LocalProvider,
        Messages,
        Provider,
        ResponseModelConfigDict,
        TextPart,
        ToolCallPart,
        ToolResultPart,
        merge_decorators,
        metadata,
        prompt_template,
        toolkit_tool,
    )
    from .spending import SQLiteCache, budget, cached

_PACKAGES = ("core", "integrations", "llm", "retries", "scale", "spending", "tools")
_SPENDING = ("SQLiteCache", "budget", "cached")

__all__ = [
    "AudioPart",
    "AudioURLPart",
    "BaseDynamicConfig",
    "BaseMessageParam",
    "BasePrompt",
    "BaseTool",
    "BaseToolKit",
    "CacheControlPart",
    "DocumentPart",
    "DocumentURLPart",
    "FromCallArgs",
    "ImagePart",
    "ImageURLPart",
    "LocalProvider",
    "Messages",
    "Provider",
    "ResponseModelConfigDict",
    "SQLiteCache",
    "TextPart",
    "ToolCallPart",
    "ToolResultPart",
    "budget",
    "cached",
    "core",
    "integrations",
    "llm",
    "merge_decorators",
    "metadata",
    "prompt_template",
    "retries",
    "scale",
    "spending",
    "toolkit_tool",
    "tools",
]


_install_removed_modules()


if not TYPE_CHECKING:  # for type checkers, a name that is not declared is an error

    def __getattr__(name: str) -> Any:
        if name == "__version__":
            from importlib.metadata import version

            return version("mirascope-like")
        if name in _PACKAGES:
            return import_module(f".{name}", __name__)
        if name in _SPENDING:
            return getattr(import_module(".spending", __name__), name)
        if name in __all__:
            return getattr(import_module(".core", __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return __all__
