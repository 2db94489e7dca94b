"""The structure of types for incremental parsing: how a part of JSON is shown while it is incomplete, and how it is
validated once it is complete.

Each part is validated once, in JSON mode: a field of a model with its validators as soon as the field is complete, and
the model from these fields when its closing brace arrives. If that could give another result than pydantic's validation
of the complete JSON (a validator sees the raw data), the part is validated only together with the part around it.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path, PurePath
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import AliasChoices, BaseModel, RootModel
from pydantic_core import to_json
from typing_extensions import TypeAliasType, is_typeddict

from .field_validators import ModelParts
from .lenient_models import adapter_of
from .partial import partial

_ARRAYS = (list, tuple, set, frozenset, Sequence)
_PLAIN = frozenset({str, int, float, bool, NoneType})
_FROM_TEXT = frozenset(
    {bytes, datetime.date, datetime.datetime, datetime.time, datetime.timedelta, UUID, Decimal, Path, PurePath}
    | {IPv4Address, IPv6Address}
)
"""Types that JSON can only represent as a text or a number."""


class Shape:
    """How values of a type appear in a partial object while their JSON is incomplete.

    A string, an object or an array may appear before it is complete. A value of any other type appears once complete.
    """

    def __init__(
        self,
        kind: Any,
        *,
        text: bool = False,
        record: Record | None = None,
        item: Any = None,
        mixed: bool = False,
        fixed: bool = False,
    ) -> None:
        self.kind = kind
        self.text = text
        """True if an incomplete string appears in partial objects."""
        self.record = record
        """How a JSON object of this type is shown and validated; None if only a complete one can be."""
        self._item = item
        self.mixed = mixed
        """True for a union that may accept values which its `record` or `item` rejects: an invalid part of the value is
        then not yet an error."""
        self.fixed = fixed
        """True if the type of an item depends on its position (a tuple); `item` is then the shape of `Any`."""

    @cached_property
    def item(self) -> Shape | None:
        """The shape of an array's items; None if it is not an array."""
        return shape_of(self._item) if self._item is not None else None

    @cached_property
    def from_text(self) -> bool:
        """True if JSON has only a string or number for the value, as for a date. It is converted once complete."""
        arms = set(_arms(self.kind))
        known = all(arm in _PLAIN or _is_from_text(arm) for arm in arms)
        return known and any(_is_from_text(arm) for arm in arms)

    @cached_property
    def bare(self) -> bool:
        """True if the type is a model, or a union of models, without `Annotated` or aliases that may add validators."""
        return all(_bared(arm) is arm for arm in _arms(self.kind))

    @cached_property
    def unique(self) -> bool:
        """True if the type is a set: equal items count once."""
        return any(get_origin(_bared(arm)) in (set, frozenset) for arm in _arms(_bared(self.kind)))

    def validated(self, raw: Any) -> Any:
        """Return the validated value.

        Raises `ValidationError`, or what a user's validator raises.
        """
        return adapter_of(self.kind).validate_json(to_json(raw))


class Record(ABC):
    """How a JSON object of one type is shown while it is incomplete, and how its fields are validated."""

    checks = False
    """True if each field can be validated as soon as it is complete."""
    whole = True
    """True if the complete object is validated itself; False for a dict, of which only the values are."""

    @property
    def forbids(self) -> bool:
        """True if an unknown key is an error."""
        return False

    @abstractmethod
    def field(self, key: str) -> tuple[str, Shape] | None:
        """Return the name and the shape of the field that a JSON key belongs to; None if partial objects omit it."""

    @abstractmethod
    def show(self, values: dict[str, Any]) -> Any:
        """Return a partial object with these fields, unvalidated."""

    def opaque(self, name: str) -> bool:
        """Return True if a validator of the field receives its raw JSON: models inside are then not validated first."""
        return False

    def check(self, values: Mapping[str, Any], name: str, form: Any, held: Sequence[Any] | None) -> Any:
        """Validate a field that has arrived completely; return its value.

        `values` are the fields that were validated before it. `form` is the JSON of the field. If `held` is given, some
        models inside the field are validated already: `form` has tokens in their places, each with an index into `held`
        (see `field_validators.TOKEN`).

        Raises `ValidationError`, what a user's validator raises, or `Unchecked` if the field can only be validated
        together with the object.
        """
        raise Unchecked

    def take(self, values: Mapping[str, Any], name: str, value: Any) -> Any:
        """Validate a field that is given as a Python value instead of JSON; return its value. Raises like `check`."""
        raise Unchecked

    def validated(self, shape: Shape, raw: Any) -> Any:
        """Validate the complete object from its JSON; return it."""
        return shape.validated(raw)

    def close(self, values: dict[str, Any]) -> Any:
        """Make the complete object of the fields that `check` has validated; return it.

        Raises `Unchecked` if the object can only be validated from its JSON.
        """
        raise Unchecked


class Unchecked(Exception):  # a signal between this module and `partial_parser`, not an error
    """A part can only be validated together with the part that contains it."""


class Table(Record):
    """A dict: any keys, values of one shape."""

    whole = False

    def __init__(self, kind: Any) -> None:
        self._kind = kind

    @cached_property
    def _shape(self) -> Shape:
        return shape_of(self._kind)

    def field(self, key: str) -> tuple[str, Shape]:
        return key, self._shape

    def show(self, values: dict[str, Any]) -> Any:
        return values


class Fields(Record):
    """Named fields of a dataclass or TypedDict, which is validated as a whole."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind

    @cached_property
    def _shapes(self) -> Mapping[str, Any]:
        try:
            return get_type_hints(self._kind)
        except (NameError, TypeError):  # a name in an annotation cannot be resolved from here
            return {}

    def field(self, key: str) -> tuple[str, Shape] | None:
        kind = self._shapes.get(key)
        return (key, shape_of(kind)) if kind is not None else None

    def opaque(self, name: str) -> bool:
        return True

    def show(self, values: dict[str, Any]) -> Any:
        if is_typeddict(self._kind):
            return values
        made = object.__new__(self._kind)
        for one in dataclass_fields(self._kind):
            object.__setattr__(made, one.name, values.get(one.name))
        return made


class ModelRecord(Record):
    """A pydantic model."""

    checks = True

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model
        self._shapes: dict[str, tuple[str, Shape]] = {}

    @cached_property
    def _keys(self) -> Mapping[str, str]:
        fields = self._model.model_fields
        config = self._model.model_config
        by_name = config.get("populate_by_name") or config.get("validate_by_name")
        keys: dict[str, str] = {}
        for name, field in fields.items():
            alias = field.validation_alias or field.alias
            if alias is None or by_name:
                keys[name] = name
            choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
            keys.update((choice, name) for choice in choices if isinstance(choice, str))
        return keys

    @cached_property
    def _parts(self) -> ModelParts | None:
        return ModelParts.of(self._model)

    def field(self, key: str) -> tuple[str, Shape] | None:
        known = self._shapes.get(key)
        if known is None and (name := self._keys.get(key)) is not None:
            known = self._shapes[key] = (name, shape_of(self._model.model_fields[name].annotation))
        return known

    def show(self, values: dict[str, Any]) -> Any:
        return partial(self._model, values)

    @property
    def forbids(self) -> bool:
        return self._parts is not None and self._parts.forbids

    def opaque(self, name: str) -> bool:
        return self._parts is None or self._parts.opaque(name)

    def check(self, values: Mapping[str, Any], name: str, form: Any, held: Sequence[Any] | None) -> Any:
        if self._parts is None or not self._parts.in_order(values, name):
            raise Unchecked
        return self._parts.check(values, name, form, held)

    def take(self, values: Mapping[str, Any], name: str, value: Any) -> Any:
        if self._parts is None or not self._parts.in_order(values, name):
            raise Unchecked
        return self._parts.take(values, name, value)

    def validated(self, shape: Shape, raw: Any) -> Any:
        return adapter_of(self._model).validate_json(to_json(raw))

    def close(self, values: dict[str, Any]) -> Any:
        if self._parts is None or not self._parts.complete(values):
            raise Unchecked
        return self._parts.assemble(values)


def shape_of(kind: Any) -> Shape:
    """Return the shape of a type."""
    try:
        return _kept_shape(kind)
    except TypeError:  # an unhashable annotation
        return _shape(kind)


@lru_cache(maxsize=512)
def _kept_shape(kind: Any) -> Shape:
    return _shape(kind)


def _shape(kind: Any) -> Shape:
    bared = _bared(kind)
    origin: Any = get_origin(bared) or bared
    arms = get_args(bared)
    if origin in (Union, UnionType):
        return _union(kind, [shape_of(arm) for arm in arms if arm is not type(None)])
    if bared in (Any, object):
        return Shape(kind, text=True, record=Table(Any), item=Any)
    if bared is str:
        return Shape(kind, text=True)
    if not isinstance(origin, type):
        return Shape(kind)
    if issubclass(origin, BaseModel):
        return Shape(kind) if issubclass(origin, RootModel) else Shape(kind, record=ModelRecord(origin))
    if is_dataclass(bared) or is_typeddict(bared):
        return Shape(kind, record=Fields(origin))
    if issubclass(origin, Mapping):
        return Shape(kind, record=Table(arms[1] if len(arms) == 2 else Any))
    if issubclass(origin, _ARRAYS) and not issubclass(origin, str | bytes):
        of_one = len(arms) == 1 or (len(arms) == 2 and arms[1] is Ellipsis)
        return Shape(kind, item=arms[0] if of_one else Any, fixed=len(arms) > 1 and not of_one)
    return Shape(kind)


def _union(kind: Any, arms: Sequence[Shape]) -> Shape:
    records = [arm.record for arm in arms if arm.record is not None]
    items = [arm for arm in arms if arm.item is not None]
    return Shape(
        kind,
        text=any(arm.text for arm in arms),
        record=records[0] if len(records) == 1 else None,
        item=items[0].item.kind if len(items) == 1 and items[0].item is not None else None,
        mixed=any(arm.mixed or not _is_closed(arm) for arm in arms),
        fixed=any(arm.fixed for arm in arms),
    )


def _is_closed(shape: Shape) -> bool:
    """Return True if the JSON that a type accepts is known: scalars, or what its `record` and `item` accept."""
    if shape.record is not None or shape.item is not None:
        return True
    kind = _bared(shape.kind)
    return kind is shape.kind and (kind in _PLAIN or _is_from_text(kind) or get_origin(kind) is Literal)


def _arms(kind: Any) -> Sequence[Any]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _is_from_text(kind: Any) -> bool:
    return kind in _FROM_TEXT or (isinstance(kind, type) and issubclass(kind, Enum))


def _bared(kind: Any) -> Any:
    """Return a type without Annotated, type aliases and NewTypes around it."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif isinstance(kind, TypeAliasType):
            kind = kind.__value__
        elif hasattr(kind, "__supertype__"):
            kind = kind.__supertype__
        else:
            return kind
