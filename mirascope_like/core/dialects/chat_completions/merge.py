"""Merges the fields of chat completion chunks. Does no I/O."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, cast

from ...base.parsing import as_growing, as_list, as_object, as_parts, settled
from .chunk import content_text

_TEXTS = frozenset({"content", "refusal", "arguments", "transcript", "text", "summary", "data", "input", "thinking"})
"""Keys of strings that arrive in pieces, in addition to keys that begin with "reasoning". All other strings arrive
complete.
"""
_WHOLE = ("_opaque", "_signature", "_encrypted", "_encrypted_content", "_id", "_format", "_type", "_effort", "_level")
"""Endings of keys that begin with "reasoning" and whose strings arrive complete."""
_BLOCKS = frozenset({"reasoning_details", "thinking_blocks"})
"""Keys of lists of reasoning blocks (OpenRouter's and LiteLLM's), which must be sent back unchanged."""


def merge(known: dict[str, Any], new: Mapping[str, Any]) -> None:
    """Add the fields of an event to `known`: text is appended, lists are appended or merged by index, and other values
    are replaced.

    None, an empty string and an empty list do not replace a value.
    Images are complete: one that is new is appended, whatever its index, and one that is known is not added again.
    """
    for key, value in new.items():
        old = known.get(key)
        if value is None:
            known.setdefault(key, None)
        elif isinstance(value, str):
            if _grows(key):
                known[key] = text = as_growing(old)
                text.append(value)
            elif value or old is None:
                known[key] = value
        elif isinstance(value, dict):
            if not isinstance(old, dict):
                old = known[key] = {}
            merge(cast("dict[str, Any]", old), cast("dict[str, Any]", value))
        elif isinstance(value, list):
            if key == "images":
                known[key] = [*as_list(old), *(one for one in as_list(cast("Any", value)) if one not in as_list(old))]
            elif key in _BLOCKS:
                known[key] = _with_blocks(as_list(old), as_list(cast("Any", value)))
            else:
                known[key] = _merged(as_list(old), as_list(cast("Any", value)), restated=key == "executed_tools")
        else:
            known[key] = value


def merge_head(known: dict[str, Any], new: Mapping[str, Any]) -> None:
    """Merge the top-level fields of an event into `known`. Lists are replaced and not appended, because Perplexity
    repeats its list of sources.
    """
    merge(known, {key: value for key, value in new.items() if not isinstance(value, list)})
    for key, value in new.items():
        if isinstance(value, list) and (value or key not in known):
            known[key] = value


def new_fields(known: Mapping[str, Any], message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a complete message, sent in place of a delta, without the text that has already arrived.

    `known` is the message so far.
    """
    added: dict[str, Any] = {}
    for key, value in message.items():
        old: Any = settled(known.get(key))
        if isinstance(value, str) and isinstance(old, str) and _grows(key) and value.startswith(old):
            added[key] = value[len(old) :]
        elif not (key in _BLOCKS and value == old):
            added[key] = value
    return added


def restates(key: str, value: Any) -> bool:
    """Return True if merging a field twice has the same result as merging it once."""
    if isinstance(value, dict):
        return all(restates(inner, one) for inner, one in cast("dict[str, Any]", value).items())
    return not (value and (isinstance(value, list) or (isinstance(value, str) and _grows(key))))


def _grows(key: str) -> bool:
    return key in _TEXTS or (key.startswith("reasoning") and not key.endswith(_WHOLE))


def _with_blocks(known: list[Any], new: list[Any]) -> list[Any]:
    """Return the reasoning blocks with pieces added: each piece extends the block that it continues, or becomes a
    new block.
    """
    for piece in map(as_object, new):
        block = _continued(known, piece)
        if block is None:
            known.append(block := dict[str, Any]())
        additions = {key: one for key, one in piece.items() if key != "data" or str(block.get("data") or "") != one}
        merge(block, additions)
    return known


def _continued(known: list[Any], piece: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the reasoning block that a piece continues; None if the piece begins a new block.

    That is the block with the same id. Without one, it is the last block with the same index, if type, format and id do
    not differ and the block has not ended with a signature or encrypted data. Source: OpenRouter's documentation of
    `reasoning_details`, which must be sent back unchanged; in streams, all of them may have the index 0.
    """
    index, id = piece.get("index"), piece.get("id")
    blocks = [as_object(one) for one in known]
    if id and (same := [one for one in blocks if one.get("id") == id and _agree(one, piece, "type")]):
        return same[-1]
    beside = [one for one in blocks if index is None or one.get("index") in (None, index)]
    last = beside[-1] if beside else None
    if last is None or not all(_agree(last, piece, key) for key in ("type", "format", "id")):
        return None
    return None if _ended(last, piece) else last


def _agree(one: Mapping[str, Any], other: Mapping[str, Any], key: str) -> bool:
    return not one.get(key) or not other.get(key) or one[key] == other[key]


def _ended(last: Mapping[str, Any], piece: Mapping[str, Any]) -> bool:
    """Return True if the block `last` has a signature or encrypted data that `piece` does not repeat: then the piece
    begins a new block.
    """
    seals = {key: str(last[key]) for key in ("signature", "data") if last.get(key)}
    return bool(seals) and any(piece.get(key) != seal for key, seal in seals.items())


def _merged(known: list[Any], new: list[Any], *, restated: bool) -> list[Any]:
    # Groq sends each tool that it ran twice, complete: at its start, and with its result.
    for one in new:
        same = next((as_object(old) for old in known if _same(as_object(old), as_object(one))), None)
        if same is not None:
            additions = {key: value for key, value in as_object(one).items() if value is not None}
            same.update(additions) if restated else merge(same, as_object(one))
        elif isinstance(one, dict):
            fresh: dict[str, Any] = {}
            merge(fresh, cast("dict[str, Any]", one))
            known.append(fresh)
        else:
            known.append(one)
    return known


def _same(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    # OpenRouter numbers the reasoning details of each type separately.
    index, kind = new.get("index"), new.get("type")
    return index is not None and old.get("index") == index and (kind is None or old.get("type") in (None, kind))


def joined_base64(pieces: str) -> str:
    """Return one base64 text for several base64 texts in a row, each of which has its own padding."""
    if "=" not in pieces.rstrip("="):
        return pieces
    try:
        return b64encode(b"".join(b64decode(piece) for piece in re.findall("[^=]+=*", pieces))).decode()
    except ValueError:
        return pieces


def add_parts(parts: list[dict[str, Any]], content: Any) -> str:
    """Add content (parts or plain text) to the parts received so far; return the text that the content adds.

    Sources: Mistral's documentation of reasoning, and Databricks' of its reasoning models. Their streams send thinking
    as parts, and text as parts or plain text. Adjacent pieces of the same type are joined, as in their unstreamed
    responses.
    """
    new = (
        [part for one in as_list(content) for part in as_parts(one)] if isinstance(content, list) else as_parts(content)
    )
    for part in map(as_object, new):
        last = parts[-1] if parts else {}
        if part.get("type") not in _GROWING_PARTS:
            parts.append(part)
            continue
        inner = {key: as_list(part[key]) for key in _INNER if isinstance(part.get(key), list)}
        if last.get("type") != part["type"] or _ended(_sealed(last), _sealed(part)):
            parts.append(last := dict[str, Any]())
        merge(last, {key: value for key, value in part.items() if key not in inner})
        for key, pieces in inner.items():
            add_parts(last.setdefault(key, []), pieces)
    return content_text(new)


_GROWING_PARTS = ("text", "thinking", "reasoning", "summary_text", "reasoning_text")
_INNER = ("thinking", "summary")
"""The keys of a reasoning part that contain further parts: Mistral's and Databricks'."""


def _sealed(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the last part inside a part, which has the signature; the part itself if it contains no parts."""
    inner = [one for key in _INNER for one in as_list(part.get(key))]
    return as_object(inner[-1]) if inner else part
