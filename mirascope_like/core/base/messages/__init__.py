"""Messages and their parts, in the form that is common to all providers, and the media in them.

Used by: tools, prompts, requests, conversations, and every provider's encoder.
Must not know: how a provider writes a message, or how a prompt is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .media import Content, Kind, document_text, linked_part, media_part, part_of, shown, sniff
    from .message import BaseMessageParam, Messages, without_developer
    from .parts import (
        AnyPart,
        AudioPart,
        AudioURLPart,
        CacheControlPart,
        DocumentPart,
        DocumentURLPart,
        ImagePart,
        ImageURLPart,
        MediaPart,
        Part,
        TextPart,
        ToolCallPart,
        ToolResultPart,
    )
    from .tool_call_ids import CallIds, short_id, with_ids
    from .tool_names import valid_name
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "media": "Content Kind document_text linked_part media_part part_of shown sniff",
            "message": "BaseMessageParam Messages without_developer",
            "parts": "AnyPart AudioPart AudioURLPart CacheControlPart DocumentPart DocumentURLPart ImagePart "
            "ImageURLPart MediaPart Part TextPart ToolCallPart ToolResultPart",
            "tool_call_ids": "CallIds short_id with_ids",
            "tool_names": "valid_name",
        },
    )

__all__ = [
    "AnyPart",
    "AudioPart",
    "AudioURLPart",
    "BaseMessageParam",
    "CacheControlPart",
    "CallIds",
    "Content",
    "DocumentPart",
    "DocumentURLPart",
    "ImagePart",
    "ImageURLPart",
    "Kind",
    "MediaPart",
    "Messages",
    "Part",
    "TextPart",
    "ToolCallPart",
    "ToolResultPart",
    "document_text",
    "linked_part",
    "media_part",
    "part_of",
    "short_id",
    "shown",
    "sniff",
    "valid_name",
    "with_ids",
    "without_developer",
]
