"""Messages and their parts (text, media, tool calls, tool results), in the form that is common to all providers.

Used by: tools, prompts, requests, conversations, and every provider's encoder.
Must not know: the message format of a provider, or how a prompt is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .media import Content, Kind, SupportsAudio, document_text, linked_part, media_part, part_of, shown, sniff
    from .media_as_sent import with_plain_media
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
        ResultContent,
        TextPart,
        ToolCallPart,
        ToolResultPart,
        result_of,
    )
    from .tool_call_ids import CallForm, CallIds, short_id, with_accepted_calls
    from .tool_call_pairs import check_pairs, find_orphans
    from .tool_names import valid_name
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "media": "Content Kind SupportsAudio document_text linked_part media_part part_of shown sniff",
            "media_as_sent": "with_plain_media",
            "message": "BaseMessageParam Messages without_developer",
            "parts": "AnyPart AudioPart AudioURLPart CacheControlPart DocumentPart DocumentURLPart ImagePart "
            "ImageURLPart MediaPart Part ResultContent TextPart ToolCallPart ToolResultPart result_of",
            "tool_call_ids": "CallForm CallIds short_id with_accepted_calls",
            "tool_call_pairs": "check_pairs find_orphans",
            "tool_names": "valid_name",
        },
    )

__all__ = [
    "AnyPart",
    "AudioPart",
    "AudioURLPart",
    "BaseMessageParam",
    "CacheControlPart",
    "CallForm",
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
    "ResultContent",
    "TextPart",
    "ToolCallPart",
    "ToolResultPart",
    "check_pairs",
    "document_text",
    "find_orphans",
    "linked_part",
    "media_part",
    "part_of",
    "result_of",
    "short_id",
    "shown",
    "sniff",
    "valid_name",
    "with_accepted_calls",
    "with_plain_media",
    "without_developer",
    "SupportsAudio",
]
