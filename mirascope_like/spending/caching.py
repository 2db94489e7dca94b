"""`cached`: answers the requests of a call from a cache, if they were sent before."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from ..core.base.errors import ResponseParseError
from ..core.base.provider import call_layer
from ..core.base.response import BaseCallResponse, is_from_cache, response_of
from ..core.base.runtime import alike, is_async, over_descriptors
from ..core.base.streams import BaseStream, BaseStructuredStream, when_ended
from .cache_keys import KeyFunction
from .caching_provider import Cache, CacheLayer
from .durations import seconds_of

P = ParamSpec("P")
R = TypeVar("R")


def cached(
    store: Cache, *, ttl: float | str | None = None, key: KeyFunction | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator for a call of any provider, sync or async, whole or streamed: a request that was sent before
    is answered from `store`, and nothing is sent.

    The key of a request is a hash of the provider, its address, the model and the whole payload. `key` is a function
    of a `CachedRequest`, whose result replaces the payload in it. `ttl` is how long a response is used: seconds, or a
    text such as "12h" or "7d"; without it, as long as it is stored.

    While a request is being sent, equal requests of other threads and tasks of this process wait for its response. A
    stream is stored when it has been read to its end, and is replayed as a stream with the same events. Errors are not
    stored, nor are streams that were left or cut, nor responses that do not fit the `response_model`. If the store
    fails, the request is sent, and the failure is logged.

    Raises `ConfigurationError` for a wrong `ttl`, and, when the call is made, for a payload without a JSON form.
    """
    seconds = None if ttl is None else seconds_of("ttl", ttl)

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            layer = CacheLayer(store, seconds, key)
            try:
                with call_layer(layer):
                    made = function(*args, **kwargs)
            except ResponseParseError:
                layer.forget_last()
                raise
            return _watched(layer, made)

        async def awaited(layer: CacheLayer, made: Any) -> Any:
            try:
                with call_layer(layer):
                    return _watched(layer, await made)
            except ResponseParseError:
                layer.forget_last()
                raise

        def acall(*args: P.args, **kwargs: P.kwargs) -> Any:
            layer = CacheLayer(store, seconds, key)
            with call_layer(layer):
                made: Any = function(*args, **kwargs)
            if isinstance(made, BaseStream | BaseStructuredStream):
                return _watched(layer, cast("Any", made))
            return awaited(layer, made)

        return cast("Callable[P, R]", wraps(function)(alike(acall, function) if is_async(function) else call))

    return over_descriptors(decorate)


def _watched(layer: CacheLayer, made: Any) -> Any:
    """Return the result of a call. The response of a structured stream that does not fit is deleted when it ends."""
    if isinstance(made, BaseStructuredStream):

        def ended(last: Any) -> None:
            if isinstance(last.error, ResponseParseError):
                layer.forget_last()

        when_ended(cast("Any", made), ended)
    return cast("Any", made)


def from_cache(value: object) -> bool:
    """Return True if a response, or the value that a call with a `response_model` returned, was read from a cache.

    Raises `TypeError` for a value that has no response: see `response_of`.
    """
    return is_from_cache(cast("Any", value) if isinstance(value, BaseCallResponse) else response_of(value))
