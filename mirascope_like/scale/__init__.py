"""Many calls: the same function for each of many inputs, within the limits of the provider.

from mirascope_like.scale import Done, Failed, amap

async for item in amap(recommend, genres):
    match item:
        case Done(input=genre, value=book): ...
        case Failed(input=genre, error=error): ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.base.runtime import lazy_names

if TYPE_CHECKING:
    from .batches import BedrockStorage
    from .binding import Bound, bind
    from .counts import Counts
    from .estimating import Estimate
    from .items import Done, Failed, Item
    from .limits import Limits
    from .mapping import amap, map_calls
    from .options import MapOptions
    from .run import Run
    from .sync_run import SyncRun
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "batches": "BedrockStorage",
            "binding": "Bound bind",
            "counts": "Counts",
            "estimating": "Estimate",
            "items": "Done Failed Item",
            "limits": "Limits",
            "mapping": "amap map_calls",
            "options": "MapOptions",
            "run": "Run",
            "sync_run": "SyncRun",
        },
    )

__all__ = [
    "BedrockStorage",
    "Bound",
    "Counts",
    "Done",
    "Estimate",
    "Failed",
    "Item",
    "Limits",
    "MapOptions",
    "Run",
    "SyncRun",
    "amap",
    "bind",
    "map_calls",
]
