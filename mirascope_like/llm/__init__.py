"""Calls to a provider that is chosen by name, even at run time. Responses have the same form for all providers.

from mirascope_like import llm

@llm.call(provider="openai", model="gpt-4o-mini")
def recommend(genre: str) -> str: ...

with llm.context(provider="anthropic", model="claude-sonnet-5"):
    recommend("fantasy")
"""

from __future__ import annotations

from ..core.base.legacy_names import LocalProvider, Provider
from ..core.base.models import Models
from ..core.base.request import CommonCallParams
from ..core.base.response import CostMetadata
from ..core.base.runtime import Listing
from ..core.costs import calculate_cost
from .answers import AsyncStream, CallResponse, CallResponseChunk, Stream, Tool
from .neutral_call import NeutralCall
from .overriding import override
from .provider import AnyProvider
from .settings import Settings, context

# Calls to the given `provider` and `model`. A model such as "openai:gpt-4o-mini" names both. `context` and `override`
# change the provider and model for single calls.
call: NeutralCall = NeutralCall(AnyProvider(), Stream, AsyncStream, CommonCallParams)
model: Models[CallResponse, Stream, AsyncStream, CommonCallParams] = Models(call)

__all__ = [
    "AsyncStream",
    "CallResponse",
    "CallResponseChunk",
    "CostMetadata",
    "LocalProvider",
    "Provider",
    "Settings",
    "Stream",
    "Tool",
    "calculate_cost",
    "call",
    "context",
    "model",
    "override",
]

__dir__: Listing = Listing(__all__)
