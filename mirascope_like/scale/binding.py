"""`bind`: the arguments of one call, as one input of a map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, ParamSpec

P = ParamSpec("P")


class Bound(Generic[P]):
    """The arguments of one call. Made by `bind`."""

    __slots__ = ("args", "kwargs")

    def __init__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        self.args: tuple[Any, ...] = args
        """The positional arguments."""
        self.kwargs: Mapping[str, Any] = kwargs
        """The arguments by name."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bound) and (self.args, self.kwargs) == (other.args, other.kwargs)

    def __hash__(self) -> int:
        return hash((self.args, tuple(self.kwargs.items())))

    def __repr__(self) -> str:
        named = [f"{name}={value!r}" for name, value in self.kwargs.items()]
        return f"bind({', '.join([*map(repr, self.args), *named])})"


def bind(call: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> Bound[P]:
    """Return the arguments of one call as one input of a map: `amap(call, [bind(call, "fantasy", n=2), ...])`.

    Type checkers compare the arguments with the parameters of `call`. The call is not made.
    """
    return Bound[P](*args, **kwargs)
