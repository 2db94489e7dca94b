"""Names that only programs written for Mirascope v1 use: types, tool outputs as text, and providers in v1's form.

Used by: the public names of `core.base`, `core` and `llm`.
Must not know: how a provider of this library works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .audio_segment import AudioSegment
    from .json_schema import GenerateJsonSchemaNoTitles
    from .new_providers import call_factory
    from .provider_names import LocalProvider, Provider
    from .tool_outputs import transform_tool_outputs
    from .types import BaseCallKwargs, BaseCallParams, JsonableType, Usage
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "audio_segment": "AudioSegment",
            "json_schema": "GenerateJsonSchemaNoTitles",
            "provider_names": "LocalProvider Provider",
            "tool_outputs": "transform_tool_outputs",
            "types": "BaseCallKwargs BaseCallParams JsonableType Usage",
            "new_providers": "call_factory",
        },
    )

__all__ = [
    "AudioSegment",
    "BaseCallKwargs",
    "BaseCallParams",
    "GenerateJsonSchemaNoTitles",
    "JsonableType",
    "LocalProvider",
    "Provider",
    "Usage",
    "transform_tool_outputs",
    "call_factory",
]
