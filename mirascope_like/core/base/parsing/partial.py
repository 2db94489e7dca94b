"""Partial models, of structured output: `Partial[Book]` is `Book` with every field optional."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Generic, Optional, TypeVar, cast

from pydantic import BaseModel, Field, SerializeAsAny, computed_field, create_model

from .lenient_models import bare

ModelT = TypeVar("ModelT", bound=BaseModel)
T_co = TypeVar("T_co", covariant=True)

if TYPE_CHECKING:

    class Partial(Generic[T_co]):
        """A value that has come in part: any attribute may be None.

        At run time `Partial[Book]` is a subclass of `Book` with every field optional, made once; the partials of a
        `list[Book]` are lists whose last item may be one.
        """

        def __getattr__(self, name: str) -> Any | None: ...
        def __getitem__(self, key: Any) -> Any: ...
        def __iter__(self) -> Any: ...
        def __len__(self) -> int: ...
        def model_dump(self, **options: Any) -> dict[str, Any]:
            """Return the fields so far."""
            ...

        def model_dump_json(self, **options: Any) -> str:
            """Return the fields so far as JSON."""
            ...

else:

    class Partial:
        """A value that has come in part: any attribute may be None.

        `Partial[Book]` is a subclass of `Book` with every field optional, made once; the partials of a `list[Book]` are
        lists whose last item may be one.
        """

        def __class_getitem__(cls, kind: Any) -> Any:
            return partial_type(kind) if isinstance(kind, type) and issubclass(kind, BaseModel) else kind


_AS_ANY: Any = cast("Any", SerializeAsAny)()
_KEPT = "__partial_type__"


def partial_type(model: type[ModelT]) -> type[ModelT]:
    """Return the subclass of a model that partials are instances of; the model itself where it has no subclasses."""
    kept: type[ModelT] | None = vars(model).get(_KEPT)
    if kept is None:
        kept = _made(model)
        type.__setattr__(model, _KEPT, kept)
    return kept


def _made(model: type[ModelT]) -> type[ModelT]:
    fields: dict[str, Any] = {
        name: (
            # What is in a field may be partial itself, so it is dumped as what it is.
            Annotated[_optional(field.annotation), _AS_ANY],
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
            __base__=cast("Any", (model, Partial)),
            __module__=model.__module__,
            __doc__=f"`{model.__name__}`, as far as it has come.",
            __validators__=_computed(model),  # takes all that pydantic decorates
            **fields,
        )
    except Exception:  # a model may refuse to be subclassed, in its own words
        return model
    return cast("type[ModelT]", made)


def _computed(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's computed fields, but that they are None where they cannot be computed yet."""
    made: dict[str, Any] = {}
    for name, decorator in model.__pydantic_decorators__.computed_fields.items():
        field = decorator.info
        told = computed_field(
            alias=field.alias,
            description=field.description,
            repr=field.repr,
            return_type=Annotated[_optional(field.return_type), _AS_ANY],
        )
        made[name] = told(property(_or_none(field.wrapped_property)))
    return made


def _or_none(computed: Any) -> Callable[[Any], Any]:
    read: Callable[[Any], Any] = getattr(computed, "fget", None) or computed.func  # or a cached property

    def get(self: Any) -> Any:
        try:
            return read(self)
        except Exception:  # the user's own code may raise anything without what has not come
            return None

    return get


def _optional(kind: Any) -> Any:
    return kind | None if isinstance(kind, type) else Optional[kind]  # noqa: UP045  # a value, no annotation


def partial(model: type[ModelT], values: dict[str, Any]) -> ModelT:
    """Return an instance of `Partial[model]` with these values, unvalidated; the other fields are None."""
    return bare(partial_type(model), values)
