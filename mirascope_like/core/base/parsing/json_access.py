"""Functions that read decoded JSON and objects of an SDK."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import Any, TypeGuard, cast

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, to_jsonable_python

_DICT: Any = dict
"""For `isinstance` where type checkers shall not know of keys of an unknown type: `cast` takes time."""
PLAIN_TYPES: tuple[type[Any], ...] = (str, int, float, list)
"""The types of the values that some gateways send where an object belongs."""


def dumped(value: Any) -> dict[str, Any]:
    """Return an SDK object as the JSON object it was made from. Fields that the provider did not send are left out.

    Lone surrogates (halves of a character) are kept.
    """
    if not isinstance(value, BaseModel):
        as_dict: Any = getattr(
            value, "as_dict", None
        )  # the method of Azure's own objects, whose values are objects too
        if as_dict is not None:
            return cast("dict[str, Any]", as_dict())
        return dict(value) if hasattr(value, "keys") else {}  # some gateways send another value where an object belongs
    try:
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
    except PydanticSerializationError:
        fields = value.model_dump(mode="python", by_alias=True, exclude_unset=True, warnings=False)
        return {key: _plain(one) for key, one in fields.items()}


def as_received(value: Any) -> Any:
    """Return an SDK object, or a list of these, as the JSON it was made from. Any other value is returned itself."""
    if is_list(value):
        return [as_received(one) for one in value]
    return dumped(value) if isinstance(value, BaseModel) else value


def has_values(value: Any) -> bool:
    """Return True if a value of an SDK's object has anything that the provider sent. A list of empty objects has
    nothing.
    """
    if is_list(value):
        return any(map(has_values, value))
    return bool(value.model_fields_set) if isinstance(value, BaseModel) else bool(value)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in cast("list[Any]", value)]
    if isinstance(value, str):
        return value.value if isinstance(value, Enum) else value
    return to_jsonable_python(value, by_alias=True, bytes_mode="base64")


def as_object(value: Any) -> dict[str, Any]:
    """Return the value if it is a dict, else an empty dict."""
    found: dict[str, Any] = value if isinstance(value, _DICT) else {}
    return found


def as_text(value: Any) -> str:
    """Return the value if it is a text, else an empty text."""
    return value if isinstance(value, str) else ""


def as_parts(content: Any) -> list[Any]:
    """Return the content of a message as a list of parts: a text becomes a part of type "text", and any other value
    that is not a list becomes the only part. An empty list for None.
    """
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return as_list(content) if content is None or isinstance(content, list) else [content]


def at(value: Any, path: str) -> Any:
    """Return the value at a dotted path, such as "usage.input_tokens", in JSON or an SDK object; None if it is
    missing.
    """
    for key in _keys(path):
        if value is None:
            return None
        value = value.get(key) if isinstance(value, _DICT) else _attribute(value, key)
    return value


def _attribute(value: Any, name: str) -> Any:
    """Return an attribute; None if it is missing.

    In a model of pydantic, a missing attribute is found to be missing by an exception, which takes as long as reading
    twenty others. So its class is asked only once whether it has an attribute that is not a field.
    """
    if isinstance(value, BaseModel) and not name.startswith("_"):
        fields = vars(value)
        if name in fields:
            return fields[name]
        if not _has(type(value), name):
            others: dict[str, Any] = getattr(value, "__pydantic_extra__", None) or {}
            return others.get(name)
    return getattr(value, name, None)


@lru_cache(maxsize=1000)
def _has(kind: type, name: str) -> bool:
    return any(name in vars(one) for one in kind.__mro__)


@lru_cache(maxsize=1000)
def _keys(path: str) -> list[str]:
    return path.split(".")


def as_list(value: Any) -> list[Any]:
    """Return the value if it is a list, else an empty list."""
    return value if is_list(value) else []


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Return True if the value is a list."""
    return isinstance(value, list)


def is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    """Return True if the value is a mapping."""
    if isinstance(value, dict):  # checked faster than an abstract class
        return True
    return not isinstance(value, _SCALARS) and isinstance(value, Mapping)


_SCALARS = (str, int, float, bytes, list, tuple, type(None))


def is_end(value: Any) -> bool:
    """Return True for the event `[DONE]`, as bytes or decoded, which ends a stream in OpenAI's format."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else value
    return isinstance(text, str) and text.strip().strip('"') == "[DONE]"
