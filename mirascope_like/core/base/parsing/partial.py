"""Partial models, for structured output that is still arriving: `Partial[Book]` is `Book` with every field optional."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from inspect import signature
from threading import RLock
from typing import TYPE_CHECKING, Annotated, Any, Generic, Optional, SupportsIndex, TypeVar, cast, overload

from pydantic import (
    BaseModel,
    Field,
    PlainSerializer,
    SerializeAsAny,
    WrapSerializer,
    computed_field,
    create_model,
    field_serializer,
    model_serializer,
)

from .lenient_models import bare

ModelT = TypeVar("ModelT", bound=BaseModel)
T_co = TypeVar("T_co", covariant=True)
ItemT = TypeVar("ItemT")

if TYPE_CHECKING:

    class Partial(Generic[T_co]):
        """A value that is still incomplete: every attribute may be None.

        At run time, `Partial[Book]` is a subclass of `Book` whose fields are all optional. An incomplete `list[Book]`
        is a list whose last item may be a `Partial[Book]`.
        """

        # Streams yield `Partial[Book] | Book`. If a field of `Book` is a `str`, the type of the union's is then exactly
        # `str | None`, and a name that `Book` does not have is an error.
        def __getattr__(self, name: str) -> None: ...
        @overload
        def __getitem__(self: Partial[list[ItemT]], key: SupportsIndex) -> Partial[ItemT] | ItemT: ...
        @overload
        def __getitem__(self: Partial[list[ItemT]], key: slice) -> list[Partial[ItemT] | ItemT]: ...
        @overload
        def __getitem__(self: Partial[Mapping[str, ItemT]], key: str) -> Partial[ItemT] | ItemT: ...
        def __getitem__(self, key: Any) -> Any: ...
        def __iter__(self: Partial[list[ItemT]]) -> Iterator[Partial[ItemT] | ItemT]: ...
        def __len__(self) -> int: ...
        def model_dump(self, **options: Any) -> dict[str, Any]:
            """Return the fields as a dict."""
            ...

        def model_dump_json(self, **options: Any) -> str:
            """Return the fields as JSON."""
            ...

else:

    class Partial:
        """A value that is still incomplete: every attribute may be None.

        `Partial[Book]` is a subclass of `Book` whose fields are all optional. An incomplete `list[Book]` is a list
        whose last item may be a `Partial[Book]`.
        """

        def __class_getitem__(cls, kind: Any) -> Any:
            return partial_type(kind) if isinstance(kind, type) and issubclass(kind, BaseModel) else kind

        # A user's class may register its subclasses in these hooks. Partial classes must not appear there.

        def __init_subclass__(cls, **options: Any) -> None:
            return

        @classmethod
        def __pydantic_init_subclass__(cls, **options: Any) -> None:
            return

        def __reduce__(self) -> Any:
            """Pickle the name of the model: pickle cannot find the class of the partial by its name."""
            return _unpickled, (vars(type(self))[_MODEL], self.__getstate__())


def _unpickled(model: type[BaseModel], state: Any) -> BaseModel:
    kind = partial_type(model)
    made = kind.__new__(kind)
    made.__setstate__(state)
    return made


_AS_ANY: Any = cast("Any", SerializeAsAny)()
_KEPT = "__partial_type__"
_MODEL = "__partial_of__"
_LOCK = RLock()


def partial_type(model: type[ModelT]) -> type[ModelT]:
    """Return the class `Partial[model]`: a subclass of the model, or the model itself if it cannot be subclassed.
    Made once.
    """
    kept: type[ModelT] | None = vars(model).get(_KEPT)
    if kept is None:
        with _LOCK:
            kept = vars(model).get(_KEPT)
            if kept is None:
                kept = _made(model)
                type.__setattr__(model, _KEPT, kept)
    return kept


def _made(model: type[ModelT]) -> type[ModelT]:
    fields: dict[str, Any] = {
        name: (
            # A field's value may be partial too, so it is dumped by its own class and not by the annotation.
            Annotated[(_optional(field.annotation), _AS_ANY, *map(_lenient_mark, filter(_serializes, field.metadata)))],
            Field(
                default=None,
                alias=field.alias,
                validation_alias=field.validation_alias,
                serialization_alias=field.serialization_alias,
                description=field.description,
                exclude=field.exclude,
                repr=field.repr,
            ),
        )
        for name, field in model.model_fields.items()
    }
    try:
        made: Any = create_model(
            f"Partial{model.__name__}",
            __base__=cast("Any", (Partial, model)),
            __module__=model.__module__,
            __cls_kwargs__={"metaclass": _unregistered(type(model))},
            __doc__=f"`{model.__name__}`, as far as it has arrived.",
            __validators__={**_computed(model), **_serializers(model)},  # accepts everything that pydantic decorates
            **fields,
        )
        type.__setattr__(made, _MODEL, model)
    except Exception:  # a model's __init_subclass__ may raise any exception
        return model
    return cast("type[ModelT]", made)


def _unregistered(metaclass: Any) -> Any:
    """Return a subclass of a metaclass that does nothing extra when a class is created. A user's metaclass may
    register each class.
    """
    own: Any = type(BaseModel)
    if metaclass == own:
        return metaclass

    def make(kind: type, *args: Any, **options: Any) -> Any:
        return own.__new__(kind, *args, **options)

    def leave(cls: type, *args: Any, **options: Any) -> None:
        """Do nothing: `make` has already created the class."""

    return type(metaclass.__name__, (metaclass,), {"__new__": make, "__init__": leave})


def _serializers(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's serializers, changed so that one that fails (the value may be incomplete) returns the value
    unchanged.
    """
    decorators = model.__pydantic_decorators__
    made: dict[str, Any] = {}
    for name, one in decorators.field_serializers.items():
        info = one.info
        options: Any = {"mode": info.mode, "when_used": info.when_used, "return_type": Any, "check_fields": False}
        made[name] = cast("Any", field_serializer)(*info.fields, **options)(
            _lenient(one.func, info.mode, _takes_self(one.func))
        )
    for name, whole in decorators.model_serializers.items():
        options = {"mode": whole.info.mode, "when_used": whole.info.when_used, "return_type": Any}
        made[name] = cast("Any", model_serializer)(**options)(_lenient(whole.func, whole.info.mode, of_model=True))
    return made


def _takes_self(function: Callable[..., Any]) -> int:
    return int(next(iter(signature(function).parameters), None) == "self")  # pydantic's own test


def _serializes(mark: Any) -> bool:
    return isinstance(mark, PlainSerializer | WrapSerializer)


def _lenient_mark(mark: Any) -> Any:
    """Return a copy of a serializer in an `Annotated` type; if the copy fails, it returns the value unchanged."""
    mode = "plain" if isinstance(mark, PlainSerializer) else "wrap"
    return type(mark)(_lenient(mark.func, mode), return_type=Any, when_used=mark.when_used)


def _lenient(function: Callable[..., Any], mode: str, at: int = 0, *, of_model: bool = False) -> Callable[..., Any]:
    """Return a serializer that calls `function`, and returns the value unchanged if `function` fails. `at` is the
    position of the value among the arguments.
    """

    def dump(*args: Any) -> Any:
        try:
            return function(*args)
        except Exception:  # the user's code may raise anything for a value that is incomplete
            if mode == "wrap":
                return args[at + 1](args[at])
            return cast("Any", dict)(vars(args[at])) if of_model else args[at]

    return wraps(function)(dump)


def _computed(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's computed fields, changed so that one that cannot be computed yet returns None."""
    made: dict[str, Any] = {}
    for name, decorator in model.__pydantic_decorators__.computed_fields.items():
        field = decorator.info
        decorate = computed_field(
            alias=field.alias,
            description=field.description,
            repr=field.repr,
            return_type=Annotated[_optional(field.return_type), _AS_ANY],
        )
        made[name] = decorate(property(_or_none(field.wrapped_property)))
    return made


def _or_none(computed: Any) -> Callable[[Any], Any]:
    read: Callable[[Any], Any] = getattr(computed, "fget", None) or computed.func  # or a cached property

    def get(self: Any) -> Any:
        try:
            return read(self)
        except Exception:  # user code may raise any exception for a partial model
            return None

    return get


def _optional(kind: Any) -> Any:
    return kind | None if isinstance(kind, type) else Optional[kind]  # noqa: UP045  # a value, no annotation


def partial(model: type[ModelT], values: dict[str, Any]) -> ModelT:
    """Return an instance of `Partial[model]` with these values, which are not validated. All other fields are None."""
    return bare(partial_type(model), values)
