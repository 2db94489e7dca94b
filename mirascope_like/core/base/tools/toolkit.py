"""Toolkits: objects whose methods are tools. The descriptions of the tools may contain values of the object."""

import functools
import re
from collections.abc import Callable, Iterator
from string import Formatter
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

from ..errors import ConfigurationError
from .base_tool import BaseTool
from .function_tool import build_tool
from .schema import Documentation

MethodT = TypeVar("MethodT", bound=Callable[..., Any])

_MARK = "__toolkit_tool__"


def toolkit_tool(method: MethodT) -> MethodT:
    """Mark a method of a `BaseToolKit` as a tool.

    Its docstring may contain placeholders such as `{self.level}` or `{self.started:%Y}`, which are replaced by values
    of the toolkit; write a literal brace twice. Raises `ConfigurationError` for any other placeholder.
    """
    for name in _names(method.__doc__ or "", method.__name__):
        if re.split(r"[.\[]", name, maxsplit=1)[0] != "self":
            raise ConfigurationError(
                f"the docstring of toolkit tool {method.__name__!r} has the placeholder {{{name}}}: only {{self...}} "
                "can be filled in; write a literal brace twice"
            )
    setattr(_below(method), _MARK, True)
    return method


def _names(template: str, method: str) -> Iterator[str]:
    """Yield the names of the placeholders in a format string, including those inside format specifications."""
    try:
        for _, name, spec, _ in Formatter().parse(template):
            if name is not None:
                yield name
                yield from _names(spec or "", method)
    except ValueError as problem:
        raise ConfigurationError(
            f"the docstring of toolkit tool {method!r} is not a valid template ({problem}): write a literal brace twice"
        ) from problem


def is_toolkit_tool(method: object) -> bool:
    """Return True for a method that `toolkit_tool` has marked."""
    return getattr(_below(method), _MARK, False) is True


class BaseToolKit(BaseModel):
    """A group of tools that share the state of one object: its methods that are marked with `toolkit_tool`.

    If `__namespace__` is set, the tools' names begin with it and an underscore, so that the names of different toolkits
    differ.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True)
    __namespace__: ClassVar[str | None] = None

    def create_tools(self) -> list[type[BaseTool]]:
        """Return new tool types for the marked methods, called on this object. Their descriptions contain its current
        values.

        Tools that a base class defines are first.
        """
        prefix = f"{self.__namespace__}_" if self.__namespace__ else ""
        return [
            build_tool(getattr(self, name), BaseTool, prefix, functools.partial(self._described, name))
            for name in _marked(type(self))
        ]

    def _described(self, method: str, documentation: Documentation) -> Documentation:
        try:
            return documentation.map(lambda text: text.format(self=self))
        except (AttributeError, LookupError, TypeError, ValueError) as problem:
            where = f"{type(self).__name__}.{method}"
            raise ConfigurationError(f"the docstring of {where} cannot be filled in: {problem}") from problem


def _marked(kind: type[BaseToolKit]) -> list[str]:
    """Return the names of a toolkit's tools, in the order in which they are defined."""
    names = dict.fromkeys(name for base in reversed(kind.__mro__) for name in vars(base))
    return [name for name in names if getattr(_below(_defined(kind, name)), _MARK, None) is True]


def _below(method: Any) -> Any:
    """Return the function inside a staticmethod or classmethod, so that the mark is found in whichever order the
    decorators were applied.
    """
    return getattr(method, "__func__", method)


def _defined(kind: type, name: str) -> Any:
    return next(vars(base)[name] for base in kind.__mro__ if name in vars(base))
