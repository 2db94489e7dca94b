"""The interface of all providers: encode, send, decode, map errors; a limit of concurrent requests; reused clients.

Used by: flows, streams, calls, and every provider.
Must not know: any particular provider, or how calls and streams use the interface.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .addresses import attribute_at, client_address
    from .clients import Clients, awith_client, is_factory, with_client
    from .concurrency_limit import Places, limited
    from .layers import Layer, active_layers, add_layer, call_layer, remove_layer, with_layers
    from .opening import PRESENT, Opening, run_here, shut
    from .provider import AsyncSource, Provider, Source, Target
    from .wrapper import AsyncHeldSource, HeldSource, ProviderWrapper, innermost, unwrapped
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "addresses": "attribute_at client_address",
            "clients": "Clients awith_client is_factory with_client",
            "concurrency_limit": "Places limited",
            "layers": "Layer active_layers add_layer call_layer remove_layer with_layers",
            "opening": "Opening PRESENT run_here shut",
            "provider": "AsyncSource Provider Source Target",
            "wrapper": "AsyncHeldSource HeldSource ProviderWrapper innermost unwrapped",
        },
    )

__all__ = [
    "PRESENT",
    "AsyncHeldSource",
    "AsyncSource",
    "Clients",
    "HeldSource",
    "Layer",
    "Opening",
    "Places",
    "Provider",
    "ProviderWrapper",
    "Source",
    "Target",
    "active_layers",
    "add_layer",
    "attribute_at",
    "awith_client",
    "call_layer",
    "client_address",
    "innermost",
    "is_factory",
    "limited",
    "remove_layer",
    "run_here",
    "shut",
    "unwrapped",
    "with_client",
    "with_layers",
]
