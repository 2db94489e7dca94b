"""Class methods of tools that Mirascope v1 documents, for programs and providers that were written for it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, Self, cast

from pydantic import BaseModel, create_model
from pydantic_core import to_json

from ..errors import ConfigurationError
from ..messages import valid_name
from ..parsing import as_object, at, decode_whole, dumped, object_so_far


class V1Methods:
    """Base class of tools with the class methods of v1."""

    @classmethod
    def type_from_fn(cls, fn: Callable[..., Any]) -> type[Self]:
        """Return the tool type of a function, as a subclass of this class."""
        return cast("type[Self]", _tool_type(fn, cls))

    @classmethod
    def type_from_base_model_type(cls, tool_type: type[BaseModel]) -> type[Self]:
        """Return the tool type of a tool class or pydantic model, as a subclass of this class."""
        return cast("type[Self]", _tool_type(tool_type, cls))

    @classmethod
    def type_from_base_type(cls, base_type: Any) -> type[Self]:
        """Return the tool type whose only argument, `value`, has a built-in type, such as `int` or `list[str]`."""
        name = getattr(base_type, "__name__", None) or str(base_type)
        return cls.type_from_base_model_type(create_model(valid_name(name), value=(base_type, ...)))

    @classmethod
    def from_tool_call(cls, tool_call: Any, allow_partial: bool = False) -> Self:
        """Return an instance of this tool for a tool call in the form of an SDK: one of its objects, or a dict. With
        `allow_partial`, the arguments may be incomplete.

        Raises `ToolArgumentsError` if the arguments do not validate.
        """
        tool: Any = _called(cls, _common_call(tool_call), partial=allow_partial)
        if (error := tool.error) is not None and not allow_partial:
            raise error
        return cast("Self", tool)

    @classmethod
    def warn_for_unsupported_configurations(cls) -> None:
        """Do nothing: a setting that a provider does not support is not sent. Named as in Mirascope v1."""

    @classmethod
    def tool_schema(cls) -> Any:
        """Return the tool in the format of its provider, as requests contain it.

        Raises `ConfigurationError` for a tool class that belongs to no provider.
        """
        provider = _provider_of(cls)
        payload: Any = provider.tool_payload(cls)
        found = next(tools for place in _PLACES if (tools := at(payload, place)))
        return found[0]

    @classmethod
    def _dict_from_json(cls, json: str, allow_partial: bool = False) -> dict[str, Any]:
        """Return the arguments in a JSON text, which may be incomplete if `allow_partial` is True."""
        if not json:
            return {}
        return object_so_far(json) if allow_partial else cast("dict[str, Any]", decode_whole(json))


_PLACES = ("tools", "toolConfig.tools", "config.tools")
"""Where the payloads of providers have the tools."""


def _provider_of(kind: type[Any]) -> Any:
    """Return the provider whose tools are subclasses of the same class: the one of the package that defines it."""
    for base in kind.__mro__:
        package = base.__module__
        while package.count(".") > 1:
            for provider in _providers_in(package):
                if provider.tool_type is base:
                    return provider
            package = package.rpartition(".")[0]
    raise ConfigurationError(
        f"{kind.__name__} is a tool of no provider: use the class of a provider, as in "
        f"openai.OpenAITool.type_from_base_model_type({kind.__name__}).tool_schema()"
    )


def _providers_in(package: str) -> list[Any]:
    """Return the providers of an imported module: that of its `call`, and those of its hosts."""
    module = sys.modules.get(package)
    held = [one for one in vars(module).values() if not isinstance(one, ModuleType)] if module is not None else []
    found = [getattr(getattr(one, "call", None), "provider", None) for one in (module, *held)]
    return [one for one in found if hasattr(one, "tool_type")]


def _tool_type(tool: Any, base: Any) -> Any:
    return import_module(f"{__package__}.function_tool").tool_type(tool, base)  # which imports the base class of tools


def _common_call(native: Any) -> Any:
    """Return a tool call of any SDK in the common form."""
    kind: Any = native.__class__
    to_dict: Any = getattr(kind, "to_dict", None)  # of the messages of Gemini's SDK
    fields = as_object(native if isinstance(native, Mapping) else to_dict(native) if to_dict else dumped(native))
    called = as_object(fields.get("function")) or as_object(fields.get("toolUse")) or fields
    identity = fields.get("call_id") or fields.get("id") or called.get("toolUseId")
    given = next((called[key] for key in ("arguments", "input", "args") if called.get(key) is not None), "")
    text = given if isinstance(given, str) else to_json(given).decode()
    return _base_tool().ToolCall(identity, called.get("name") or "", text, native)


def _called(kind: Any, call: Any, *, partial: bool) -> Any:
    return _base_tool().partial_tool(kind, call, "") if partial else kind.from_call(call)


def _base_tool() -> Any:
    return import_module(f"{__package__}.base_tool")  # which imports this module
