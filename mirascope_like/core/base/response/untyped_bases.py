"""Metaclasses of responses and chunks, for classes that name their base class without type parameters.

Without them, `BaseCallResponse` and `BaseCallResponseChunk` do not show whether a subclass has Mirascope v1's form, in
which it defines each property itself. A class that defines `model`, and has no `facts`, has that form.
"""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)

Bases = tuple[type[Any], ...]


class ResponseMeta(ModelMetaclass):
    """The metaclass of responses."""

    def __new__(mcs, name: str, bases: Bases, namespace: dict[str, Any], **options: Any) -> type[Any]:
        """Create a class, with the base class of v1's form if it has that form."""
        return super().__new__(mcs, name, _chosen(bases, namespace), namespace, **options)


class ChunkMeta(ABCMeta):
    """The metaclass of chunks."""

    def __new__(mcs, name: str, bases: Bases, namespace: dict[str, Any], **options: Any) -> ChunkMeta:
        """Create a class, with the base class of v1's form if it has that form."""
        return super().__new__(mcs, name, _chosen(bases, namespace), namespace, **options)


def _chosen(bases: Bases, namespace: Mapping[str, Any]) -> Bases:
    if "model" not in namespace or "_facts" in namespace:
        return bases
    forms: Mapping[type[Any], type[Any]] = import_module(f"{__package__}.v1_form").FORMS  # which imports their classes
    return tuple(forms.get(base, base) for base in bases)
