"""Responses of models, independent of a provider, and their encoding in a wire format."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.harness.replies import Reply, StreamEvent
from tests.harness.server import Request

JSON = dict[str, Any]

PNG = b"\x89PNG\r\n\x1a\n"
PNG_64 = "iVBORw0KGgo="
WAV = b"RIFF"
WAV_64 = "UklGRg=="
PDF = b"%PDF-"
PDF_64 = "JVBERi0="
IMAGE_URL = "https://example.com/a.png"


@dataclass(frozen=True)
class _Said:
    pieces: tuple[str, ...]

    @property
    def whole(self) -> str:
        return "".join(self.pieces)


class Text(_Said):
    """Text for the user, in these pieces."""

    def __init__(self, *pieces: str) -> None:
        super().__init__(pieces)


class Thought(_Said):
    """What the model thinks before it answers, in these pieces."""

    def __init__(self, *pieces: str) -> None:
        super().__init__(pieces)


@dataclass(frozen=True)
class Call(_Said):
    """A call of a tool; the pieces are those of its arguments."""

    id: str
    name: str

    def __init__(self, id: str, name: str, *pieces: str) -> None:
        super().__init__(pieces)
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "name", name)

    @property
    def args(self) -> JSON:
        found: JSON = json.loads(self.whole)
        return found


Said = Text | Thought | Call


class Answer:
    """The text, tool calls and tokens of a response.

    `input` includes cached tokens. `ended` is false if a stream of the response breaks off.
    """

    def __init__(
        self,
        *said: Said | str,
        model: str = "m-1",
        input: int = 3,
        cached: int | None = None,
        output: int = 5,
        ended: bool = True,
    ) -> None:
        self.said: list[Said] = [Text(one) if isinstance(one, str) else one for one in said]
        self.model = model
        self.input, self.cached, self.output = input, cached, output
        self.ended = ended

    @property
    def text(self) -> str:
        return "".join(one.whole for one in self.said if isinstance(one, Text))

    @property
    def thoughts(self) -> str:
        return "".join(one.whole for one in self.said if isinstance(one, Thought))

    @property
    def calls(self) -> list[Call]:
        return [one for one in self.said if isinstance(one, Call)]


class Wire(ABC):
    """A provider's format."""

    media: ClassVar[Mapping[str, JSON]]
    """What a request holds of an image, an image's URL, a recording and a document: those of this module."""
    json_mode: ClassVar[JSON | None] = None
    """What a request holds in JSON mode; None where it is asked for in words."""
    native: Any
    """A message in the format's own words that says "Hi"."""

    @abstractmethod
    def whole(self, answer: Answer) -> JSON:
        """The body of an answer."""

    @abstractmethod
    def events(self, answer: Answer) -> list[StreamEvent]:
        """The events of a streamed one."""

    @abstractmethod
    def stream(self, *events: StreamEvent) -> Reply:
        """A reply of events, ended in good order."""

    @abstractmethod
    def result(self, call: Call, text: str) -> JSON:
        """What a request holds of a tool's output."""

    def failed(self, status: int) -> Reply:
        """A refusal with the message "scripted error"."""
        return Reply.error(status)

    def body(self, request: Request) -> Any:
        """Return the body of the request, with the format's own names."""
        return request.json

    def answered(self, answer: Answer) -> Reply:
        return Reply.json(self.whole(answer))

    def streamed(self, answer: Answer) -> Reply:
        return self.stream(*self.events(answer))
