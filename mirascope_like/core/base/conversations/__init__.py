"""Conversations (immutable lists of messages), stores that save them, and sessions that chat and append to them.

Used by: models and users.
Must not know: how a request is sent, or what calls a store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .conversation import Conversation, Turn
    from .session import Session
    from .stores import JSONLinesStore, MemoryStore, SQLiteStore, Store
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "conversation": "Conversation Turn",
            "session": "Session",
            "stores": "JSONLinesStore MemoryStore SQLiteStore Store",
        },
    )

__all__ = ["Conversation", "JSONLinesStore", "MemoryStore", "SQLiteStore", "Session", "Store", "Turn"]
