"""`calculate_cost`: the cost of a call from its usage, in v1's form. `response.cost` is the same for a response."""

from __future__ import annotations

from ..base.legacy_names import Provider
from ..base.response import CostMetadata, Usage, call_cost
from ..base.runtime import Listing

_LISTED_AS = {"bedrock": "aws", "gemini": "google", "vertex": "google", "xai": "x-ai"}
"""The names of providers in the price list, if the list uses other names."""


def calculate_cost(provider: Provider, model: str, metadata: CostMetadata | None = None) -> float | None:
    """Return the cost of a call in US dollars; None if a token count or the price of the model is unknown.

    Needs the extra `cost`, or a price set by `set_price`. A cost in `metadata` that the provider reported is returned
    unchanged.
    """
    if metadata is None or metadata.cost is not None:
        return metadata.cost if metadata is not None else None
    counts = (metadata.input_tokens, metadata.cached_tokens or 0, metadata.output_tokens)
    usage = Usage(*(None if count is None else int(count) for count in counts))
    terms = {"service_tier": metadata.tier} if metadata.tier else None
    return call_cost(provider, model, usage, listed_as=_LISTED_AS.get(provider), terms=terms)


__all__ = ["calculate_cost"]

__dir__: Listing = Listing(__all__)
