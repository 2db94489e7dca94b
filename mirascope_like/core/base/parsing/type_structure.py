"""How values of a type are shown while their JSON is incomplete, and how they are validated once it is complete.

Each part is validated once, in JSON mode: a field of a model as soon as the field is complete, and the model from these
fields when its closing brace arrives. If this could give another result than pydantic's validation of the complete JSON
(because a validator receives the raw data), the part is only validated together with the part around it.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cached_property
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
from .type_cache import cached_by_type

_ARRAYS = (list, tuple, set, frozenset, Sequence)
_PLAIN = frozenset({str, int, float, bool, NoneType})
_FROM_TEXT = frozenset(
    {bytes, datetime.date, datetime.datetime, datetime.time, datetime.timedelta, UUID, Decimal, Path, PurePath}
    | {IPv4Address, IPv6Address}
)
"""Types that JSON can only represent as a string or a number."""


class Shape:
    """How values of one type appear in a snapshot while their JSON is incomplete.

    A string, an object or an array may appear before it is complete; a value of any other type appears when it is
    complete.
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
        """True if an incomplete string appears in snapshots."""
        self.record = record
        """How an incomplete JSON object of this type is shown and validated; None if that is not possible."""
        self._item = item
        self.mixed = mixed
        """True for a union that may accept values which its `record` or `item` rejects: an invalid part of the value is
        then not yet an error."""
        self.fixed = fixed
        """True if the type of an item depends on its position (a tuple). `item` is then the shape of `Any`."""

    @cached_property
    def item(self) -> Shape | None:
        """The shape of the items if the type is an array; else None."""
        return shape_of(self._item) if self._item is not None else None

    @cached_property
    def from_text(self) -> bool:
        """True if JSON represents the type as a string or number, as it does a date. The value is converted when it
        is complete.
        """
        arms = set(_arms(self.kind))
        known = all(arm in _PLAIN or _is_from_text(arm) for arm in arms)
        return known and any(_is_from_text(arm) for arm in arms)

    @cached_property
    def bare(self) -> bool:
        """True if the type is a model or a union of models, without `Annotated` and aliases, which might add
        validators.
        """
        return all(_bared(arm) is arm for arm in _arms(self.kind))

    @cached_property
    def unique(self) -> bool:
        """True if the type is a set, in which equal items count once."""
        return any(get_origin(_bared(arm)) in (set, frozenset) for arm in _arms(_bared(self.kind)))

    def validated(self, raw: Any) -> Any:
        """Return the validated value. Raises `ValidationError`, or the error that a user's validator raises."""
        return adapter_of(self.kind).validate_json(to_json(raw))


class Record(ABC):
    """How JSON objects of one type are shown while they are incomplete, and how their fields are validated."""

    checks = False
    """True if each field can be validated as soon as it is complete."""
    whole = True
    """True if the complete object is validated. False for a dict, of which only the values are validated."""

    @property
    def forbids(self) -> bool:
        """True if the type does not allow unknown keys."""
        return False

    @abstractmethod
    def field(self, key: str) -> tuple[str, Shape] | None:
        """Return the name and the shape of the field that a JSON key belongs to; None if snapshots do not show it."""

    @abstractmethod
    def show(self, values: dict[str, Any]) -> Any:
        """Return a snapshot with these fields, which are not validated."""

    def opaque(self, name: str) -> bool:
        """Return True if a validator of the field receives its raw JSON. Models inside the field are then not
        validated first.
        """
        return False

    def check(self, values: Mapping[str, Any], name: str, form: Any, held: Sequence[Any] | None) -> Any:
        """Validate a complete field; return its value.

        `values` are the fields validated before. `form` is the JSON of the field. If `held` is given, placeholders in
        `form` stand for validated models: each has an index into `held` (see `field_validators.TOKEN`).

        Raises `ValidationError`, the error of a user's validator, or `Unchecked` if the field can only be validated
        with the object.
        """
        raise Unchecked

    def take(self, values: Mapping[str, Any], name: str, value: Any) -> Any:
        """Validate a field whose value is a Python object and not JSON; return its value. Raises the same errors as
        `check`.
        """
        raise Unchecked

    def validated(self, shape: Shape, raw: Any) -> Any:
        """Validate the complete object from its JSON; return it."""
        return shape.validated(raw)

    def close(self, values: dict[str, Any]) -> Any:
        """Return the complete object, made from the fields that `check` has validated.

        Raises `Unchecked` if the object can only be validated from its JSON.
        """
        raise Unchecked


class Unchecked(Exception):  # a signal between this module and `partial_parser`, not an error
    """A part can only be validated together with the object around it."""


class Table(Record):
    """A dict with any keys. All its values have one shape."""

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
    """A dataclass or TypedDict. Its fields are shown one by one, and validated only when the whole object is
    complete.
    """

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
    """A pydantic model, whose fields are shown and validated one by one."""

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


@cached_by_type
def shape_of(kind: Any) -> Shape:
    """Return the shape of a type. Shapes of hashable types are cached."""
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
    """Return True if it is known which JSON a type accepts: scalars only, or what its `record` and `item` accept."""
    if shape.record is not None or shape.item is not None:
        return True
    kind = _bared(shape.kind)
    return kind is shape.kind and (kind in _PLAIN or _is_from_text(kind) or get_origin(kind) is Literal)


def _arms(kind: Any) -> Sequence[Any]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _is_from_text(kind: Any) -> bool:
    return kind in _FROM_TEXT or (isinstance(kind, type) and issubclass(kind, Enum))


def _bared(kind: Any) -> Any:
    """Return the type inside `Annotated`, type aliases and NewTypes."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif isinstance(kind, TypeAliasType):
            kind = kind.__value__
        elif hasattr(kind, "__supertype__"):
            kind = kind.__supertype__
        else:
            return kind
