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

from ..errors import ToolArgumentsError, ToolError, arguments_error
from ..messages import valid_name
from ..parsing import incomplete, object_so_far, paired_escapes
from ..runtime import LazyModule

if TYPE_CHECKING:
    from . import schema as tool_schema
else:
    tool_schema = LazyModule(f"{__package__}.schema")

FactT = TypeVar("FactT")

CALL = "call"
SIGNATURE = "__tool_signature__"
"""The attribute of a function's tool type that holds the function's `Signature`."""
SOURCE = "__tool_source__"
"""The attribute of a tool type that was made: what it was made from, and how to pickle its tools."""
_SCHEMA = "__tool_schema__"
_ENGINE = ("from_call", "from_error", "partial", "tool_json_schema")


class ToolConfig(TypedDict, total=False):
    """Settings of a tool that are not arguments; each provider has its own."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call of a model, in the common form."""

    id: str | None
    name: str
    arguments: str
    """The JSON text exactly as the model wrote it; empty if it wrote none."""
    native: Any = None
    """The provider's own object or dict for the call."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """The tool call that a tool was made from, and its state."""

    call: ToolCall
    delta: str | None = None
    error: ToolError | None = None


class _Fact(Generic[FactT]):
    """An attribute that every tool has, unless the tool has a field of the same name.

    A property cannot do this: pydantic takes a class attribute, even an inherited one, for the default of the field.
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
    """The attributes of every tool, unless it has a field of that name."""

    if TYPE_CHECKING:
        # "| Any" lets a tool class declare a field of the same name with another type.
        tool_call: Any
        """The provider's own object for the call; None for a tool that was not called by a model."""
        id: str | Any | None
        """The call's id, or None if the provider gives none."""
        name: str | Any
        """The name by which the model called the tool."""
        args: dict[str, Any] | Any
        """The arguments by parameter name; if there is an `error`, as the model wrote them."""
        delta: str | Any | None
        """The newest piece of the arguments' text while they arrive; None for a complete tool."""
        error: ToolError | Any | None
        """The error that prevents the tool from running, or None."""

        def call(self) -> Any:
            """Run the tool; an async one returns an awaitable. Raises its `error` if there is one."""
    else:
        tool_call = _Fact(lambda tool: call_of(tool).native)
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
    """Keep pydantic from taking a method of this class for the default of an inherited field of the same name."""
    models = [base for base in cls.__bases__ if issubclass(base, BaseModel)]
    inherited = next((base.model_fields[name] for base in models if name in base.model_fields), None)
    if inherited is not None and name not in vars(cls):
        setattr(cls, name, inherited)


class BaseTool(Facts, BaseModel):
    """A tool that a model may call: its fields are the arguments, its docstring the description; `call` runs it.

    A field may have any name that pydantic allows. A field named like a tool's own attribute, such as `name` or `args`,
    replaces the attribute; then use `call_of`, `arguments_of` and `error_of`.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(protected_namespaces=())
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
        if source is None or type(self).__reduce__ is not object.__reduce__:  # the user's own class, or own method
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
        """Return a new copy of the JSON schema of the arguments, which the caller may change.

        Raises `ConfigurationError` if an argument has no JSON form.
        """
        kept: bytes | None = vars(cls).get(_SCHEMA)
        if kept is None:
            kept = pydantic_core.to_json(tool_schema.arguments_schema(cls))
            setattr(cls, _SCHEMA, kept)
        return cast("dict[str, Any]", pydantic_core.from_json(kept))

    @classmethod
    def from_call(cls, call: ToolCall) -> Self:
        """Return the tool for a model's call. Never raises: for arguments that do not validate, the tool has an
        `error`.
        """
        text = paired_escapes(call.arguments.strip())
        try:
            tool = cls.model_validate_json("{}" if text in ("", "null") else text)
        except Exception as problem:  # a user's validator may raise any exception
            return cls.from_error(call, arguments_error(_complaint(call.name, problem), problem, call.arguments))
        tool._origin = _Origin(call)
        return tool

    @classmethod
    def from_error(cls, call: ToolCall, error: ToolError) -> Self:
        """Return a tool that cannot be run, with the fields that its arguments fill; the others are None."""
        tool = incomplete(cls, object_so_far(call.arguments))
        tool._origin = _Origin(call, error=error)
        return tool

    @classmethod
    def partial(cls, call: ToolCall, delta: str) -> Self:
        """Return a partial tool: fields that have not arrived are None.

        `call.arguments` is the text so far and `delta` the newest piece of it.
        """
        tool = incomplete(cls, object_so_far(call.arguments))
        tool._origin = _Origin(call, delta=delta)
        return tool


def tool_name(kind: type[BaseTool]) -> str:
    """Return the name by which a model calls a tool."""
    return valid_name(kind._name())  # pyright: ignore[reportPrivateUsage]  # v1's name for it, which users override


def tool_description(kind: type[BaseTool]) -> str:
    """Return the description of a tool for the model."""
    return kind._description()  # pyright: ignore[reportPrivateUsage]  # v1's name for it, which users override


def _origin_of(tool: BaseTool) -> _Origin | None:
    return tool._origin  # pyright: ignore[reportPrivateUsage]  # pydantic wants the underscore, this file owns it


def as_json(arguments: Mapping[str, Any]) -> str:
    """Return arguments as JSON; what has no JSON form is its `str`."""
    return pydantic_core.to_json(arguments, fallback=str).decode()


def call_of(tool: BaseTool) -> ToolCall:
    """Return the tool call from which a tool was made. For a tool that no model called, return a call without an id."""
    origin = _origin_of(tool)
    if origin is not None:
        return origin.call
    return ToolCall(None, tool_name(type(tool)), as_json(arguments_of(tool)))


def error_of(tool: BaseTool) -> ToolError | None:
    """Return `tool.error`, even if the tool has a field of that name."""
    origin = _origin_of(tool)
    return origin.error if origin is not None else None


def delta_of(tool: BaseTool) -> str | None:
    """Return `tool.delta`, even if the tool has a field of that name."""
    origin = _origin_of(tool)
    return origin.delta if origin is not None else None


def is_partial(tool: BaseTool) -> bool:
    """Return True for a partial tool: its arguments are still arriving."""
    return delta_of(tool) is not None


def arguments_of(tool: BaseTool) -> dict[str, Any]:
    """Return `tool.args`, even if the tool has a field of that name."""
    if error_of(tool) is not None:
        return object_so_far(call_of(tool).arguments)
    signature: tool_schema.Signature | None = getattr(type(tool), SIGNATURE, None)
    names = {one.field_name: one.name for one in signature.parameters} if signature else {}
    values = {names.get(field, field): vars(tool)[field] for field in type(tool).model_fields}
    return {**values, **(tool.model_extra or {})}


def _complaint(name: str, problem: Exception) -> str:
    """Return a text that describes what is wrong with the arguments, for the developer and for the model."""
    if not isinstance(problem, ValidationError):
        return f"the arguments of tool {name!r} were refused: {type(problem).__name__}: {problem}"
    details = problem.errors(include_url=False, include_context=False, include_input=False)
    lines = [": ".join(filter(None, [".".join(map(str, one["loc"])), one["msg"]])) for one in details]
    return f"the arguments of tool {name!r} are of no use: {'; '.join(lines)}"


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
