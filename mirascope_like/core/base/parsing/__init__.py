"""Parses bytes into server-sent events, and complete or incomplete JSON into values of a type.

Used by: tools, responses, streams, and the wire formats in `dialects`.
Must not know: providers, prompts, or what a value is used for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .given_fields import GivenFields
    from .iterators import without_iterators
    from .json_access import (
        PLAIN_TYPES,
        as_list,
        as_object,
        as_parts,
        as_received,
        as_text,
        at,
        dumped,
        has_values,
        is_end,
        is_list,
        is_mapping,
    )
    from .json_encoding import quick_encode
    from .json_extraction import FoundJSON, chosen, ends_open, json_in, json_values
    from .large_json import LARGE, decode_large, decode_text
    from .lenient_models import incomplete, object_so_far
    from .partial import Partial
    from .partial_parser import NOTHING, PartialParser
    from .schema_version import VERSION_KEY, check_schema_version
    from .sdk_objects import construct, construct_event, fitted, readable
    from .sse import Events, EventTooLongError
    from .surrogates import HalfCharacters, all_paired, decode_json, decode_whole, encode_json, has_half, paired_escapes
    from .text_buffer import Text, as_growing, grow, settled
    from .type_structure import ModelRecord, Shape, shape_of
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "given_fields": "GivenFields",
            "iterators": "without_iterators",
            "json_access": "PLAIN_TYPES as_list as_object as_parts as_received as_text at dumped has_values is_end "
            "is_list is_mapping",
            "json_encoding": "quick_encode",
            "json_extraction": "FoundJSON chosen ends_open json_in json_values",
            "large_json": "LARGE decode_large decode_text",
            "lenient_models": "incomplete object_so_far",
            "partial": "Partial",
            "partial_parser": "PartialParser NOTHING",
            "schema_version": "VERSION_KEY check_schema_version",
            "sdk_objects": "construct construct_event fitted readable",
            "sse": "EventTooLongError Events",
            "surrogates": "HalfCharacters all_paired decode_json decode_whole encode_json has_half paired_escapes",
            "text_buffer": "Text as_growing grow settled",
            "type_structure": "ModelRecord Shape shape_of",
        },
    )

__all__ = [
    "EventTooLongError",
    "Events",
    "FoundJSON",
    "GivenFields",
    "PartialParser",
    "HalfCharacters",
    "LARGE",
    "ModelRecord",
    "NOTHING",
    "PLAIN_TYPES",
    "Partial",
    "Shape",
    "Text",
    "VERSION_KEY",
    "all_paired",
    "as_growing",
    "as_list",
    "as_object",
    "as_parts",
    "as_received",
    "as_text",
    "at",
    "check_schema_version",
    "chosen",
    "construct",
    "construct_event",
    "decode_json",
    "decode_large",
    "decode_text",
    "decode_whole",
    "dumped",
    "encode_json",
    "ends_open",
    "fitted",
    "grow",
    "has_half",
    "has_values",
    "incomplete",
    "is_end",
    "is_list",
    "is_mapping",
    "json_in",
    "json_values",
    "object_so_far",
    "paired_escapes",
    "quick_encode",
    "readable",
    "settled",
    "shape_of",
    "without_iterators",
]
