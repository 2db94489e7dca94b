"""Changes the class of an SDK's error so that it is also an instance of one of our error classes, and can be
pickled.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, ClassVar, cast

from ..runtime import error_text
from .classification import request_id
from .exceptions import MirascopeLikeError, ProviderError, StoreError
from .waiting_time import retry_after

_HTTP = ("request", "response", "raw_response", "_response")
"""The attributes in which errors of SDKs keep the HTTP request and response. Mistral's error also has the response
in `args`.
"""


class _Adopted:
    """Base class of the error classes that `both` makes. Makes them picklable: a pickle names the parent classes,
    and loading it makes the same class again.
    """

    parents: ClassVar[tuple[type[BaseException], ...]] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        # The HTTP request has the API key in its headers, and the response refers to the request: pickle neither.
        # botocore's response is a plain dict without the key: pickle it.
        # The response of a StoreError is a response of this library: pickle it too.
        own = isinstance(self, StoreError)
        http = (
            [] if own else [value for key, value in vars(self).items() if key in _HTTP and not isinstance(value, dict)]
        )
        state = {key: _without(http, value) for key, value in vars(self).items() if key != "_partial"}
        args = tuple(_without(http, value) for value in cast("BaseException", self).args)
        parents = tuple(_importable(parent) for parent in self.parents)
        return _restore, (parents, args, state)


def _without(http: Sequence[Any], value: Any) -> Any:
    if any(value is one for one in http):
        return None
    if type(value) in (list, tuple):  # google.api_core's errors list those of gRPC, which are calls of its own
        return type(value)(one for one in value if not any(one is other for other in http))
    return value


def _importable(kind: type[BaseException]) -> type[BaseException]:
    """Return the nearest base class of `kind` that can be imported by its name. botocore, for example, creates error
    classes at run time.
    """
    mro: tuple[type[BaseException], ...] = kind.__mro__
    found: type[BaseException] = next(
        one for one in mro if getattr(sys.modules.get(one.__module__), one.__name__, None) is one
    )
    return found


def _restore(parents: tuple[type[BaseException], ...], args: tuple[Any, ...], state: dict[str, Any]) -> BaseException:
    kind = both(*parents)
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


_BOTH: dict[tuple[type[BaseException], ...], type[BaseException]] = {}


def both(*parents: type[BaseException]) -> type[BaseException]:
    """Return a class that inherits from all given classes and has the name of the first. The class is made once per
    combination.
    """
    made = _BOTH.get(parents)
    if made is None:
        made = _BOTH[parents] = _made(parents)
    return made


def _made(parents: tuple[type[BaseException], ...]) -> type[BaseException]:
    kept = [one for one in parents if not any(other is not one and issubclass(other, one) for other in parents)]
    if len(kept) == 1:
        return kept[0]
    first = kept[0]
    space = {"parents": tuple(kept), "__module__": first.__module__, "__doc__": first.__doc__}
    return type(first.__name__, (_Adopted, *kept), space)


def _copied(error: Exception, kind: type[BaseException]) -> Exception:
    made = cast("Exception", kind.__new__(kind, *error.args))
    made.args = error.args
    made.__dict__.update(vars(error))
    made.__cause__ = error.__cause__
    return made.with_traceback(error.__traceback__)


def adopt(
    error: Exception,
    *kinds: type[MirascopeLikeError],
    provider: str,
    model: str | None,
    headers: Any = None,
) -> Exception:
    """Make an SDK's error an instance of our error classes `kinds` as well; return the error.

    The class of the error is replaced by one that inherits from `kinds` and from the SDK's class. The class of a
    built-in error, such as `ValueError`, cannot be replaced: then a copy of the error is returned. `headers` are
    those of the HTTP response, if known; they are used for `retry_after` if the error itself has no response.
    """
    kind = both(*kinds, type(error))
    try:
        cast("Any", error).__class__ = kind
    except TypeError:
        error = _copied(error, kind)
    if isinstance(error, ProviderError):
        state = vars(error)
        own = getattr(error, "response", None)  # an attribute, or, in google.api_core, a property
        own_headers = getattr(own, "headers", None) or state.get("headers")
        error.provider = provider
        error.model = model
        state.setdefault("status_code", getattr(own, "status_code", None))
        state.setdefault("request_id", request_id(own_headers) if own_headers is not None else None)
        state.setdefault("body", None)
        state["retry_after"] = retry_after(own_headers or headers, state["body"], error_text(error))
    return error


def adopt_store_error(error: Exception, response: Any = None) -> StoreError:
    """Make an error of a store a `StoreError` as well; return the error. `response` is the response that could not be
    stored.

    An error that already has an attribute `response`, such as botocore's, becomes the `__cause__` of a new
    `StoreError`.
    """
    made: Any = error
    if not isinstance(error, StoreError):
        if hasattr(error, "response"):
            made = StoreError(f"{type(error).__name__}: {error}")
            made.__cause__ = error
        else:
            kind = both(StoreError, type(error))
            try:
                made.__class__ = kind
            except TypeError:
                made = _copied(error, kind)
    if response is not None:
        made.response = response
    return cast("StoreError", made)
