"""The options of a map, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypedDict

from ..core.base.errors import ConfigurationError, load_sdk
from ..spending import Budget
from .batches import BedrockStorage
from .limits import Limits

CONCURRENCY = 200
"""The number of calls that run at once, if no limits are passed."""
PACED = 1000
"""The number of calls that run at once, if limits pace them."""
THREADS = 64
"""The number of threads for sync functions, without other limits."""
BATCHED = 50_000
"""The number of calls that wait for batches at once: OpenAI's largest batch."""
BATCHED_THREADS = 1000
"""The number of threads for sync functions that wait for batches."""
WINDOW = 4
"""The number of items, for each call that may run at once, that are running or wait for the user to take them."""

_CHOICES = (("on_fatal", "stop", "fail"), ("via", "live", "batch"), ("transport", "sdk", "direct"))
"""Options with two values, the default first."""


class MapOptions(TypedDict, total=False):
    """The options of `amap` and `map_calls`."""

    limits: Limits
    """The limits of the provider, as your account has them, and how many calls run at once.

    Limits that are not passed are learnt from the provider's responses. By default 200 calls run at once, 1,000 if
    `rpm` or `tpm` is passed, and 64 of a sync function, which runs in threads.
    """
    share: str
    """Where processes share the limits: the URL of a Redis server ("redis://localhost:6379/0"), or "ray" for the Ray
    cluster that the process belongs to. All of them pass the same `limits`. By default each process has its own.
    """
    attempts: int
    """How often a request is sent that fails because of the server or the connection. Default: 5.

    A request that the provider refuses for a rate limit is repeated without counting as an attempt.
    """
    store: str | Path
    """The file of a SQLite database in which all responses are stored. A run with the same store sends no request that
    has a response there: it continues after a crash, and adds what is new.
    """
    budget: float | Budget
    """What all requests of the run may cost in US dollars, or a `budget(...)` of `mirascope_like.spending`."""
    progress: bool
    """True to show the progress on standard error: a bar in a terminal, otherwise a line each minute."""
    samples: int
    """How many different responses are requested for each input. Default: 1: equal inputs share one response."""
    via: Literal["live", "batch"]
    """How requests are sent: "live" (the default), or "batch": in batches of the provider, which cost half as much and
    may take a day. Needs a `store`.
    """
    transport: Literal["sdk", "direct"]
    """What sends requests: "sdk" (the default), or "direct": connections of the run itself, which need less CPU time.

    What is sent, and responses and errors, are those of the SDK. Where this is not certain, the SDK sends the request.
    Needs the extra `aiohttp`.
    """
    bedrock: BedrockStorage
    """Where the files of Bedrock's batches are. Needed only for `via="batch"` with calls of Bedrock."""
    on_fatal: Literal["stop", "fail"]
    """What happens after an error that every item would have (a wrong key, an unknown model, no credit left): "stop"
    (the default) starts no further call and raises the error after the last item, "fail" makes the item a `Failed`.
    """


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one run, with their defaults."""

    limits: Limits | None = None
    share: str | None = None
    attempts: int = 5
    store: str | Path | None = None
    budget: Budget | None = None
    progress: bool = False
    samples: int = 1
    on_fatal: Literal["stop", "fail"] = "stop"
    via: Literal["live", "batch"] = "live"
    transport: Literal["sdk", "direct"] = "sdk"
    bedrock: BedrockStorage | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Settings:
        """Return the settings for these options. Raises `ConfigurationError` for an unknown or invalid option."""
        for name in options:
            if name not in MapOptions.__annotations__:
                near = get_close_matches(name, MapOptions.__annotations__, n=1)
                raise ConfigurationError(
                    f"unknown option of a map {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")
                )
        given = {name: value for name, value in options.items() if value is not None}
        if not isinstance(given.get("limits"), Limits | None):
            raise ConfigurationError(f"limits must be Limits(...), not {given['limits']!r}")
        if not isinstance(given.get("store", "run.db"), str | Path) or given.get("store") == "":
            raise ConfigurationError(f"store must be the path of a file, not {given['store']!r}")
        if not isinstance(given.get("share", ""), str):
            raise ConfigurationError(f"share must be 'ray' or the URL of a Redis server, not {given['share']!r}")
        if not isinstance(given.get("bedrock"), BedrockStorage | None):
            raise ConfigurationError(f"bedrock must be BedrockStorage(...), not {given['bedrock']!r}")
        for name in ("attempts", "samples"):
            value = given.get(name, 1)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ConfigurationError(f"{name} must be a whole number, 1 or more, not {value!r}")
        for name, default, other in _CHOICES:
            if given.get(name, default) not in (default, other):
                raise ConfigurationError(f"{name} must be {default!r} or {other!r}, not {given[name]!r}")
        if given.get("via") == "batch" and "store" not in given:
            raise ConfigurationError("via='batch' needs store=...: a program that has stopped finds its batches there")
        if given.get("transport") == "direct":
            if given.get("via") == "batch":
                raise ConfigurationError("transport='direct' sends requests one by one: remove it, or via='batch'")
            load_sdk("aiohttp", extra="aiohttp")
        if "budget" in given and not isinstance(given["budget"], Budget):
            given["budget"] = Budget(usd=given["budget"])
        return cls(**given)

    def most(self, *, threads: bool) -> int:
        """Return the number of calls that run at once."""
        limits = self.limits or Limits()
        if limits.concurrency is not None:
            return limits.concurrency
        if self.via == "batch":
            return BATCHED_THREADS if threads else BATCHED
        return THREADS if threads else PACED if limits.rpm or limits.tpm else CONCURRENCY

    def hours(self, requests: int, tokens: float) -> float | None:
        """Return the hours that so many requests and tokens need within the limits; None without limits."""
        limits = self.limits
        needed = [] if limits is None or limits.rpm is None else [requests / limits.rpm]
        needed += [] if limits is None or limits.tpm is None else [tokens / limits.tpm]
        return max(needed) / 60 if needed else None
