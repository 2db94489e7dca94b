"""Read the parameters of a function from its signature and docstring, and generate the JSON schema of arguments.

Knows functions, docstrings and pydantic models. Must not know tools, calls or providers.
"""

import functools
import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, NotRequired, Required, Unpack, get_args, get_origin, get_type_hints

from pydantic import Field, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind
from typing_extensions import Unpack as BackportedUnpack

from ..errors import ConfigurationError
from .docstring_examples import example_texts, examples_in

_POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
_VAR_POSITIONAL = inspect.Parameter.VAR_POSITIONAL
EXAMPLES = "__tool_examples__"
"""The attribute of a tool type that holds the texts of the examples in its function's docstring."""
_VAR_KEYWORD = inspect.Parameter.VAR_KEYWORD


def in_words(name: str) -> str:
    """Return an identifier as words: `get_weather` becomes "Get weather", `FormatBook` "Format book"."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).replace("_", " ")
    return " ".join(spaced.split()).capitalize()


@dataclass(frozen=True, slots=True)
class Documentation:
    """The texts of a function's docstring. The section on exceptions is left out."""

    description: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    returns: str = ""
    examples: tuple[str, ...] = ()

    def map(self, change: Callable[[str], str]) -> "Documentation":
        """Return a copy with `change` applied to each text."""
        parameters = {name: change(text) for name, text in self.parameters.items()}
        examples = tuple(change(text) for text in self.examples)
        return Documentation(change(self.description), parameters, change(self.returns), examples)


_NO_DESCRIPTION = "(no description)"
_SECTION = re.compile(r"(?:\*\*)?(Args|Arguments|Parameters|Params|Keyword Args|Other Parameters):?(?:\*\*)?:?")
_ITEM = re.compile(
    r"(?P<indent>\s*)(?:[-*\u2022]\s+)?[`*]{0,2}(?P<name>\*{0,2}\w+)[`*]{0,2}(?P<kind>\s*\([^)]*\))?[`*]{0,2}\s*"
    r"(?::|\s-{1,2}\s|\s\u2013\s|\s\u2014\s)\s*(?P<text>.*)"
)
_FIELD = re.compile(
    r"(?P<mark>[:@](?:param|parameter|arg|argument|key|keyword)\b[^:`]*?)`{1,2}(?P<name>\w+)`{1,2}(?P<rest>\s*:.*)"
)
_FIELD_LINE = re.compile(r"[:@](?:param|parameter|arg|argument|key|keyword)\b")


def _regular(text: str) -> str:
    """Return a docstring without lines that confuse `docstring_parser`, which then finds no parameters at all.

    In lists of parameters, bullets and backticks are removed, and so are lines that do not name a parameter.
    """
    lines: list[str] = []
    within: str | None = None
    dropped = flat = False
    for line in text.splitlines():
        if (section := _SECTION.fullmatch(line)) is not None and (
            line.rstrip("*").endswith(":") or line.endswith("**")
        ):
            if not any(one.strip() for one in lines):
                lines += [_NO_DESCRIPTION, ""]
            lines.append(f"{section[1]}:")
            within, dropped, flat = "", False, lines[0] == _NO_DESCRIPTION
            continue
        if within is not None and line.strip():
            indent = line[: len(line) - len(line.lstrip())]
            item = _ITEM.fullmatch(line)
            if not indent and (item is None or not (flat or re.match(r"[-*\u2022]\s", line))):
                within = None
            elif not within or len(indent) <= len(within):
                within, dropped = within or indent or "-", item is None
                if item is not None:
                    lines.append(f"    {item['name']}{item['kind'] or ''}: {item['text']}")
                continue
            else:
                lines += [] if dropped else [f"        {line.strip()}"]
                continue
        if _FIELD_LINE.match(line):
            marked = _FIELD.fullmatch(line)
            line = f"{marked['mark']}{marked['name']}{marked['rest']}" if marked else line
            if ":" not in line[1:]:
                continue
        lines.append(line)
    return "\n".join(lines)


def read_docstring(text: str | None) -> Documentation:
    """Parse a docstring in Google, NumPy, Sphinx or epydoc style."""
    import docstring_parser  # imported here: few programs need it

    first = (text or "").partition("\n")[0]
    # `cleandoc` ignores the first line when it removes indentation. If a section begins there, keep it.
    cleaned = _regular(text if text and _SECTION.fullmatch(first) else inspect.cleandoc(text or ""))
    try:
        parsed = docstring_parser.parse(cleaned)
    except docstring_parser.ParseError:
        return Documentation(cleaned, examples=tuple(example_texts(text)))
    if parsed.short_description == _NO_DESCRIPTION:
        parsed.short_description = None
    parameters: dict[str, str] = {}
    for parameter in parsed.params:
        for name in parameter.arg_name.split(","):  # NumPy: "x, y : int"
            if parameter.description:
                parameters.setdefault(name.strip().lstrip("*"), parameter.description.strip())
    parts = [part.strip() for part in (parsed.short_description, parsed.long_description) if part]
    returns = parsed.returns.description if parsed.returns is not None else None
    return Documentation("\n\n".join(parts), parameters, (returns or "").strip(), tuple(example_texts(text)))


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function, and the name of the tool's field that holds its value."""

    name: str
    field_name: str
    annotation: Any
    default: Any
    positional_only: bool = False

    @property
    def optional(self) -> bool:
        """True if the function has a default value for this parameter."""
        return self.default is not inspect.Parameter.empty and not isinstance(self.default, FieldInfo)


@dataclass(frozen=True, slots=True)
class Signature:
    """The name, the docstring and the parameters of a function that becomes a tool."""

    name: str
    module: str
    documentation: Documentation
    parameters: tuple[Parameter, ...]
    extras: Any = None
    """The annotation of `**kwargs`, or None if the function has no `**kwargs`."""

    def fields(self, documentation: Documentation) -> dict[str, tuple[Any, Any]]:
        """Return an (annotation, default) pair per field name, as `pydantic.create_model` expects."""
        return {
            parameter.field_name: _field(parameter, documentation.parameters.get(parameter.name))
            for parameter in self.parameters
        }


def read_signature(fn: Callable[..., Any], is_reserved: Callable[[str], bool]) -> Signature:
    """Return the signature of a function that becomes a tool.

    `is_reserved` returns True for names that a field of the tool must not have. Raises `ConfigurationError` for `*args`
    (a model passes arguments by name), for an unbound method, and for annotations that cannot be resolved.
    """
    source = _source(fn)
    name = str(getattr(fn, "__name__", "") or getattr(source, "__name__", ""))
    if name == "__call__":
        name = type(fn).__name__
    if not name.isidentifier():
        raise ConfigurationError(f"a tool needs a name: define {name or fn!r} with def")
    found = list(_declared(fn, source, name))
    owner = getattr(source, "__qualname__", "").rpartition(".")[0]
    if found and found[0].name == "self" and found[0].annotation is Any and owner and not owner.endswith("<locals>"):
        raise ConfigurationError(f"{owner}.{name} is a method without its object: pass a bound method, object.{name}")
    field_names = _field_names([parameter.name for parameter in found], is_reserved)
    extras: Any = None
    parameters: list[Parameter] = []
    for one in found:
        if one.kind is _VAR_KEYWORD:
            extras = one.annotation
            continue
        only = one.kind is _POSITIONAL_ONLY
        parameters.append(Parameter(one.name, field_names[one.name], one.annotation, one.default, only))
    documentation = read_docstring(inspect.getdoc(source))
    module = getattr(source, "__module__", None) or __name__
    return Signature(name, module, documentation, tuple(parameters), extras)


def _source(fn: Any) -> Any:
    """Return the function that the user wrote, without partials, methods and decorators; `__call__` of a callable
    object.
    """
    while True:
        if isinstance(fn, functools.partial):
            fn = fn.func  # pyright: ignore[reportUnknownMemberType]  # any function
        elif inspect.ismethod(fn):
            fn = fn.__func__
        elif hasattr(fn, "__wrapped__"):
            fn = fn.__wrapped__
        elif not inspect.isroutine(fn):
            fn = type(fn).__call__
        else:
            return fn


def _declared(fn: Callable[..., Any], source: Any, name: str) -> Iterator[inspect.Parameter]:
    """Yield a function's parameters, annotations resolved; `**kwargs: Unpack[TypedDict]` yields one parameter per
    key.
    """
    names: dict[str, Any] | None = None
    try:
        declared = inspect.signature(fn).parameters.values()
    except ValueError as problem:
        raise ConfigurationError(f"function {name!r} cannot be a tool: {problem}") from problem
    for parameter in declared:
        if parameter.kind is _VAR_POSITIONAL:
            raise ConfigurationError(
                f"function {name!r} cannot be a tool: a model passes arguments by name, so *{parameter.name} "
                "could never be filled; take a list instead"
            )
        annotation: Any = Any
        if parameter.annotation is not inspect.Parameter.empty:
            names = _local_names(source) if names is None else names
            annotation = _resolved(parameter, source, names, name)
        if parameter.kind is _VAR_KEYWORD and get_origin(annotation) in (Unpack, BackportedUnpack):
            yield from _unpacked(get_args(annotation)[0])
        else:
            yield parameter.replace(annotation=annotation)


def _resolved(parameter: inspect.Parameter, source: Any, names: dict[str, Any], function: str) -> Any:
    def holder() -> None: ...

    holder.__annotations__ = {"it": parameter.annotation}
    try:
        return get_type_hints(holder, getattr(source, "__globals__", {}), names, include_extras=True)["it"]
    except (NameError, TypeError, SyntaxError, AttributeError) as problem:
        raise ConfigurationError(
            f"function {function!r} cannot be a tool: the annotation {parameter.annotation!r} of its "
            f"parameter {parameter.name!r} cannot be resolved ({problem})"
        ) from problem


def _local_names(source: Any) -> dict[str, Any]:
    """Return the local variables, of its closure and of the functions around it, that a nested function's
    annotations use.
    """
    names: dict[str, Any] = {}
    scopes = getattr(source, "__qualname__", "").split(".<locals>.")[:-1]
    enclosing = {".<locals>.".join(scopes[: depth + 1]) for depth in range(len(scopes))}
    frame = inspect.currentframe() if enclosing else None
    while frame is not None:
        if frame.f_code.co_qualname in enclosing and frame.f_globals is source.__globals__:
            names = {**frame.f_locals, **names}
        frame = frame.f_back
    cells: tuple[Any, ...] = getattr(source, "__closure__", None) or ()
    for name, cell in zip(source.__code__.co_freevars if cells else (), cells, strict=True):
        try:
            names[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    return names


def _unpacked(kind: Any) -> Iterator[inspect.Parameter]:
    """Yield the keys of a TypedDict as keyword-only parameters."""
    for name, hint in get_type_hints(kind, include_extras=True).items():
        marked = get_origin(hint) in (Required, NotRequired)
        required = name in kind.__required_keys__ and get_origin(hint) is not NotRequired
        annotation = get_args(hint)[0] if marked else hint
        default = inspect.Parameter.empty if required else None
        yield inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _field_names(names: Collection[str], is_reserved: Callable[[str], bool]) -> dict[str, str]:
    """Return a field name for each parameter; a name that is reserved gets an underscore at its end."""
    chosen: dict[str, str] = {}
    for name in names:
        candidate = name
        others = {*names, *chosen.values()} - {name}
        while candidate.startswith("_") or is_reserved(candidate) or candidate in others:
            candidate = (candidate.lstrip("_") or "argument") + "_"
        chosen[name] = candidate
    return chosen


def _field(parameter: Parameter, described: str | None) -> tuple[Any, Any]:
    """Return the (annotation, default) pair of a parameter's field. Its own `Field` takes precedence over the
    docstring.
    """
    kind, metadata = parameter.annotation, list[Any]()
    if get_origin(kind) is Annotated:
        kind, *metadata = get_args(kind)
    texts = [one for one in metadata if isinstance(one, str)]
    own: list[Any] = [one for one in metadata if not isinstance(one, str)]
    described = texts[0] if texts else described
    alias = parameter.name if parameter.field_name != parameter.name else None
    if described is not None:
        own.insert(0, Field(description=described))
    if alias is not None:
        own.insert(0, Field(alias=alias))
    annotation = Annotated[(kind, *own)] if own else kind
    if parameter.default is not inspect.Parameter.empty:
        return annotation, parameter.default
    marks = [one for one in own if isinstance(one, FieldInfo) and not one.is_required()]
    if not marks:
        return annotation, ...
    last: Any = marks[-1]
    return annotation, last.default if last.default_factory is None else Field(default_factory=last.default_factory)


class _ArgumentsSchema(GenerateJsonSchema):
    """Generates JSON schemas without titles that repeat a field's name, and without defaults that have no JSON form."""

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        return

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _drop_title(schema: dict[str, Any], name: str) -> None:
    """Remove a title that repeats the name of the type; keep one that was set explicitly."""
    title = re.sub(r"[^a-zA-Z0-9.\-_]", "_", schema.get("title", ""))
    if name == title or name.endswith(f"__{title}"):
        schema.pop("title", None)


def arguments_schema(model: type[Any]) -> dict[str, Any]:
    """Return the JSON schema of a class's fields: an object schema, with `$defs` for nested types.

    The class's name and docstring are not in the schema: they become the tool's name and description. Examples in the
    docstring become the keyword `examples`, unless the class sets that keyword itself. Raises `ConfigurationError` if
    the type of a field has no JSON schema.
    """
    try:
        schema = TypeAdapter(model).json_schema(schema_generator=_ArgumentsSchema)
    except PydanticInvalidForJsonSchema as problem:
        message = f"{model.__name__!r} cannot be offered to a model: {problem.message}"
        raise ConfigurationError(message) from problem
    if "$ref" in schema:  # a recursive model
        schema = {**schema["$defs"][schema.pop("$ref").rpartition("/")[2]], **schema}
    for name, definition in schema.get("$defs", {}).items():
        _drop_title(definition, name)
    _drop_title(schema, re.sub(r"[^a-zA-Z0-9.\-_]", "_", model.__name__))
    schema.pop("description", None)
    if (texts := getattr(model, EXAMPLES, None) or example_texts(model.__doc__)) and "examples" not in schema:
        schema["examples"] = examples_in(texts)
    return schema
