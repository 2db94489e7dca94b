"""Reads a response while it arrives: the loop, its deadlines, the stream objects and their views.

Used by: calls, models, conversations and integrations.
Must not know: a provider's wire format, or the decorators of a call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .async_stream import AsyncStream
    from .base_stream import BaseStream, detached
    from .racing import afirst_of, first_of, race_stream
    from .stream import Stream
    from .stream_state import StreamState
    from .structured_reader import Reading
    from .structured_stream import AsyncStructuredStream, BaseStructuredStream, StructuredStream, when_ended
    from .views import Snapshot
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "async_stream": "AsyncStream",
            "base_stream": "BaseStream detached",
            "racing": "afirst_of first_of race_stream",
            "stream": "Stream",
            "structured_reader": "Reading",
            "structured_stream": "AsyncStructuredStream BaseStructuredStream StructuredStream when_ended",
            "stream_state": "StreamState",
            "views": "Snapshot",
        },
    )

__all__ = [
    "AsyncStream",
    "AsyncStructuredStream",
    "BaseStream",
    "BaseStructuredStream",
    "Reading",
    "Snapshot",
    "Stream",
    "StreamState",
    "StructuredStream",
    "afirst_of",
    "detached",
    "first_of",
    "race_stream",
    "when_ended",
]
