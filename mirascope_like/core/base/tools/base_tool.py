"""A tool, complete or partial, and a model's call of it.

Knows no provider: a provider has its own subclass of `BaseTool`, and gives a call as a `ToolCall`. How tools
are made from functions is in `function_tool`.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypedDict, TypeVar, cast

import pydantic_core
from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError
from pydantic.json_schema import SkipJsonSchema

from ..errors import ToolArgumentsError, ToolError, arguments_error
from ..messages import valid_name
from ..parsing import incomplete, object_so_far, paired_escapes
from ..runtime import LazyModule
from .v1_methods import V1Methods

if TYPE_CHECKING:
    from . import schema as tool_schema
else:
    tool_schema = LazyModule(f"{__package__}.schema")

FactT = TypeVar("FactT")

CALL = "call"
SIGNATURE = "__tool_signature__"
"""The attribute of a function's tool type that holds the function's `Signature`."""
SOURCE = "__tool_source__"
"""The attribute of a generated tool type that holds its `ToolSource`: the user's function or class it was generated
from.
"""
_SCHEMA = "__tool_schema__"
_HIDDEN: type = cast("Any", SkipJsonSchema)
"""The mark of a field that the model does not see, such as `tool_call` in tools of Mirascope v1's form."""
_ENGINE = ("from_call", "tool_json_schema")


class ToolConfig(TypedDict, total=False):
    """Provider settings of a tool that are not arguments of the tool. Each provider has its own subclass."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call of a model, in the common form."""

    id: str | None
    name: str
    arguments: str
    """The JSON text exactly as the model wrote it; empty if it wrote none."""
    native: Any = None
    """The tool call as the provider returned it: an object of its SDK, or a dict."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """Records which tool call a tool instance was created from, the newest piece of its arguments while they arrive,
    and the error that keeps the tool from running.
    """

    call: ToolCall
    delta: str | None = None
    error: ToolError | None = None


class _Fact(Generic[FactT]):
    """A read-only attribute of every tool, such as `name`. A field of the same name in a tool class replaces it.

    A property cannot be replaced by a field: pydantic would use the property object, even an inherited one, as the
    default value of the field.
    """

    def __init__(self, read: "Callable[[BaseTool], FactT]") -> None:
        self.read = read

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, tool: "BaseTool | None", owner: type | None = None) -> FactT:
        if tool is None:
            raise AttributeError(f"{self.name!r} exists on instances only")
        return self.read(tool)


class Facts:
    """The read-only attributes that every tool has. If a tool class declares a field of the same name, the field
    replaces the attribute.
    """

    if TYPE_CHECKING:
        # "| Any" lets a tool class declare a field of the same name with another type.
        tool_call: Any
        """The tool call as an object of the provider's SDK (a dict if the SDK uses dicts); None for a tool that was
        not called by a model.
        """
        id: str | Any | None
        """The id of the tool call, or None if the provider sends no ids."""
        name: str | Any
        """The name by which the model called the tool."""
        args: dict[str, Any] | Any
        """The arguments by parameter name. If the tool has an `error`, they are the unvalidated values that the
        model wrote.
        """
        delta: str | Any | None
        """While the arguments arrive: the newest piece of their JSON text. None for a complete tool."""
        error: ToolError | Any | None
        """The error that prevents the tool from running, or None."""

        def call(self) -> Any:
            """Run the tool and return its result; an async tool returns an awaitable. Raises the tool's `error` if
            it has one.
            """
    else:
        tool_call = _Fact(lambda tool: _as_sdk_call(type(tool), call_of(tool).native))
        id = _Fact(lambda tool: call_of(tool).id)
        name = _Fact(lambda tool: call_of(tool).name)
        args = _Fact(lambda tool: arguments_of(tool))
        delta = _Fact(lambda tool: delta_of(tool))
        error = _Fact(lambda tool: error_of(tool))
        call = _Fact(lambda tool: functools.partial(_run_nothing, tool))


def guarded(call: Callable[..., Any]) -> Callable[..., Any]:
    """Return `call` wrapped so that it first raises the tool's error, if there is one."""
    if inspect.iscoroutinefunction(call):

        async def run_async(self: "BaseTool", *args: Any, **kwargs: Any) -> Any:
            _check_usable(self)
            return await call(self, *args, **kwargs)

        run: Any = run_async
    else:

        def run_sync(self: "BaseTool", *args: Any, **kwargs: Any) -> Any:
            _check_usable(self)
            return call(self, *args, **kwargs)

        run = run_sync
    run = functools.update_wrapper(run, call)
    run.__guarded__ = True
    return cast("Callable[..., Any]", run)


def _free(cls: type, name: str) -> None:
    """Let a subclass define a method with the name of an inherited field, and keep the field.

    Without this, pydantic uses the method as the default value of the field. Does nothing if no base class has a field
    called `name`.
    """
    models = [base for base in cls.__bases__ if issubclass(base, BaseModel)]
    inherited = next((base.model_fields[name] for base in models if name in base.model_fields), None)
    if inherited is not None and name not in vars(cls):
        setattr(cls, name, inherited)


class BaseTool(Facts, V1Methods, BaseModel):
    """A tool that a model may call. Its fields are the arguments, its docstring is the description for the model, and
    its method `call` runs the tool.

    A field may have any name that pydantic allows. A field with the name of a built-in attribute of tools, such as
    `name` or `args`, replaces that attribute. Use the functions `call_of`, `arguments_of` and `error_of` for such a
    tool.
    """

    # A provider in Mirascope v1's form has a field for its call, of any type; arguments need a JSON schema still.
    model_config: ClassVar[ConfigDict] = ConfigDict(protected_namespaces=(), arbitrary_types_allowed=True)
    tool_config: ClassVar[ToolConfig] = ToolConfig()
    _origin: _Origin | None = PrivateAttr(default=None)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        call = inspect.getattr_static(cls, CALL, None)
        if isinstance(call, FunctionType) and not hasattr(call, "__guarded__"):
            setattr(cls, CALL, guarded(call))
        for name in _ENGINE:
            _free(cls, name)

    def __reduce_ex__(self, protocol: Any) -> Any:
        source = vars(type(self)).get(SOURCE)
        if source is None or type(self).__reduce__ is not object.__reduce__:  # a class or a `__reduce__` of the user
            return super().__reduce_ex__(protocol)
        return source.reduced(self)

    @classmethod
    def _name(cls) -> str:
        return valid_name(cls.__name__)

    @classmethod
    def _description(cls) -> str:
        return inspect.cleandoc(cls.__doc__ or "") or tool_schema.in_words(cls.__name__)

    @classmethod
    def tool_json_schema(cls) -> dict[str, Any]:
        """Return the JSON schema of the tool's arguments, as a new dict that the caller may change.

        Raises `ConfigurationError` if the type of an argument has no JSON schema.
        """
        kept: bytes | None = vars(cls).get(_SCHEMA)
        if kept is None:
            kept = pydantic_core.to_json(tool_schema.arguments_schema(cls))
            setattr(cls, _SCHEMA, kept)
        return cast("dict[str, Any]", pydantic_core.from_json(kept))

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the JSON schema of the arguments, without titles; with arguments, what pydantic returns for them."""
        return super().model_json_schema(*args, **kwargs) if args or kwargs else cls.tool_json_schema()

    @classmethod
    def from_call(cls, call: ToolCall) -> Self:
        """Return an instance of this tool for a tool call of a model. Never raises: if the arguments do not
        validate, the instance has an `error` and cannot run.
        """
        text = paired_escapes(call.arguments.strip())
        try:
            # pydantic's UTF-8 form of a str outside ASCII would be kept as long as the str.
            tool = cls.model_validate_json("{}" if text in ("", "null") else text if text.isascii() else text.encode())
        except Exception as problem:  # a user's validator may raise any exception
            return broken_tool(cls, call, arguments_error(_complaint(call.name, problem), problem, call.arguments))
        tool._origin = _Origin(call)
        return tool


def _as_sdk_call(kind: type[BaseTool], native: Any) -> Any:
    # The provider that was called is the last: a subclass of another provider's tool may have been offered.
    ways = [cls.__dict__["_sdk_call"] for cls in kind.__mro__ if "_sdk_call" in cls.__dict__]
    return ways[-1](native) if ways and isinstance(native, dict) else native


ToolT = TypeVar("ToolT", bound=BaseTool)


def tool_name(kind: type[BaseTool]) -> str:
    """Return the name by which a model calls a tool."""
    return valid_name(kind._name())  # pyright: ignore[reportPrivateUsage]  # v1's name for it, which users override


def tool_description(kind: type[BaseTool]) -> str:
    """Return the description of a tool for the model."""
    return kind._description()  # pyright: ignore[reportPrivateUsage]  # v1's name for it, which users override


def _origin_of(tool: BaseTool) -> _Origin | None:
    return tool._origin  # pyright: ignore[reportPrivateUsage]  # pydantic requires the underscore


def broken_tool(kind: type[ToolT], call: ToolCall, error: ToolError) -> ToolT:
    """Return an instance of a tool that cannot run and has this `error`. Its fields hold the arguments that can be
    read; the other fields are None.
    """
    tool = incomplete(kind, object_so_far(call.arguments))
    cast("Any", tool)._origin = _Origin(call, error=error)
    return tool


def partial_tool(kind: type[ToolT], call: ToolCall, delta: str) -> ToolT:
    """Return a partial instance of a tool, whose arguments are still arriving. Fields that have not arrived are None.

    `call.arguments` is the JSON text received so far, and `delta` is the newest piece of that text.
    """
    tool = incomplete(kind, object_so_far(call.arguments))
    cast("Any", tool)._origin = _Origin(call, delta=delta)
    return tool


def as_json(arguments: Mapping[str, Any]) -> str:
    """Return arguments as JSON text. A value that has no JSON form is written as its `str`."""
    return pydantic_core.to_json(arguments, fallback=str).decode()


def call_of(tool: BaseTool) -> ToolCall:
    """Return the tool call from which a tool was created. If no model called the tool, return a new `ToolCall` with
    its arguments and without an id.
    """
    origin = _origin_of(tool)
    if origin is not None:
        return origin.call
    native = vars(tool).get("tool_call")  # a field of tools of a provider in Mirascope v1's form
    return ToolCall(getattr(native, "id", None), tool_name(type(tool)), as_json(arguments_of(tool)), native)


def error_of(tool: BaseTool) -> ToolError | None:
    """Return the error that keeps a tool from running, or None. Works also if the tool has a field named `error`."""
    origin = _origin_of(tool)
    return origin.error if origin is not None else None


def delta_of(tool: BaseTool) -> str | None:
    """Return the newest piece of a partial tool's arguments; None for a complete tool. Works also if the tool has a
    field named `delta`.
    """
    origin = _origin_of(tool)
    return origin.delta if origin is not None else None


def is_partial(tool: BaseTool) -> bool:
    """Return True if the arguments of a tool are still arriving."""
    return delta_of(tool) is not None


def arguments_of(tool: BaseTool) -> dict[str, Any]:
    """Return the arguments of a tool by parameter name. Works also if the tool has a field named `args`."""
    if error_of(tool) is not None:
        return object_so_far(call_of(tool).arguments)
    signature: tool_schema.Signature | None = getattr(type(tool), SIGNATURE, None)
    names = {one.field_name: one.name for one in signature.parameters} if signature else {}
    fields = type(tool).model_fields
    shown = [name for name, one in fields.items() if not any(type(mark) is _HIDDEN for mark in one.metadata)]
    values = {names.get(field, field): vars(tool)[field] for field in shown}
    return {**values, **(tool.model_extra or {})}


def _complaint(name: str, problem: Exception) -> str:
    """Return the message for arguments that did not validate. The developer and the model both receive it."""
    if not isinstance(problem, ValidationError):
        return f"a validator of tool {name!r} failed for the arguments: {type(problem).__name__}: {problem}"
    details = problem.errors(include_url=False, include_context=False, include_input=False)
    lines = [": ".join(filter(None, [".".join(map(str, one["loc"])), one["msg"]])) for one in details]
    return f"invalid arguments for tool {name!r}: {'; '.join(lines)}"


def _check_usable(tool: BaseTool) -> None:
    error = error_of(tool)
    if error is not None:
        raise error
    if is_partial(tool):
        call = call_of(tool)
        message = f"tool {call.name!r} cannot run yet: its arguments are still arriving"
        raise ToolArgumentsError(message, arguments=call.arguments)


def _run_nothing(tool: BaseTool) -> Any:
    _check_usable(tool)
    raise NotImplementedError(f"{type(tool).__name__} does not define call()")
