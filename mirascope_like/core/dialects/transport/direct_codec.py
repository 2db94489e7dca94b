"""The interface through which requests are sent without their SDK: what differs between the SDKs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ...base.parsing import as_list, as_object
from ...base.request import Request
from .rehearsal import Rehearsal


class Additions(NamedTuple):
    """The fields that an SDK adds to a payload, and to what is in it. False if there are none."""

    fields: dict[str, Any]
    inside: Mapping[Any, Additions]
    """The additions to values of the payload, by their keys or positions."""

    def __bool__(self) -> bool:
        return bool(self.fields or self.inside)

    def to(self, value: Any) -> Any:
        """Return a copy of a value with these additions."""
        copy: Any = as_object(value) | self.fields if isinstance(value, dict) else [*value]
        for place, added in self.inside.items():
            copy[place] = added.to(copy[place])
        return copy


NO_ADDITIONS = Additions({}, {})


def additions(given: Any, sent: Any) -> Additions | None:
    """Return what an SDK has added to a decoded JSON value; None if it has changed the value in another way, or added
    lists or objects.
    """
    if isinstance(given, dict) and isinstance(sent, dict):
        ours, theirs = as_object(given), as_object(sent)
        fields = {name: value for name, value in theirs.items() if name not in ours}
        if ours.keys() - theirs.keys() or any(isinstance(one, dict | list) for one in fields.values()):
            return None
        return _inside(fields, ours, theirs, list(ours))
    if isinstance(given, list) and isinstance(sent, list):
        places = range(len(as_list(given)))
        return _inside({}, given, sent, places) if len(as_list(sent)) == len(places) else None
    same = given == sent and isinstance(given, bool) == isinstance(sent, bool)
    return NO_ADDITIONS if same else None


def _inside(fields: dict[str, Any], given: Any, sent: Any, places: Sequence[Any]) -> Additions | None:
    inside: dict[Any, Additions] = {}
    for place in places:
        if (added := additions(given[place], sent[place])) is None:
            return None
        if added:
            inside[place] = added
    return Additions(fields, inside)


class DirectCodec(Protocol):
    """How requests of one provider are sent without its SDK. Made once for each provider."""

    def obstacle(self, client: Any) -> str | None:
        """Return why requests of a client cannot be sent without its SDK; None if they can."""
        ...

    def settings(self, client: Any) -> Sequence[Any]:
        """Return the settings of a client that a program can change while it is used. A changed one is another
        object. The client may be of any class.
        """
        ...

    def rehearsal(self, client: Any) -> Rehearsal:
        """Return a rehearsal of the requests of a client without an obstacle."""
        ...

    def fields(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Return the part of a payload that is sent in the body."""
        ...

    def encoded(self, fields: dict[str, Any]) -> bytes | None:
        """Return fields as JSON, as the SDK sends them; None if only the SDK can encode an object in them."""
        ...

    def key(self, payload: dict[str, Any]) -> Hashable:
        """Return the part of a payload, besides the model, on which the head of its request and the additions of the
        SDK depend.
        """
        ...

    def additions(self, body: bytes, sent: bytes) -> Additions | None:
        """Return what the SDK adds to the body of each payload with the same key, given one of them and what the SDK
        has sent for it; None if only the SDK can make these bodies.
        """
        ...

    def received(self, status: int, body: bytes, headers: Mapping[str, str]) -> Any:
        """Return the SDK's response object for an HTTP response that is not compressed. Raises `ValueError` if only
        the SDK can decide what becomes of it.
        """
        ...

    def corrected(self, request: Request, payload: dict[str, Any], error: Exception) -> dict[str, Any]:
        """Return the payload to send in place of one that failed with an error of the SDK. Raises the error if there
        is none.
        """
        ...


def encoded(encode: Callable[[Any], str], fields: dict[str, Any]) -> bytes | None:
    """Return fields as JSON; None if the function does not know the type of a value."""
    try:
        return encode(fields).encode()
    except (TypeError, ValueError, RecursionError):
        return None
