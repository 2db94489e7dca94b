"""The format of Anthropic and Bedrock, in which messages and responses are lists of typed blocks.

Used by: `core.anthropic` and `core.bedrock`.
Must not know: the names of a provider's blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...base.runtime import lazy_names

if TYPE_CHECKING:
    from .blocks import BlockAccumulator, BlockResponse, Blocks
    from .turns import decode_turn, encode_turns
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "blocks": "BlockAccumulator BlockResponse Blocks",
            "turns": "decode_turn encode_turns",
        },
    )

__all__ = ["BlockAccumulator", "BlockResponse", "Blocks", "decode_turn", "encode_turns"]
