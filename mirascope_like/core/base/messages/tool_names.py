"""Makes names of tools and of structured outputs that every provider accepts. Used by `tools` and `request`."""

from __future__ import annotations

import re
from hashlib import sha256
from unicodedata import normalize

_LONGEST = 64
_VALID = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")
_HASH = 8
_GENERIC = re.compile(r"[a-zA-Z_]\w*\[[\w\[\], .]+\]", re.ASCII)
"""The name of a parametrized class, such as `Box[int]`."""


def valid_name(name: str, default: str = "tool") -> str:
    """Return a name that every provider accepts: at most 64 letters, digits, `_` and `-`, and no digit or `-` at the
    beginning.

    These are the common limits of OpenAI, Anthropic, Bedrock, Mistral and Google. A name that has to change ends with a
    hash of the original, so that different names stay different. The brackets of `Box[int]` are replaced without a
    hash. `default` is used for a name without any valid character.
    """
    if _VALID.fullmatch(name):
        return name
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^a-zA-Z0-9_-]+", "_", plain).rstrip("_")
    if not re.match("[a-zA-Z_]", kept):
        kept = f"_{kept}" if kept else default
    if _GENERIC.fullmatch(name) and len(kept) <= _LONGEST:
        return kept
    return f"{kept[: _LONGEST - _HASH - 1]}_{sha256(name.encode()).hexdigest()[:_HASH]}"
