"""Tools made from functions and classes, found by the name that a model calls, and their outputs as text.

Knows no provider: a provider passes its own subclass of `BaseTool` as `base`.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType, MethodType, new_class
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from pydantic import BaseModel, ConfigDict, PydanticUserError, create_model

from ..errors import ConfigurationError
from ..runtime import LazyModule
from .base_tool import CALL, SIGNATURE, BaseTool, Facts, guarded

if TYPE_CHECKING:
    from . import schema as tool_schema
else:
    tool_schema = LazyModule(f"{__package__}.schema")


ToolT = TypeVar("ToolT", bound=BaseTool)

_TYPES = "__tool_types__"


def _kept(owner: Any, base: type[ToolT], build: Callable[[], type[ToolT]]) -> type[ToolT]:
    """Return the tool type for an owner and base, building it once. The owner keeps it, so both are freed together."""
    kept: tuple[Any, dict[type, Any]] | None = getattr(owner, "__dict__", {}).get(_TYPES)
    if kept is None or kept[0] is not owner:  # functools.wraps copies this attribute from the wrapped function
        kept = (owner, {})
        try:
            setattr(owner, _TYPES, kept)
        except (AttributeError, TypeError):  # a bound method has no attributes of its own
            return build()
    if base not in kept[1]:
        kept[1][base] = build()
    return cast("type[ToolT]", kept[1][base])


@overload
def tool_from_function(fn: Callable[..., Any]) -> type[BaseTool]: ...
@overload
def tool_from_function(fn: Callable[..., Any], base: type[ToolT]) -> type[ToolT]: ...
def tool_from_function(fn: Callable[..., Any], base: type[Any] = BaseTool) -> type[Any]:
    """Return a tool type that calls `fn`: the schema is from its signature, the descriptions from its docstring.

    Descriptions in `Annotated[..., "text"]` or `Field` take precedence over the docstring. A parameter without
    annotation accepts any JSON value; with `**kwargs` the model may add arguments. Built once per function and base.

    Raises `ConfigurationError` for parameters that a model cannot fill: `*args`, and types without a JSON form.
    """
    return _kept(fn, base, lambda: build_tool(fn, base))


def build_tool(
    fn: Callable[..., Any],
    base: type[ToolT],
    prefix: str = "",
    document: "Callable[[tool_schema.Documentation], tool_schema.Documentation] | None" = None,
) -> type[ToolT]:
    """Return a new tool type for `fn`. `prefix` is put before its name; `document` may change its documentation."""
    signature = tool_schema.read_signature(fn, lambda name: name in vars(Facts) or hasattr(base, name))
    documentation = document(signature.documentation) if document else signature.documentation
    bases = (base,) if signature.extras is None else (_open_arguments(signature.extras), base)
    try:
        built = create_model(
            prefix + signature.name,
            __base__=cast("tuple[type[ToolT], ...]", bases),
            __module__=signature.module,
            __doc__=documentation.description or tool_schema.in_words(signature.name),
            **cast("dict[str, Any]", signature.fields(documentation)),
        )
    except PydanticUserError as problem:
        message = f"function {signature.name!r} cannot be a tool: {problem.message}"
        raise ConfigurationError(message) from problem
    setattr(built, SIGNATURE, signature)
    setattr(built, CALL, guarded(_runner(fn, signature)))
    return built


def _open_arguments(kind: Any) -> type[BaseTool]:
    """Return a base class for tools that accept additional arguments of one type."""

    def body(namespace: dict[str, Any]) -> None:
        namespace["__module__"] = __name__
        namespace["__annotations__"] = {"__pydantic_extra__": dict[str, kind]}
        namespace["model_config"] = ConfigDict(extra="allow")

    return cast("type[BaseTool]", new_class("OpenArguments", (BaseTool,), exec_body=body))


def _runner(fn: Callable[..., Any], signature: "tool_schema.Signature") -> Callable[..., Any]:
    """Return the `call` method for tools of a function; a coroutine function if the function is one."""

    def bound(tool: BaseTool) -> tuple[list[Any], dict[str, Any]]:
        positional: list[Any] = []
        named: dict[str, Any] = dict(tool.model_extra or {})
        for one in signature.parameters:
            value = vars(tool)[one.field_name]
            if one.positional_only:
                positional.append(value)
            elif one.field_name in tool.model_fields_set or not one.optional:
                named[one.name] = value  # an argument that the model left out keeps the function's default
        return positional, named

    if inspect.iscoroutinefunction(fn):

        async def call_async(self: BaseTool) -> Any:
            positional, named = bound(self)
            return await fn(*positional, **named)

        return call_async

    def call(self: BaseTool) -> Any:
        positional, named = bound(self)
        return fn(*positional, **named)

    return call


def tool_type(tool: Callable[..., Any] | type[BaseModel], base: type[ToolT]) -> type[ToolT]:
    """Return the tool type for what a user passed in `tools`: a subclass of both the user's class and `base`.

    Accepts functions, tool classes (also a toolkit's) and pydantic models, whose `call` returns the model.
    """
    if (framework := _framework_of(tool)) is not None:
        name = getattr(tool, "name", None) or getattr(getattr(tool, "metadata", None), "name", None)
        raise ConfigurationError(
            f"{name!r} is a tool of {framework} (a {type(tool).__name__}), which only its own agents can call: pass "
            "the function that it runs, such as `tool.func` or `tool.fn`, or a function that calls it"
        )
    if not callable(tool):
        raise ConfigurationError(f"a tool must be a function or a pydantic class, not {tool!r}")
    if not isinstance(tool, type):
        return tool_from_function(tool, base)
    if not issubclass(tool, BaseModel):
        raise ConfigurationError(f"a tool must be a function or a pydantic class, not {tool.__name__}")
    if issubclass(tool, base):
        return tool
    return _kept(tool, base, lambda: _joined(tool, base))


_FRAMEWORKS = {
    "langchain": "LangChain",
    "langchain_core": "LangChain",
    "langchain_community": "LangChain",
    "llama_index": "LlamaIndex",
    "crewai": "CrewAI",
    "smolagents": "smolagents",
    "agents": "the OpenAI Agents SDK",
    "pydantic_ai": "Pydantic AI",
}


def _framework_of(tool: Any) -> str | None:
    """Return the name of the framework whose tool object this is; None for a function or a class."""
    if isinstance(tool, type | FunctionType | MethodType):
        return None
    modules = [kind.__module__.partition(".")[0] for kind in type(tool).__mro__]
    if (found := next((one for one in modules if one in _FRAMEWORKS), None)) is not None:
        return _FRAMEWORKS[found]
    has_schema = hasattr(tool, "args_schema") or hasattr(getattr(tool, "metadata", None), "fn_schema")
    return "another framework" if has_schema else None


def _joined(kind: type[BaseModel], base: type[ToolT]) -> type[ToolT]:
    def body(namespace: dict[str, Any]) -> None:
        namespace["__module__"] = kind.__module__
        namespace["__qualname__"] = kind.__qualname__
        namespace["__doc__"] = kind.__doc__
        namespace["model_config"] = {**base.model_config, **kind.model_config}
        if not issubclass(kind, BaseTool) and not hasattr(kind, CALL) and CALL not in kind.model_fields:
            namespace[CALL] = _itself

    return cast("type[ToolT]", new_class(kind.__name__, (kind, base), exec_body=body))


def _itself(self: BaseTool) -> BaseTool:
    return self


Tools = Sequence[type[BaseTool] | Callable[..., Any] | Mapping[str, Any]]
"""Functions, tool classes, or tools in the provider's own format."""
