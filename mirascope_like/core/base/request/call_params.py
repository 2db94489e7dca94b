"""Call parameters that have the same name for every provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict


class CommonCallParams(TypedDict, total=False):
    """Parameters that have the same name for every provider. A parameter that is not set is not sent."""

    temperature: float
    """Sampling temperature: higher values make the choice of tokens more random."""
    max_tokens: int
    """The maximum number of tokens to generate. It is sent under the name that the model accepts."""
    max_completion_tokens: int | None
    """Another name of `max_tokens`."""
    top_p: float
    """Nucleus sampling: choose only among the most likely tokens that together have this probability (0 to 1)."""
    frequency_penalty: float
    presence_penalty: float
    seed: int
    stop: str | list[str] | None
    """The strings that end the generation."""


LIMITS: tuple[str, ...] = ("max_tokens", "max_completion_tokens")
"""The names of the token limit that every call accepts."""


def with_named_limit(params: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, Any]:
    """Return call parameters whose token limit has one of `names`, which the model accepts; another name becomes the
    first.

    If two limits are given, the last one is used.
    """
    given = [name for name in params if name in LIMITS and params[name] is not None]
    if not given or (len(given) == 1 and given[0] in names):
        return params
    rest = {name: value for name, value in params.items() if name not in LIMITS}
    return {**rest, given[-1] if given[-1] in names else names[0]: params[given[-1]]}


class SDKCallParams(TypedDict, total=False):
    """Options that every SDK of the OpenAI family takes in addition to the body of the request."""

    extra_headers: Mapping[str, str]
    extra_query: Mapping[str, Any]
    extra_body: Mapping[str, Any]
    """Body fields that the SDK does not have parameters for."""
    timeout: Any
    """Seconds, or the HTTP client's own timeout object."""
