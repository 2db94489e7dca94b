"""The limits of a provider, as a user passes them."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

from ...core.base.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a provider for one model, as your account has them. None means that a limit is not known.

    Limits that are not known are learnt from the headers of the provider's responses, and from its refusals. If both a
    number here and a header are known, the lower one counts.

    Raises `ConfigurationError` for a number that is not positive.
    """

    rpm: float | None = None
    """Requests per minute."""
    tpm: float | None = None
    """Tokens per minute, input and output together."""
    concurrency: int | None = None
    """The maximum number of requests in progress at the same time."""

    def __post_init__(self) -> None:
        for name, kinds in (("rpm", int | float), ("tpm", int | float), ("concurrency", int)):
            given: Any = getattr(self, name)
            if given is None:
                continue
            if isinstance(given, bool) or not isinstance(given, kinds) or not isfinite(given) or given <= 0:
                number = "a positive number" if name != "concurrency" else "a positive whole number"
                raise ConfigurationError(f"{name} must be {number} or None, not {given!r}")
