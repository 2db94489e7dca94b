"""The attributes of a span that are known when its response has arrived, or when the request has failed."""

from __future__ import annotations

from typing import Any

from ...core.base.response import BaseCallResponse, usage_and_cost
from .content import finish_reasons
from .conventions import USAGE, Conventions

Attributes = dict[str, Any]


def response_attributes(response: BaseCallResponse[Any, Any], table: Conventions, *, complete: bool) -> Attributes:
    """Return the attributes of a response. `complete` is False for a stream that was closed or has failed."""
    usage, cost = usage_and_cost(response)
    attributes: Attributes = {
        "gen_ai.response.model": response.model,
        "gen_ai.response.id": response.id,
        "gen_ai.response.finish_reasons": finish_reasons(response, complete=complete) or None,
        "mirascope_like.cost": cost,
        **{table.renamed.get(name, name): getattr(usage, count, None) for name, count in USAGE.items()},
    }
    return {name: value for name, value in attributes.items() if value is not None}


def error_attributes(error: BaseException) -> Attributes:
    """Return the attributes of an error: its class, which is one of the library's, as `error.type`."""
    return {"error.type": error_type(error)}


def error_type(error: BaseException) -> str:
    """Return the name of the class of an error. For an SDK's error that was adopted, this is the library's class."""
    return type(error).__qualname__
