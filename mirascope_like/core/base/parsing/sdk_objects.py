"""Builds objects of an SDK from JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import EnumType
from functools import lru_cache
from typing import Any, TypeVar, cast, get_args

import jiter
from pydantic import BaseModel, ValidationError

from .json_access import as_list, as_object, as_text, dumped
from .large_json import LARGE
from .surrogates import all_paired, decode_whole, encode_json, has_half

ModelT = TypeVar("ModelT", bound=BaseModel)


def construct(kind: type[ModelT], raw: bytes | Mapping[str, Any]) -> ModelT:
    """Return an SDK object built from JSON. JSON that does not validate is built field by field, as the SDK itself
    does.

    Lone surrogates (halves of a character) become U+FFFD. Raises `ValueError` if the JSON is not an object.
    """
    body = raw if isinstance(raw, bytes) else encode_json(raw)
    # pydantic holds copies of a long text while it finds out which class of a union fits. SDKs do not validate at all.
    if len(body) <= LARGE or cast("Any", kind).construct.__module__.startswith("pydantic"):
        try:
            return kind.model_validate_json(body, strict=True)
        except ValidationError:
            pass
    fields = decode_whole(body)
    if not isinstance(fields, dict):
        raise ValueError(f"not a JSON object: {body[:200]!r}")
    return cast("ModelT", cast("Any", kind).construct(**fields))


def construct_event(union: Any, raw: bytes) -> Any:
    """Return the SDK object of an event. Its class is chosen from the union by the event's `type`.

    An event of an unknown type is built as the first class of the union.
    """
    kinds = _kinds(union)
    return construct(kinds.get(as_text(jiter.from_json(raw).get("type"))) or next(iter(kinds.values())), raw)


@lru_cache
def _kinds(union: Any) -> dict[str, Any]:
    return {get_args(kind.model_fields["type"].annotation)[0]: kind for kind in get_args(get_args(union)[0])}


def readable(response: Any, parse: Callable[[Mapping[str, Any]], Any]) -> Any:
    """Return a response that an SDK has decoded. If it contains lone surrogates, call `parse` with its JSON, in
    which they are replaced by U+FFFD, and return that.
    """
    data = dumped(response) if isinstance(response, BaseModel) else response
    return parse(all_paired(data)) if has_half(data) else response


def fitted(kind: type[ModelT], data: dict[str, Any]) -> ModelT:
    """Return an SDK object of a class that rejects unknown values. Values that do not validate are removed from
    `data`.
    """
    for _ in range(8):
        try:
            return kind.model_validate(data)
        except AttributeError:
            _drop_odd_enums(kind, data)
        except ValidationError as error:
            for fault in reversed(error.errors(include_url=False, include_context=False, include_input=False)):
                _drop(data, fault["loc"])
    return kind.model_construct()


def _drop_odd_enums(kind: Any, value: Any) -> None:
    """Remove values of another type where a class of an SDK has an enum of texts: Google's enums fail on them."""
    for inner in get_args(kind):  # of a union or a list
        for one in as_list(value) or [value]:
            _drop_odd_enums(inner, one)
    fields: dict[str, Any] = getattr(kind, "model_fields", {})
    for name, field in fields.items() if isinstance(value, dict) else ():
        for key in {name, field.alias or name} & as_object(value).keys():
            if any(isinstance(one, EnumType) for one in get_args(field.annotation)) and not isinstance(value[key], str):
                del value[key]
            else:
                _drop_odd_enums(field.annotation, value[key])


def _drop(data: Any, path: tuple[int | str, ...]) -> None:
    """Remove the value at a path. If the path does not exist, remove the value at its longest existing part."""
    holder: Any = None
    last: Any = None
    for step in path:
        try:
            inner = data[step]
        except (LookupError, TypeError):
            break
        holder, last, data = data, step, inner
    if holder is not None:
        del holder[last]
