"""`typing.get_type_hints` works on every public class, method and function, as documentation tools and others use it.

A name that only annotations need, of a module that is not loaded with the module, is written through the lazy package
(`from .. import tools`, then `tools.ToolLoop`) or a `LazyModule`: evaluating the annotation loads it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import cached_property
from typing import Any, get_overloads, get_type_hints

import pytest
from pydantic import ConfigDict

from tests.harness.public_names import is_ours, public, public_homes

UNRESOLVABLE = {"ResponseModelConfigDict"}
"""Classes whose hints cannot be evaluated: this one has those of pydantic's `ConfigDict`; see the last test."""


def function_of(member: Any) -> Any:
    """Return the function of a method, a class method, a property or a cached property; else None."""
    match member:
        case staticmethod() | classmethod():
            return function_of(member.__func__)
        case property():
            return member.fget
        case cached_property():
            return member.func
    return member if inspect.isfunction(member) else None


def annotated(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what of a public value has annotations: a function with its overloads; a class, its bases and methods."""
    if inspect.isfunction(value):
        yield name, value
        yield from ((f"{name} (overload)", overload) for overload in get_overloads(value))
    elif inspect.isclass(value):
        for kind in filter(is_ours, value.__mro__):
            if kind.__name__ not in UNRESOLVABLE:
                yield f"{name}: {kind.__qualname__}", kind
            for member, defined in list(vars(kind).items()):
                function = function_of(defined)
                if is_ours(function) and (not member.startswith("_") or member.endswith("__")):
                    yield from annotated(f"{name}: {kind.__qualname__}.{member}", function)


@pytest.mark.parametrize("home", public_homes())
def test_hints_of_public_names(home: str) -> None:
    failed = {}
    for name, value in public(home).items():
        for part, one in annotated(name, value if is_ours(value) else type(value)):
            try:
                get_type_hints(one)
            except Exception as error:
                failed[part] = repr(error)
    assert not failed


def test_hints_of_pydantics_configuration_cannot_be_evaluated() -> None:
    with pytest.raises(NameError):  # pydantic imports the names for type checkers alone
        get_type_hints(ConfigDict)
