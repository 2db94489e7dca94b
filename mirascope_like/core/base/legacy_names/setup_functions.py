"""Functions of v1's `mirascope.core.base._utils` that the `setup_call` of a provider in Mirascope v1's form calls."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable
from typing import Any, Protocol, TypeVar, cast

from pydantic import BaseModel

from ..messages import BaseMessageParam
from ..parsing import is_list
from ..prompts import Rendered
from ..request import BaseType, CommonCallParams, ResponseModel
from ..response import CommonUsage
from ..response import last_user_message as get_possible_user_message_param
from ..runtime import is_async as fn_is_async
from ..tools import BaseTool, ToolConfig, tool_type
from .json_schema import GenerateJsonSchemaNoTitles

ToolT = TypeVar("ToolT", bound=BaseTool)
WholeT_co = TypeVar("WholeT_co", covariant=True)
ChunkT_co = TypeVar("ChunkT_co", covariant=True)


class CreateFn(Protocol[WholeT_co, ChunkT_co]):
    """A function that sends a request: `create(stream=False, **call_kwargs)`."""

    def __call__(self, *, stream: Any = False, **kwargs: Any) -> Any:
        """Return the response, or an iterable of events."""


class AsyncCreateFn(Protocol[WholeT_co, ChunkT_co]):
    """Async version of `CreateFn`."""

    def __call__(self, *, stream: Any = False, **kwargs: Any) -> Awaitable[Any]:
        """Return an awaitable of the response, or of an async iterable of events."""
        ...


class BaseMessageParamConverter(ABC):
    """Base class of the converter between a provider's messages and those in the common form."""

    @staticmethod
    @abstractmethod
    def to_provider(message_params: list[Any]) -> list[Any]:
        """Convert messages from the common form to the provider's own format."""

    @staticmethod
    @abstractmethod
    def from_provider(message_params: list[Any]) -> list[BaseMessageParam]:
        """Convert messages from the provider's own format to the common form."""


def get_create_fn(
    sync_func: Callable[..., Any], sync_generator_func: Callable[..., Any] | None = None
) -> CreateFn[Any, Any]:
    """Return a function that calls `sync_func`; for a stream, `sync_generator_func`, or `sync_func(stream=True)`."""

    def create_or_stream(*, stream: Any = False, **kwargs: Any) -> Any:
        if not stream:
            return sync_func(**kwargs)
        return sync_func(**kwargs, stream=True) if sync_generator_func is None else sync_generator_func(**kwargs)

    return create_or_stream


def get_async_create_fn(
    async_func: Callable[..., Any], async_generator_func: Callable[..., Any] | None = None
) -> AsyncCreateFn[Any, Any]:
    """Async version of `get_create_fn`. The functions may return an async iterable, or an awaitable of it."""

    async def create_or_stream(*, stream: Any = False, **kwargs: Any) -> Any:
        if not stream:
            return await async_func(**kwargs)
        made = async_func(**kwargs, stream=True) if async_generator_func is None else async_generator_func(**kwargs)
        return await made if isawaitable(made) else made

    return create_or_stream


def setup_call(
    fn: Callable[..., Any],
    fn_args: Mapping[str, Any],
    dynamic_config: Any,
    tools: Sequence[Any] | None,
    tool_type: type[ToolT],
    call_params: Any,
    convert_common_call_params: Callable[[Any], Any],
) -> tuple[str | None, list[Any], list[type[ToolT]] | None, dict[str, Any]]:
    """Return (template, messages, tool types, keyword arguments) of a request.

    The messages are those of `dynamic_config`, in which they always are. Call parameters that are common to all
    providers are converted by `convert_common_call_params`.
    """
    config: Mapping[str, Any] = dynamic_config or {}
    if isinstance(call_params, Mapping) and cast("Any", call_params).keys() <= CommonCallParams.__annotations__.keys():
        call_params = convert_common_call_params(call_params)
    call_kwargs: dict[str, Any] = {**call_params, **(config.get("call_params") or {})}
    types = [_converted(tool, tool_type) for tool in config.get("tools", tools) or ()] or None
    if types:
        call_kwargs["tools"] = [cast("Any", kind).tool_schema() for kind in types]
    return getattr(fn, "_prompt_template", None), list(config.get("messages") or ()), types, call_kwargs


def _converted(tool: Any, base: type[ToolT]) -> type[ToolT]:
    return tool_type(tool, base)


def convert_function_to_base_tool(fn: Callable[..., Any], base: type[ToolT]) -> type[ToolT]:
    """Return the tool type of a function, as a subclass of `base`."""
    return tool_type(fn, base)


def convert_base_model_to_base_tool(model: type[BaseModel], base: type[ToolT]) -> type[ToolT]:
    """Return the tool type of a class, as a subclass of `base`."""
    return tool_type(model, base)


def convert_base_type_to_base_tool(base_type: Any, base: type[ToolT]) -> type[ToolT]:
    """Return the tool type of a type such as `list[str]`, as a subclass of `base`. Its argument is `value`."""
    model = ResponseModel(base_type)
    return tool_type(cast("type[BaseModel]", model.object_type), base)


def get_metadata(fn: Any, dynamic_config: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the metadata of a dynamic config, or else of a prompt function or `BasePrompt`."""
    if dynamic_config and "metadata" in dynamic_config:
        found: Mapping[str, Any] = dynamic_config["metadata"]
        return found
    return dict(getattr(fn, "__metadata__", {}))


def get_dynamic_configuration(fn: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Call a prompt function; return its dynamic config, or an awaitable of it. A list of messages becomes a config."""
    result = fn(*args, **kwargs)
    if not isawaitable(result):
        return _config_of(result)

    async def awaited() -> Any:
        return _config_of(await result)

    return awaited()


def _config_of(result: Any) -> Any:
    if isinstance(result, Rendered):
        return {**result.config, "messages": list(result)}
    return {"messages": result} if is_list(result) else result


def json_mode_content(tool_type: type[BaseModel] | None) -> str:
    """Return the text that asks for JSON, with the schema of a class if there is one."""
    if tool_type is None:
        return "\n\nFor your final response, output ONLY a valid JSON dict that adheres to the schema"
    schema = tool_type.model_json_schema(schema_generator=GenerateJsonSchemaNoTitles)
    return (
        "\n\nFor your final response, output ONLY a valid JSON dict (NOT THE SCHEMA) from the content that adheres to "
        f"this schema:\n{json.dumps(schema, indent=2)}"
    )


def get_common_usage(
    input_tokens: float | None, cached_tokens: float | None, output_tokens: float | None
) -> CommonUsage | None:
    """Return the usage in the common form; None if no count is known."""
    if input_tokens is None and cached_tokens is None and output_tokens is None:
        return None
    read, cached, written = (int(count or 0) for count in (input_tokens, cached_tokens, output_tokens))
    return CommonUsage(input_tokens=read, cached_tokens=cached, output_tokens=written, total_tokens=read + written)


def get_unsupported_tool_config_keys(tool_config: ToolConfig, provider_config_type: type[ToolConfig]) -> set[str]:
    """Return the settings of a tool that a provider does not have."""
    return set(tool_config) - set(provider_config_type.__annotations__)


__all__ = [
    "AsyncCreateFn",
    "BaseMessageParamConverter",
    "BaseType",
    "CreateFn",
    "convert_base_model_to_base_tool",
    "convert_base_type_to_base_tool",
    "convert_function_to_base_tool",
    "fn_is_async",
    "get_async_create_fn",
    "get_common_usage",
    "get_create_fn",
    "get_dynamic_configuration",
    "get_metadata",
    "get_possible_user_message_param",
    "get_unsupported_tool_config_keys",
    "json_mode_content",
    "setup_call",
]
