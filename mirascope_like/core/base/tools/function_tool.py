"""Generates tool types from functions and classes, and finds them again when a pickle or a dump is loaded.

Knows no provider: a provider passes its own subclass of `BaseTool` as `base`.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pickle import PicklingError
from types import FunctionType, MethodType, new_class
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from pydantic import BaseModel, ConfigDict, PydanticUserError, create_model

from ..errors import ConfigurationError
from ..runtime import LazyModule
from .base_tool import CALL, SIGNATURE, SOURCE, BaseTool, Facts, ToolCall, as_json, call_of, guarded, tool_name
from .object_paths import imported, loaded, path_of, why_no_path
from .unresolved_tool import UnresolvedTool

if TYPE_CHECKING:
    from . import schema as tool_schema
else:
    tool_schema = LazyModule(f"{__package__}.schema")


ToolT = TypeVar("ToolT", bound=BaseTool)

_TYPES = "__tool_types__"
_METHOD = "__tool_method__"
"""An attribute that is set to True on the function of a bound method that was passed as a tool."""


def _kept(owner: Any, base: type[ToolT], build: Callable[[], type[ToolT]]) -> type[ToolT]:
    """Return the tool type generated from `owner` for `base`; call `build` only the first time.

    The type is stored on `owner`, a function or class, so that both are freed together.
    """
    kept: tuple[Any, dict[type, Any]] | None = getattr(owner, "__dict__", {}).get(_TYPES)
    if kept is None or kept[0] is not owner:  # functools.wraps copies this attribute from the wrapped function
        kept = (owner, {})
        try:
            setattr(owner, _TYPES, kept)
        except (AttributeError, TypeError):  # a bound method has no attributes of its own
            if isinstance(owner, MethodType):
                vars(owner.__func__)[_METHOD] = True
            return build()
    if base not in kept[1]:
        kept[1][base] = build()
    return cast("type[ToolT]", kept[1][base])


def is_tool(value: Any) -> bool:
    """Return True for a tool class, and for a function or class that was passed in `tools` before."""
    if isinstance(value, type) and issubclass(value, BaseTool):
        return True
    if isinstance(value, MethodType):
        return _METHOD in vars(value.__func__)
    kept: Any = getattr(cast("Any", value), "__dict__", {}).get(_TYPES)
    return isinstance(kept, tuple) and cast("Any", kept)[0] is value


@dataclass(frozen=True, slots=True)
class ToolSource:
    """The function or class that a tool type was generated from, and the base classes that were added."""

    owner: Any
    """The user's function or class."""
    bases: tuple[type[BaseTool], ...] = ()
    """The base classes that were added to the tool type, such as the provider's subclass of `BaseTool`."""

    def reduced(self, tool: BaseTool) -> tuple[Any, ...]:
        """Return the `__reduce__` value that pickles a tool of this type by the path of its owner.

        Raises `PicklingError` if the owner cannot be imported by a path, such as a lambda or a function inside a
        function.
        """
        reference = ToolReference.of(type(tool))
        if reference.path is None:
            raise PicklingError(f"tool {reference.name!r} cannot be pickled: {why_no_path(self.owner)}")
        return unpickled, (reference, tool.__getstate__())


def source_of(kind: type[BaseModel]) -> ToolSource:
    """Return the `ToolSource` of a tool type. For a class that the user wrote, the source is the class itself."""
    return vars(kind).get(SOURCE) or ToolSource(kind)


@dataclass(frozen=True, slots=True)
class ToolReference:
    """Identifies the type of a tool in a pickle: the path of the function or class that it was generated from."""

    name: str
    """The name by which a model calls the tool."""
    path: str | None
    """The path of the owner, such as "module:function"; None if the owner cannot be imported by a path."""
    bases: tuple[type[BaseTool], ...]

    @classmethod
    def of(cls, kind: type[BaseTool]) -> "ToolReference":
        """Return the reference that identifies a tool type."""
        source = source_of(kind)
        return cls(tool_name(kind), path_of(source.owner), source.bases)

    def resolved(self, find: Callable[[str], Any] = imported) -> type[BaseTool] | None:
        """Return the tool type, or None if `find` does not find its owner or finds another object by now.

        `find` receives the path of the owner, and by default imports its module.
        """
        owner: Any = find(self.path) if self.path is not None else None
        try:
            kind: type[Any] = owner
            for base in self.bases:
                kind = tool_type(kind, base)
            return kind if issubclass(kind, BaseTool) and tool_name(kind) == self.name else None
        except Exception:  # the owner was not found, or the path now leads to another object
            return None


def unpickled(reference: ToolReference, state: dict[Any, Any]) -> BaseTool:
    """Return the tool in a pickle. If its type cannot be found, the tool is an `UnresolvedTool`, which has the name
    and arguments but cannot run.
    """
    kind = reference.resolved()
    if kind is not None:
        tool = kind.__new__(kind)
        tool.__setstate__(state)
        return tool
    private: dict[str, Any] = state["__pydantic_private__"] or {}
    extra: dict[str, Any] = state["__pydantic_extra__"] or {}
    values: dict[str, Any] = {**state["__dict__"], **extra}
    origin: Any = private.get("_origin")
    call: ToolCall = origin.call if origin is not None else ToolCall(None, reference.name, as_json(values))
    return unresolved(call, reference.bases)


def unresolved(call: ToolCall, bases: Sequence[type[BaseTool]]) -> BaseTool:
    """Return an `UnresolvedTool` for a tool call whose tool type is not known. Its base class is the last one of
    `bases`.
    """
    return tool_type(UnresolvedTool, bases[-1] if bases else BaseTool).from_call(call)


class PickledTool:
    """Replaces a tool in the pickle of a response. Loads as the tool, or as an `UnresolvedTool` if the tool's type
    is not found.
    """

    def __init__(self, reference: ToolReference, tool: BaseTool) -> None:
        self._made_from = reference, tool.__getstate__()

    def __reduce__(self) -> Any:
        return unpickled, self._made_from


def portable(tool: BaseTool) -> Any:
    """Return the object to pickle in place of a tool of a response: a `PickledTool`.

    If the tool's function or class cannot be imported by a path, return an `UnresolvedTool` with the same call. A tool
    whose class defines `__reduce__` is returned unchanged.
    """
    if type(tool).__reduce__ is not object.__reduce__:  # a `__reduce__` of the user
        return tool
    reference = ToolReference.of(type(tool))
    return unresolved(call_of(tool), reference.bases) if reference.path is None else PickledTool(reference, tool)


def offered_at(name: str, path: str | None, base: type[BaseTool]) -> type[BaseTool] | None:
    """Return the tool type that a dump of a response names by `path`, as a subclass of `base`; None if its module is
    not loaded.

    A dump may come from an untrusted source. Its path is therefore resolved only to tool classes, and to functions and
    classes that were passed as tools before.
    """
    found = loaded(path) if path is not None else None
    return ToolReference(name, path, (base,)).resolved(lambda _: found) if is_tool(found) else None


@overload
def tool_from_function(fn: Callable[..., Any]) -> type[BaseTool]: ...
@overload
def tool_from_function(fn: Callable[..., Any], base: type[ToolT]) -> type[ToolT]: ...
def tool_from_function(fn: Callable[..., Any], base: type[Any] = BaseTool) -> type[Any]:
    """Return a tool type that calls `fn`. Its schema is generated from the signature of `fn`, and the descriptions from
    the docstring.

    Descriptions in `Annotated[..., "text"]` or `Field` take precedence over the docstring. A parameter without an
    annotation accepts any JSON value. With `**kwargs`, the model may pass additional arguments. The same `fn` and
    `base` always return the same type.

    Raises `ConfigurationError` for parameters that a model cannot pass: `*args`, and types without a JSON schema.
    """
    return _kept(fn, base, lambda: build_tool(fn, base))


def build_tool(
    fn: Callable[..., Any],
    base: type[ToolT],
    prefix: str = "",
    document: "Callable[[tool_schema.Documentation], tool_schema.Documentation] | None" = None,
) -> type[ToolT]:
    """Return a new tool type for `fn`. The tool's name begins with `prefix`. `document`, if given, receives the
    texts of the docstring and returns the texts to use.
    """
    signature = tool_schema.read_signature(fn, lambda name: name in vars(Facts) or hasattr(base, name))
    documentation = document(signature.documentation) if document else signature.documentation
    bases = (base,) if signature.extras is None else (_open_arguments(signature.extras), base)
    try:
        built = create_model(
            prefix + signature.name,
            __base__=cast("tuple[type[ToolT], ...]", bases),
            __module__=signature.module,
            __doc__=documentation.description or tool_schema.in_words(signature.name),
            __cls_kwargs__={"arbitrary_types_allowed": bool(base.model_fields)},
            **cast("dict[str, Any]", signature.fields(documentation)),
        )
    except PydanticUserError as problem:
        message = f"function {signature.name!r} cannot be a tool: {problem.message}"
        raise ConfigurationError(message) from problem
    setattr(built, SIGNATURE, signature)
    setattr(built, tool_schema.EXAMPLES, documentation.examples)
    setattr(built, SOURCE, ToolSource(fn, (base,)))
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
    """Return the method `call` for the tools of a function: it calls `fn` with the tool's fields. It is a coroutine
    function if `fn` is one.
    """

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
    """Return the tool type for one item of `tools`. It is a subclass of `base` and, for a class, of the user's class.

    Accepts functions, tool classes (also those of a toolkit) and pydantic models. The `call` of a pydantic model
    returns the model itself. Raises `ConfigurationError` for other values, such as tools of another framework.
    """
    if (framework := _framework_of(tool)) is not None:
        name = getattr(tool, "name", None) or getattr(getattr(tool, "metadata", None), "name", None)
        named = f"{name!r} is a tool of {framework} (a {type(tool).__name__})"
        if isinstance(tool, type):
            named = f"{tool.__name__!r} is a class of tools of {framework}"
        raise ConfigurationError(
            f"{named}, and only agents of that framework can call it: pass the function that the tool runs, such as "
            "`tool.func` or `tool.fn`, or a function that calls the tool"
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
    """Return the name of the framework whose tool object or tool class `tool` is; None for any other function or
    class.
    """
    if isinstance(tool, FunctionType | MethodType):
        return None
    if isinstance(tool, type):
        homes = [kind.__module__.split(".") for kind in tool.__mro__]
        return next(
            (_FRAMEWORKS[one[0]] for one in homes if one[0] in _FRAMEWORKS and {"tool", "tools"} & {*one}), None
        )
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
        source = source_of(kind)
        namespace[SOURCE] = ToolSource(source.owner, (*source.bases, base))
        namespace["model_config"] = {**base.model_config, **kind.model_config}
        if not issubclass(kind, BaseTool) and not hasattr(kind, CALL) and CALL not in kind.model_fields:
            namespace[CALL] = _itself

    return cast("type[ToolT]", new_class(kind.__name__, (kind, base), exec_body=body))


def _itself(self: BaseTool) -> BaseTool:
    return self


Tools = Sequence[type[BaseTool] | Callable[..., Any] | Mapping[str, Any]]
"""Functions, tool classes, or tools in the provider's own format."""
