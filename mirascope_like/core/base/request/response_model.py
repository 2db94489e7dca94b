"""Response models: the JSON schema that is requested for a type, and the parsing of responses into the type.

Knows types, JSON schemas and text. Must not know providers or how structured output is requested.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from enum import Enum, EnumType
from functools import cached_property
from types import BuiltinFunctionType, FunctionType, MethodType, NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Generic,
    NotRequired,
    Required,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import typing_extensions
from pydantic import BaseModel, ConfigDict, PydanticUserError, RootModel, TypeAdapter, ValidationError, create_model
from pydantic.errors import PydanticUndefinedAnnotation
from typing_extensions import is_typeddict

from ..errors import ConfigurationError, ResponseParseError, parse_error
from ..messages import valid_name
from ..parsing import FoundJSON, GivenFields, Shape, as_list, as_object, chosen, is_mapping, json_values, shape_of
from ..tools import arguments_schema, in_words
from .response_format import Strategy, Structure

BaseType: TypeAlias = str | bytes | int | float | bool | list[Any] | set[Any] | tuple[Any, ...] | dict[str, Any] | Enum
"""The types, in addition to models, that a response can be parsed into."""

T = TypeVar("T")

WRAPPED = "value"
"""The name of the field that holds the value if the response model is not a JSON object."""


class FromCallArgs:
    """Marks a field of a response model whose value is the call argument of the same name, not output of the model.

        class Book(BaseModel):
            title: Annotated[str, FromCallArgs()]
            summary: str

    The JSON schema that is sent to the model does not contain the field. It must be a field of the response model
    itself, not of a nested model. It may be optional.
    """


class ResponseModelConfigDict(ConfigDict, total=False):
    """The pydantic configuration of a response model.

    With `strict=True`, calls use the provider's own structured output, and responses are validated in pydantic's strict
    mode.
    """


class ResponseModel(Generic[T]):
    """A type that responses are parsed into. A type that is not a JSON object is wrapped in an object with the field
    `value`.
    """

    def __init__(self, kind: typing_extensions.TypeForm[T]) -> None:
        """Prepare a type that pydantic can validate.

        Raises `ConfigurationError` for a type without a JSON schema, a type with undefined forward references, a model
        of pydantic version 1, and a `FromCallArgs` marker in a nested model.
        """
        self.kind: Any = kind
        if (why := _unusable(kind)) is not None:
            raise ConfigurationError(f"unsupported response_model {_shown(kind)}: {why}")
        self.wrapped: bool = not _is_object(kind)
        try:
            self.object_type: Any = create_model("Answer", value=(self.kind, ...)) if self.wrapped else kind
            self._adapter: TypeAdapter[Any] = TypeAdapter(self.object_type)
            if not self._adapter.pydantic_complete:
                self._adapter.rebuild(raise_errors=True)  # raises an error that names the undefined name
        except PydanticUndefinedAnnotation as problem:
            raise ConfigurationError(
                f"unsupported response_model {_shown(kind)}: {problem.name!r} is not defined: define it before the "
                "call is decorated, and call `model_rebuild()`"
            ) from problem
        except PydanticUserError as problem:
            raise ConfigurationError(f"unsupported response_model {_shown(kind)}: {problem.message}") from problem
        self.call_args: tuple[str, ...] = tuple(
            name for name, _, marks in _fields(self.object_type) if any(map(_from_call, marks))
        )
        """The names of the fields whose values are call arguments."""
        if (unfilled := next(_unfilled(self.object_type, [], nested=False), None)) is not None:
            raise ConfigurationError(
                f"field {unfilled} cannot be marked FromCallArgs: mark a field of the response model itself, not of a "
                "model or type inside it"
            )
        try:
            self._schema = self._requested_schema()
        except PydanticUserError as problem:
            raise ConfigurationError(f"unsupported response_model {_shown(kind)}: {problem.message}") from problem

    @cached_property
    def strict(self) -> bool:
        """True if the type, or the item type of a list, is configured with `strict=True`."""
        kinds = [self.kind, *get_args(self.kind)]
        return any(_config(kind).get("strict") is True for kind in kinds)

    @cached_property
    def _with_given(self) -> GivenFields:
        return GivenFields(self.kind, self._adapter.core_schema, self.call_args)

    def _requested_schema(self) -> dict[str, Any]:
        """Return the JSON schema that the model's output must match: without the fields that are filled from call
        arguments.
        """
        schema = arguments_schema(self.object_type)
        ours = {key for name in self.call_args for key in _keys(self.object_type, name)}
        if ours:  # change only the outer properties: a recursive type is in the schema twice
            schema["properties"] = {key: one for key, one in schema["properties"].items() if key not in ours}
            schema["required"] = [key for key in schema.get("required", ()) if key not in ours]
        return schema

    @cached_property
    def name(self) -> str:
        """The name of the output in a request: the name of the tool, or of the schema. A class has its own name, and
        `list[str]` the name `list`; a union has the name `answer`.
        """
        return valid_name(_class_name(self.kind) or "answer", "answer")

    def structure(self, strategy: Strategy) -> Structure:
        """Return the structured output to request with this strategy."""
        name = self.name
        kind: Any = self.kind
        documented: str = "" if self.wrapped else kind.__dict__.get("__doc__") or ""
        if documented.startswith(f"{name}("):
            documented = ""  # generated by @dataclass
        title = "answer" if self.wrapped and not isinstance(kind, EnumType) else name
        how = ": give it by calling this." if strategy == "tool" else ""
        described = inspect.cleandoc(documented) or f"{in_words(title)}{how}"
        schema = self._schema
        if strategy != "tool" and documented.strip():  # for the strategy "tool", the tool has the description
            schema = {"description": described, **schema}
        return Structure(name, described, schema, strategy)

    def given(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of the fields that are filled from the arguments of the call, by field name.

        Raises `ConfigurationError` if the call has no argument with the name of such a field.
        """
        for name in self.call_args:
            if name not in arguments:
                raise ConfigurationError(
                    f"field {self.kind.__name__}.{name} is marked FromCallArgs, but the call has no argument {name!r}"
                )
        return {name: arguments[name] for name in self.call_args}

    def select(self, text: str) -> FoundJSON | None:
        """Return the JSON value in a text that is the output; None if no value has the form of the type.

        An object has the form of the type if it has at least one key of the type; an array, if its first item has the
        form of the item type. If exactly one such value is in a code fence, it is returned, otherwise the last such
        value. If the text is nothing but JSON, that is returned in any case.
        """
        values = json_values(text)
        if len(values) == 1 and not text[: values[0].start].strip() and not text[values[0].end :].strip():
            return values[0]
        return chosen(values, self._answers)

    def _answers(self, value: Any) -> bool:
        if self.wrapped:
            return _is_like(value, shape_of(self.object_type)) or _is_like(value, shape_of(self.kind))
        return _is_like(value, shape_of(self.object_type))

    def read(self, text: str, given: Mapping[str, Any], selected: FoundJSON | None) -> T:
        """Parse and validate the output in a text. `selected` is the result of `select` for the same text.

        Raises `ResponseParseError`. If the text contains JSON, the error is also a pydantic `ValidationError`.
        """
        found = selected or next(reversed(json_values(text)), None)
        if found is None:
            raise ResponseParseError(f"no JSON in the response: {text[:200]!r}")
        try:
            return self._validated(found, given)
        except ValidationError as fault:
            error = parse_error(fault)
            if isinstance(found.value, list) and not self.wrapped:
                error.add_note("the response contains an array, but an object was requested")
            raise error

    def _validated(self, found: FoundJSON, given: Mapping[str, Any]) -> T:
        text = found.text
        if given and is_mapping(found.value):
            fields = as_object(found.value)
            keys = {next(_keys(self.object_type, name)): value for name, value in given.items()}
            try:
                return cast(T, self._with_given.validated(fields, keys))
            except LookupError:  # a user's validator receives the whole object: validate in Python mode
                return cast(T, self._adapter.validate_python({**fields, **keys}, strict=False))
        if not self.wrapped:
            return cast(T, self._adapter.validate_json(text))
        try:
            return cast(T, self._adapter.validate_json(text).value)
        except ValidationError as fault:
            # With the strategy "json", models sometimes leave out the wrapping object.
            try:
                return cast(T, TypeAdapter(self.kind).validate_json(text))
            except ValidationError:
                raise fault from None


def _is_like(value: Any, shape: Shape) -> bool:
    """Return True if a JSON value has the form of a type: an object by its keys, an array by its first item."""
    if isinstance(value, dict):
        if shape.record is None:
            return shape.item is None and not shape.text
        return not value or any(shape.record.field(key) is not None for key in as_object(value))
    if isinstance(value, list):
        items = as_list(value)
        if shape.item is None:
            return shape.record is None and not shape.text
        return not items or _is_like(items[0], shape.item)
    return shape.record is None and shape.item is None and (shape.text == isinstance(value, str) or not shape.text)


def _unusable(kind: Any) -> str | None:
    """Return the reason why a value cannot be a response model (it is not a type, or it uses pydantic 1); None if it
    can.
    """
    if isinstance(kind, str):
        return "it is a str: pass the type itself"
    if isinstance(kind, FunctionType | BuiltinFunctionType | MethodType):
        return "it is a function: pass the type that the function returns"
    if isinstance(kind, TypeVar):
        return "it is a type variable: pass a type"
    old = next((one for one in _types_in(kind, []) if type(one).__module__.startswith("pydantic.v1.")), None)
    return f"{_shown(old)} is a model of pydantic's version 1: subclass pydantic.BaseModel" if old else None


def _types_in(kind: Any, seen: list[Any]) -> Iterator[Any]:
    """Yield a type and all types inside it, including the types of the fields of models."""
    for one in _within(kind):
        if not any(one is before for before in seen):
            seen.append(one)
            yield one
            if _is_object(one) or hasattr(one, "model_fields"):
                for _, hint, _ in _fields(one):
                    yield from _types_in(hint, seen)


def _shown(kind: Any) -> str:
    return kind.__qualname__ if isinstance(kind, type) else repr(kind)


def _is_object(kind: Any) -> bool:
    origin: Any = get_origin(kind) or kind
    if not isinstance(origin, type):
        return False
    if issubclass(origin, BaseModel):
        return not issubclass(origin, RootModel)
    return is_dataclass(kind) or is_typeddict(kind)


def _class_name(kind: Any) -> str | None:
    inner = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    found: Any = inner if is_typeddict(inner) else get_origin(inner) or inner
    return str(found.__name__) if isinstance(found, type) and found is not UnionType else None


def _config(kind: Any) -> Mapping[str, Any]:
    return getattr(kind, "model_config", None) or getattr(kind, "__pydantic_config__", None) or {}


def _from_call(mark: Any) -> bool:
    return isinstance(mark, FromCallArgs) or mark is FromCallArgs


def _fields(kind: Any) -> Iterator[tuple[str, Any, Sequence[Any]]]:
    """Yield (name, type, markers) for each field of an object type. Markers, such as `FromCallArgs`, are removed
    from the type.
    """
    fields: Mapping[str, Any] | None = getattr(kind, "model_fields", None)
    if fields is not None:
        found = [(name, field.annotation, field.metadata) for name, field in fields.items()]
    else:
        try:
            found = [(name, hint, ()) for name, hint in get_type_hints(kind, include_extras=True).items()]
        except (NameError, TypeError):  # a name in an annotation cannot be resolved from here
            return
    for name, hint, marks in found:
        hint, more = _unmarked(hint)
        yield name, hint, (*marks, *more)


def _unmarked(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return a field's type without `None`, `Required` and `Annotated`, together with the metadata that `Annotated`
    had.
    """
    marks: tuple[Any, ...] = ()
    while True:
        origin: Any = get_origin(hint)
        inner = [one for one in get_args(hint) if one is not NoneType]
        if origin is Annotated:
            marks += hint.__metadata__
        elif origin not in _AROUND or len(inner) != 1:
            return hint, marks
        hint = inner[0]


_AROUND = (Union, UnionType, Required, NotRequired)


def _unfilled(kind: Any, seen: list[Any], *, nested: bool) -> Iterator[str]:
    """Yield the fields whose `FromCallArgs` marker cannot work: fields of nested models, and markers inside a type.

    `seen` are the models visited so far. `nested` is False for the response model itself.
    """
    seen.append(kind)
    for name, hint, marks in _fields(kind):
        within = list(_within(hint))
        if any(map(_from_call, within)) or (nested and any(map(_from_call, marks))):
            yield f"{kind.__name__}.{name}"
        for one in within:
            if one not in seen and (_is_object(one) or hasattr(one, "model_fields")):
                yield from _unfilled(one, seen, nested=True)


def _within(hint: Any) -> Iterator[Any]:
    """Yield a type and, recursively, all its type arguments."""
    yield hint
    for one in get_args(hint):
        yield from _within(one)


def _keys(kind: Any, name: str) -> Iterator[str]:
    """Yield the JSON keys that fill a field. The first is the key in the JSON schema."""
    field = getattr(kind, "model_fields", {}).get(name)
    for key in (getattr(field, "validation_alias", None), getattr(field, "alias", None)):
        if isinstance(key, str):
            yield key
    yield name
