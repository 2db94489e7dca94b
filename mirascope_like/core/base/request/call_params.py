"""Call parameters that have the same name for every provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict


class CommonCallParams(TypedDict, total=False):
    """Call parameters that have the same name for every provider. A parameter that is not set is not sent."""

    temperature: float
    """Sampling temperature. Higher values make the output more random."""
    max_tokens: int
    """The maximum number of tokens to generate. Sent under the parameter name that the model accepts."""
    max_completion_tokens: int | None
    """The same as `max_tokens`, under another name."""
    top_p: float
    """Nucleus sampling (0 to 1): tokens are chosen only from the most likely ones whose probabilities add up to this
    value.
    """
    frequency_penalty: float
    presence_penalty: float
    seed: int
    stop: str | list[str] | None
    """Texts that end the generation when the model writes one of them."""


LIMITS: tuple[str, ...] = ("max_tokens", "max_completion_tokens")
"""The names of the token limit that every call accepts."""


def with_named_limit(params: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, Any]:
    """Return call parameters whose token limit has a name that the model accepts. `names` are these names, the
    preferred one first.

    If several limits are set, the last one is used.
    """
    given = [name for name in params if name in LIMITS and params[name] is not None]
    if not given or (len(given) == 1 and given[0] in names):
        return params
    rest = {name: value for name, value in params.items() if name not in LIMITS}
    return {**rest, given[-1] if given[-1] in names else names[0]: params[given[-1]]}


class SDKCallParams(TypedDict, total=False):
    """Options that all SDKs similar to OpenAI's accept in addition to the fields of the request body."""

    extra_headers: Mapping[str, str]
    extra_query: Mapping[str, Any]
    extra_body: Mapping[str, Any]
    """Additional fields of the request body, for which the SDK has no parameters."""
    timeout: Any
    """The timeout in seconds, or a timeout object of the HTTP client."""
