"""The `{fields}` of a template: parses them, and converts their values to text or parts.

Fields are parsed only once, in the template. Values are never parsed, so they cannot change the meaning of a template.
Errors that are raised here while values are inserted have no position; `Template` adds it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from typing import TypeAlias, cast

from pydantic import BaseModel

from ..errors import PromptError
from ..messages import AnyPart, CacheControlPart, TextPart, media_part, part_of, shown
from ..tools import tool_output_text
from .template_sections import Section, error_at

Piece: TypeAlias = "str | Field"
"""A piece of a template: literal text or a field."""

_Step: TypeAlias = "tuple[Callable[[object, str], object], str]"


@dataclass(frozen=True, slots=True)
class Field:
    """One `{field}` of a template."""

    source: str
    """The text of the field in the template, with its braces."""
    at: int
    """The character offset of the field in the template."""
    root: str
    """The name of the variable at the start of the field; empty for `{:cache_control}`."""
    steps: tuple[_Step, ...] = ()
    """The attributes and items that lead from the variable to the value, in order."""
    conversion: str = ""
    """"r", "s" or "a": the conversion after `!`, as in Python's format strings. Empty if there is none."""
    kind: str = ""
    """The form that the value is converted to: "list", the type of a part, or empty for text in Python's format."""
    many: bool = False
    """True if each item of the value becomes a separate part or list (`images`, `lists`)."""
    spec: str = ""
    """The format specification, if the value becomes text."""
    options: tuple[tuple[str, str], ...] = ()
    """The options in parentheses after the kind, such as `detail=low`."""

    @property
    def plain(self) -> bool:
        """True if the field has no conversion, kind or format."""
        return not (self.conversion or self.kind or self.spec)

    @property
    def textual(self) -> bool:
        """True if the value becomes text inside the surrounding text, not a separate part."""
        return self.kind in ("", "list")


def parse(section: Section, template: str) -> tuple[Piece, ...]:
    """Return the pieces of a section's text. `{{` and `}}` are literal braces.

    Raises `PromptError` for a single brace, and for braces that do not contain a valid field.
    """
    text = section.text
    pieces: list[Piece] = []
    literal = ""
    end = 0
    for token in _TOKEN.finditer(text):
        literal += text[end : token.start()]
        end = token.end()
        if token[0] in ("{{", "}}"):
            literal += token[0][0]
            continue
        at = section.origin(token.start())
        try:
            field = _field(token[0], at)
        except PromptError as error:
            raise error_at(str(error), template, at) from None
        if literal:
            pieces.append(literal)
        literal = ""
        pieces.append(field)
    literal += text[end:]
    return (*pieces, literal) if literal else tuple(pieces)


def value_of(field: Field, values: Mapping[str, object]) -> object:
    """Return the value that a field refers to; None for a field without a variable.

    Raises `PromptError` if the variable, an attribute or an item does not exist.
    """
    if not field.root:
        return None
    if field.root not in values:
        known = ", ".join(values) or "none"
        raise PromptError(f"unknown variable {field.root!r}{near(field.root, values)} (known: {known})")
    value = values[field.root]
    for take, name in field.steps:
        value = take(value, name)
    return value


def text_of(field: Field, value: object) -> str:
    """Return the text that replaces a field. None becomes empty text, unless the field has a conversion (`!r`)."""
    if field.kind == "list":
        groups = _items(value) if field.many else (value,)
        return "\n\n".join("\n".join(_item_text(item) for item in _items(group)) for group in groups)
    if field.conversion:
        value = _CONVERSIONS[field.conversion](value)
    return _text(value, field.spec)


def parts_of(field: Field, value: object) -> list[AnyPart]:
    """Return the parts that replace a field that becomes parts; an empty list for None and for an empty str."""
    if field.kind == "cache_control":
        return [CacheControlPart.of_ttl(dict(field.options).get("ttl"))]
    options = dict(field.options)
    items = _items(value) if field.many else (value,)
    return [_PARTS[field.kind](item, options) for item in items if not _nothing(item)]


def near(name: str, names: Iterable[str]) -> str:
    """Return the suggestion of a similar name that ends an error message; empty if no name is similar."""
    from difflib import get_close_matches  # imported here: few programs misspell a name

    found = get_close_matches(name, list(names), n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


_TOKEN = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]")
_FIELD = re.compile(
    r"""\{
        (?P<root>[^\W\d]\w*)?
        (?P<path>(?:\.[^\W\d]\w*|\[[^\[\]]+\])*)
        (?:!(?P<conversion>\w*))?
        (?::(?P<spec>.*))?
    \}""",
    re.VERBOSE | re.DOTALL,
)
_STEP = re.compile(r"\.(?P<attribute>\w+)|\[(?P<item>[^\[\]]+)\]")
_KIND = re.compile(
    r"(?P<kind>cache_control|(?P<one>list|text|image|audio|document|part)s?)(?:\((?P<options>.*)\))?",
    re.DOTALL,
)
_OPTIONS: dict[str, tuple[str, ...]] = {"image": ("detail",), "cache_control": ("type", "ttl")}
_CONVERSIONS: dict[str, Callable[[object], object]] = {"r": repr, "s": str, "a": ascii}
_DOUBLE = "to write a literal brace, double it: {{ or }}"


def _field(source: str, at: int) -> Field:
    if source in ("{", "}"):
        raise PromptError(f"a single {source} is not a field: {_DOUBLE}")
    match = _FIELD.fullmatch(source)
    if match is None:
        raise PromptError(f"{source} is not a field, such as {{name}} or {{name.attribute:list}}: {_DOUBLE}")
    root, conversion, spec = match["root"] or "", match["conversion"], match["spec"] or ""
    if conversion is not None and conversion not in _CONVERSIONS:
        raise PromptError(f"{source}: unknown conversion !{conversion}; use !r, !s or !a")
    steps = tuple(_step(step) for step in _STEP.finditer(match["path"]))
    for take, name in steps:
        if take is _attribute and name.startswith("_"):
            raise PromptError(f"{source}: the attribute {name!r} is private; a template reads public attributes only")
    shape = _KIND.fullmatch(spec)
    kind = (shape["one"] or shape["kind"]) if shape else ""
    if (kind == "cache_control") != (root == ""):
        raise PromptError(
            f"{source}: the variable is missing; {_DOUBLE}"
            if not root
            else f"{source}: cache_control has no variable; write {{:cache_control}}"
        )
    if shape is None:
        return Field(source, at, root, steps, conversion or "", spec=spec)
    if conversion:
        raise PromptError(f"{source}: !{conversion} cannot be combined with :{shape['kind']}; remove one of them")
    options = _options(source, kind, shape["options"])
    return Field(source, at, root, steps, kind=kind, many=shape["kind"] != kind, options=options)


def _step(match: re.Match[str]) -> _Step:
    return (_attribute, match["attribute"]) if match["attribute"] else (_item, match["item"])


def _options(source: str, kind: str, text: str | None) -> tuple[tuple[str, str], ...]:
    if not text:
        return ()
    known = _OPTIONS.get(kind, ())
    options: list[tuple[str, str]] = []
    for option in text.split(","):
        name, equals, value = (piece.strip() for piece in option.partition("="))
        if name not in known:
            raise PromptError(f"{source}: unknown option {name!r}{near(name, known)}")
        if not equals or not value:
            raise PromptError(f"{source}: the option {name!r} has no value; write {name}=value")
        if (name, kind) == ("type", "cache_control") and value != "ephemeral":
            raise PromptError(f"{source}: invalid cache_control option type={value}; use type=ephemeral")
        if (name, kind) == ("ttl", "cache_control") and value not in ("5m", "1h"):
            raise PromptError(f"{source}: invalid cache_control option ttl={value}; use ttl=5m or ttl=1h")
        options.append((name, value))
    return tuple(options)


def _attribute(value: object, name: str) -> object:
    try:
        return getattr(value, name)
    except AttributeError as error:
        if hasattr(type(value), name):
            raise PromptError(f"the attribute {name!r} of {type(value).__name__} failed: {error}") from error
        public = [one for one in dir(value) if not one.startswith("_")]
        raise PromptError(f"{type(value).__name__} has no attribute {name!r}{near(name, public)}") from error


def _item(value: object, name: str) -> object:
    """Return an item by the rule of Python's format strings: digits are an index, any other text is a key."""
    try:
        return cast("Mapping[object, object]", value)[int(name) if name.isdecimal() else name]
    except (LookupError, TypeError) as error:
        kind = type(value).__name__
        keys = map(str, cast("Mapping[object, object]", value)) if isinstance(value, Mapping) else ()
        raise PromptError(f"{kind} has no item {name!r}{near(name, keys)}") from error


def _text(value: object, spec: str = "") -> str:
    if value is None:
        return ""
    if not spec:
        return format(value)
    try:
        return format(value, spec)
    except (ValueError, TypeError) as error:
        raise PromptError(f"invalid format specification {spec!r}: {error}{near(spec, _KINDS)}") from error


def _item_text(value: object) -> str:
    """Return the text of a list item. Items that contain dataclasses or models without a text form of their own
    become JSON.
    """
    return tool_output_text(value) if _has_repr_only(value) else _text(value)


def _has_repr_only(value: object) -> bool:
    kind = type(value)
    if kind in (dict, list, tuple):
        held = cast("Mapping[object, object]", value).values() if kind is dict else cast("Iterable[object]", value)
        return any(map(_has_repr_only, held))
    plain = BaseModel.__str__ if isinstance(value, BaseModel) else object.__str__
    structured = is_dataclass(kind) or isinstance(value, BaseModel)
    return structured and kind.__str__ is plain and kind.__format__ is object.__format__


def _items(value: object) -> Iterator[object]:
    if value is None:
        return iter(())
    if not _walkable(value):
        raise PromptError(f"expected a list or another iterable, not {shown(value)}")
    return iter(cast("Iterable[object]", value))


def _walkable(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, _WHOLE)


def _nothing(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value)


def _text_part(value: object) -> AnyPart:
    return value if isinstance(value, TextPart) else TextPart(text=_item_text(value))


_PARTS: dict[str, Callable[[object, Mapping[str, str]], AnyPart]] = {
    "text": lambda value, options: _text_part(value),
    "image": lambda value, options: media_part("image", value, detail=options.get("detail")),
    "audio": lambda value, options: media_part("audio", value),
    "document": lambda value, options: media_part("document", value),
    "part": lambda value, options: part_of(value),
}
# Iterable types that are treated as one value.
_WHOLE = (str, bytes, bytearray, memoryview, BaseModel)
_KINDS = ("list", "lists", "cache_control", *_PARTS, *(f"{kind}s" for kind in _PARTS))
