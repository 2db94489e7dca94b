"""Google's generateContent format: contents, chunks, accumulator, response, provider.

Used by: `core.google` and `core.gemini`.
Must not know: which of Google's two SDKs sends the requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...base.runtime import lazy_names

if TYPE_CHECKING:
    from .chunk import GeminiChunk
    from .errors import gemini_kind
    from .messages import as_sent, blob_bytes, usual_base64
    from .object_accumulator import GeminiObjectAccumulator
    from .provider import GeminiSpeaker
    from .response import JSON, GeminiResponse, Words, wire_content
    from .source import AsyncStartedSource, aopen_stream, open_stream
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "chunk": "GeminiChunk",
            "errors": "gemini_kind",
            "messages": "as_sent blob_bytes usual_base64",
            "object_accumulator": "GeminiObjectAccumulator",
            "provider": "GeminiSpeaker",
            "response": "GeminiResponse JSON Words wire_content",
            "source": "AsyncStartedSource aopen_stream open_stream",
        },
    )

__all__ = [
    "AsyncStartedSource",
    "GeminiChunk",
    "GeminiObjectAccumulator",
    "GeminiResponse",
    "GeminiSpeaker",
    "JSON",
    "Words",
    "aopen_stream",
    "as_sent",
    "open_stream",
    "blob_bytes",
    "gemini_kind",
    "usual_base64",
    "wire_content",
]
