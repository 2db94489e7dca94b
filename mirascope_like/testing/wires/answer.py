"""The response of a model, independent of a provider."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TypeAlias

JSON: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Pieces:
    """A part of a response, in the pieces in which a stream has it."""

    pieces: tuple[str, ...]

    @property
    def whole(self) -> str:
        """The joined pieces."""
        return "".join(self.pieces)


class Text(Pieces):
    """Text for the user, in these pieces."""

    def __init__(self, *pieces: str) -> None:
        super().__init__(pieces)


class Refusal(Text):
    """The text with which the model refuses to answer. Text in formats that have no part for it."""


class Thought(Pieces):
    """What the model thinks before it answers, in these pieces."""

    def __init__(self, *pieces: str) -> None:
        super().__init__(pieces)


@dataclass(frozen=True)
class Call(Pieces):
    """A call of a tool; the pieces are those of its arguments, a JSON object."""

    id: str
    name: str

    def __init__(self, id: str, name: str, *pieces: str) -> None:
        super().__init__(pieces)
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "name", name)

    @property
    def args(self) -> JSON:
        """The parsed arguments."""
        found: JSON = json.loads(self.whole)
        return found


Part: TypeAlias = Text | Thought | Call


class Answer:
    """The parts and tokens of a response, and how it ends."""

    def __init__(
        self,
        *parts: Part | str,
        model: str = "m-1",
        input: int = 3,
        cached: int | None = None,
        output: int = 5,
        ended: bool = True,
        finish: str | None = None,
        id: str | None = None,
    ) -> None:
        """`input` includes the `cached` tokens. `ended` is False if a stream of the response is cut off. `finish` is a
        common finish reason ("stop", "length", "tool_calls", "content_filter") or one of the provider's own; None for
        the one that fits the parts. `id` is the id of the response; None for that of the format.
        """
        self.parts: list[Part] = [Text(one) if isinstance(one, str) else one for one in parts]
        self.model: str = model
        self.input: int = input
        self.cached: int | None = cached
        self.output: int = output
        self.ended: bool = ended
        self.finish: str | None = finish
        self.id: str | None = id

    @property
    def text(self) -> str:
        """The text for the user."""
        return "".join(one.whole for one in self.parts if isinstance(one, Text))

    @property
    def thoughts(self) -> str:
        """The joined thoughts."""
        return "".join(one.whole for one in self.parts if isinstance(one, Thought))

    @property
    def calls(self) -> list[Call]:
        """The tool calls."""
        return [one for one in self.parts if isinstance(one, Call)]

    @property
    def refused(self) -> bool:
        """True if the model refuses."""
        return any(isinstance(one, Refusal) for one in self.parts)

    def reason(self, **names: str) -> str:
        """Return the finish reason by the format's `names` of the common ones."""
        fitting = "content_filter" if self.refused else "tool_calls" if self.calls else "stop"
        return names.get(self.finish or fitting, self.finish or fitting)
