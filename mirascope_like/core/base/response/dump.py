"""Converts responses to plain JSON values without secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import BaseModel, SerializationInfo, TypeAdapter
from pydantic_core import PydanticSerializationError, from_json, to_json, to_jsonable_python

from ..parsing import VERSION_KEY, check_schema_version, is_list, is_mapping, without_iterators
from .billing import FROM_BATCH, batch_mark
from .offered_tools import TOOL_CLASSES, tool_paths

DUMP_VERSION = 3
"""The schema version of dumps. Increase it whenever a change would make older versions of the library misread a
dump.
"""

_V1_KEYS = (
    *("metadata", "response", "tool_types", "prompt_template", "fn_args", "dynamic_config", "messages", "call_params"),
    *("call_kwargs", "user_message_param", "start_time", "end_time", "content", "finish_reasons", "model", "id"),
    *("input_tokens", "cached_tokens", "output_tokens", "cost_metadata", "cost", "message_param"),
    *("audio", "audio_transcript"),
)
"""The keys of a dump in Mirascope v1, in their order. Other keys follow them."""
READ_FROM_RESPONSE = frozenset(
    {
        *("tool_types", "user_message_param", "content", "finish_reasons", "model", "id", "input_tokens"),
        *("cached_tokens", "output_tokens", "cost_metadata", "cost", "message_param"),
        *("provider", "form", "usage", "computed_fields", "audio", "audio_transcript"),
        FROM_BATCH,
    }
)
"""The keys of a dump that are properties of the response. They are computed again when a dump is validated, but for the
mark of a batch, which is read.
"""

_DICT: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
"""Keeps and drops the keys of a dict as pydantic does those of a model."""
_NATIVE = ("finish_reasons", "model", "id", "input_tokens", "cached_tokens", "output_tokens", "cost")

_SECRET = re.compile(
    r"authorization|(api|access|private)[-_]?key|token$|secret|password|cookie|credential", re.IGNORECASE
)
CARRIERS = frozenset(
    {
        *("extra_headers", "extra_query", "headers"),
        *("additional_headers", "additional_query_parameters"),  # Cohere's
        "http_headers",  # Mistral's
    }
)
"""Options whose values are treated as secrets, whatever the names of the values are."""
_WORDS_OF_SECRETS = (
    *(b"authorization", b"key", b'token"', b"secret", b"password", b"cookie", b"credential"),
    *(b'"client"', *(name.encode() for name in sorted(CARRIERS) if name == "headers" or "headers" not in name)),
)
"""One of them is in each JSON with a secret, in lower case. Found faster than a pattern with alternatives."""
HOLDERS = frozenset({"call_params", "config", "http_options", "request_options", "client_args", "async_client_args"})
"""Options that may contain the options in `CARRIERS`."""
_SEARCHED = CARRIERS | HOLDERS


def without_carried(value: Any) -> Any:
    """Return a copy of the options of a call in which all values of headers and of URL parameters are replaced by
    "***".
    """
    if is_mapping(value):
        if _SEARCHED.isdisjoint(value):
            return dict(value.items())
        return {key: _without_one(key, one) for key, one in value.items()}
    if isinstance(value, BaseModel):  # the config of Google's SDK
        given = {name: getattr(value, name) for name in value.model_fields_set if name in _SEARCHED}
        return value.model_copy(update={name: _without_one(name, one) for name, one in given.items()})
    return value


def _without_one(name: object, value: Any) -> Any:
    if name in CARRIERS:
        return dict.fromkeys(value, "***") if is_mapping(value) else "***" if value else value
    return without_carried(value) if name in HOLDERS else value


def plain_json(value: Any) -> Any:
    """Return a value as plain JSON values: dicts, lists, strings, numbers, booleans and None.

    Texts under a key that names a secret ("api_key", "authorization", "password", ...) and the values of headers are
    replaced by "***". An object without a JSON form, and an iterator, becomes the name of its class.
    """
    return _without_secrets(to_jsonable_python(without_iterators(value), **_PLAIN))


def plain_options(value: Any) -> Any:
    """Return the options of a call as plain JSON values, with secrets and all headers and URL parameters as "***"."""
    return plain_json(without_carried(value))


def _without_secrets(value: Any) -> Any:
    if is_mapping(value):
        return {
            key: _without_one(key, one)
            if key in CARRIERS - {"headers"}
            else "***"
            if _SECRET.search(key) and isinstance(one, str | list)
            else _without_secrets(one)
            for key, one in value.items()
            if key != "client"
        }
    return [_without_secrets(one) for one in value] if is_list(value) else value


def _named(value: Any) -> str:
    # Other objects may hold secrets: dump only the name of their type.
    return f"<{type(value).__qualname__}>"


_PLAIN: dict[str, Any] = {
    "by_alias": False,
    "fallback": _named,
    "serialize_unknown": True,
    "bytes_mode": "base64",
}
"""How values are converted to JSON."""


class FrozenValues:
    """The inputs of a response (metadata, arguments, messages, options) as they are now. Making it is fast; `texts`
    converts them to JSON without secrets, perhaps later and in another thread.
    """

    __slots__ = ("_messages", "_others")

    def __init__(
        self,
        metadata: Mapping[str, Any],
        fn_args: Mapping[str, Any],
        messages: Sequence[Any],
        dynamic_config: Any,
        call_params: Mapping[str, Any],
        call_kwargs: Mapping[str, Any],
    ) -> None:
        self._messages = [_frozen(one) for one in messages]
        self._others = {
            "metadata": _frozen(without_iterators(metadata)) if metadata else b"{}",
            "fn_args": _frozen(without_iterators(fn_args)) if fn_args else b"{}",
            "dynamic_config": _frozen(_still(without_carried(dynamic_config)))
            if dynamic_config is not None
            else b"null",
            "call_params": _frozen(without_iterators(without_carried(call_params))) if call_params else b"{}",
            "call_kwargs": _frozen(without_carried(call_kwargs)) if call_kwargs else b"{}",
        }

    @classmethod
    def of(cls, response: Any) -> FrozenValues:
        """Return the inputs of a response."""
        own = response.provider_response
        kwargs = own._without_messages(own.call_kwargs)
        return cls(own.metadata, own.fn_args, own.messages, own.dynamic_config, own.call_params, kwargs)

    def texts(self) -> tuple[list[bytes], dict[str, bytes]]:
        """Return the JSON of each message, and that of the other inputs by name, without secrets."""
        text = b"".join((*self._messages, *self._others.values())).lower()
        if not any(word in text for word in _WORDS_OF_SECRETS):
            return self._messages, self._others
        hidden = [_hidden(one) for one in self._messages]
        return hidden, {name: _hidden(one) for name, one in self._others.items()}


def _frozen(value: Any) -> bytes:
    try:
        return to_json(value, inf_nan_mode="constants", **_PLAIN)
    except (PydanticSerializationError, ValueError):  # half a character: a lone surrogate
        return json_bytes(plain_json(value))


def _hidden(text: bytes) -> bytes:
    return json_bytes(_without_secrets(from_json_bytes(text)))


def json_bytes(value: Any) -> bytes:
    """Return plain JSON values as JSON, without spaces. Halves of a character (lone surrogates) become escapes."""
    try:
        return to_json(value)
    except (PydanticSerializationError, UnicodeEncodeError):
        return json.dumps(value, separators=(",", ":")).encode()


def from_json_bytes(text: bytes | str) -> Any:
    """Return the values of JSON that `json_bytes` returned."""
    try:
        return from_json(text)
    except ValueError:
        return json.loads(text)  # it accepts half a character


def _still(config: Any) -> Any:
    """Return a dynamic configuration without iterators. Its messages, which were sent, have none."""
    if not is_mapping(config):
        return config
    return {name: one if name == "messages" else without_iterators(one) for name, one in config.items()}


def dumped_raw(response: Any) -> Any:
    """Return the SDK's response object of a response as JSON, as in its dump."""
    own = response.provider_response
    return own._dump_response(own.response)


def dumped_rest(response: Any) -> dict[str, Any]:
    """Return the fields of the dump of a response that are neither inputs (`FrozenValues`) nor computed properties, nor
    the SDK's response object, without those that have their default.
    """
    own = response.provider_response
    rest = {
        "provider": own.provider,
        "form": own.form,
        "start_time": own.start_time,
        "end_time": own.end_time,
        TOOL_CLASSES: tool_paths(own),
        VERSION_KEY: DUMP_VERSION,
    }
    others = ("prompt_template", own.prompt_template), ("json_mode", own.json_mode), ("answer_name", own.answer_name)
    rest |= {name: value for name, value in others if value is not None and value is not False}
    return rest | batch_mark(own)


def with_properties(response: Any, fields: Mapping[str, Any], options: SerializationInfo) -> dict[str, Any]:
    """Return the dump of a response: its dumped fields, the properties in `READ_FROM_RESPONSE`, the paths of its tools
    and the version. The keys of Mirascope v1 are the first. `include`, `exclude` and `exclude_none` apply to every key.
    """
    own = response.provider_response
    read: dict[str, Any] = {
        "provider": own.provider,
        "form": own.form,
        "content": own.content,
        **{name: getattr(own, name) for name in _NATIVE},
        "tool_types": [{"type": "function", "name": name} for name in tool_paths(own) or ()],
        "user_message_param": plain_json(response.user_message_param),
        "message_param": plain_json(response.message_param),
        "cost_metadata": own.cost_metadata.model_dump(exclude_none=True),
        "usage": own.common_usage.model_dump() if own.common_usage else None,
    }
    config: Mapping[str, Any] = response.dynamic_config or {}
    if (computed := config.get("computed_fields")) is not None:
        read["computed_fields"] = plain_json(computed)
    if hasattr(own, "audio_transcript"):
        read |= {"audio": plain_json(own.audio), "audio_transcript": own.audio_transcript}
    chosen = partial(_chosen, include=options.include, exclude=options.exclude, exclude_none=options.exclude_none)
    added = {TOOL_CLASSES: tool_paths(own), VERSION_KEY: DUMP_VERSION, **batch_mark(own)}
    every = {**chosen(read), **fields, **chosen(added)}
    return {**{key: every[key] for key in _V1_KEYS if key in every}, **every}


def _chosen(
    values: Mapping[str, Any], *, include: Any = None, exclude: Any = None, exclude_none: bool = False
) -> dict[str, Any]:
    kept = {key: value for key, value in values.items() if value is not None or not exclude_none}
    chosen: dict[str, Any] = _DICT.dump_python(kept, include=include, exclude=exclude)
    return chosen


def check_dump_version(dump: Mapping[str, Any]) -> None:
    """Raise `StoreError` if a later version of the library wrote the dump of a response."""
    check_schema_version(dump.get(VERSION_KEY), DUMP_VERSION, "the dump of a response")


_V1_CHUNK_KEYS = (
    *("chunk", "content", "finish_reasons", "model", "id", "usage", "input_tokens", "cached_tokens", "output_tokens"),
    *("cost_metadata", "audio", "audio_transcript", "thinking", "signature"),
)
"""The keys of the dump of a chunk in Mirascope v1, in their order; the last four where the provider has them."""


def chunk_values(chunk: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of a chunk as plain JSON values. `options` are those of pydantic's `model_dump`."""
    values = {key: plain_json(getattr(chunk, key)) for key in _V1_CHUNK_KEYS if hasattr(chunk, key)}
    names = ("include", "exclude", "exclude_none")
    return _chosen(values, **{name: options[name] for name in names if name in options})
