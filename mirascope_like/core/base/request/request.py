"""One call before it is encoded for its provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import tools as tools_room
from ..tools import BaseTool
from .response_format import Structure


class AnswerDeltas(list[str]):
    """The newest pieces of a structured output that the model returns as a tool call.

    The way of a piece: `Accumulator.add_answer_delta` appends it when an event is read; the chunk of that event goes to
    the structured stream, whose `Reading.take` takes all pieces out. A chunk has no field for them, as chunks are typed
    by SDKs. The list belongs to one stream. All requests of the stream share it: its retries and the rounds of its tool
    loop; each attempt calls `begin`, which drops pieces of an attempt that failed.
    """

    round: int = 0
    """The number of the tool loop's round that the pieces belong to. A new round starts a new output."""

    def begin(self, round: int) -> None:
        """Begin an attempt of a round: no pieces yet."""
        self.clear()
        self.round = round


@dataclass(frozen=True, slots=True)
class Request:
    """Everything about one call: messages, tools, parameters, options, and what they were made from. Immutable; change
    it with `dataclasses.replace`.
    """

    provider: str
    """The name of the provider that the request is sent to."""
    model: str
    messages: Sequence[Any]
    """`BaseMessageParam`s, or messages in the provider's own format."""
    call_params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tools: Sequence[type[BaseTool]] = ()
    native_tools: Sequence[Any] = ()
    """Tools in the provider's own format, passed on unchanged."""
    tool_loop: tools_room.ToolLoop | None = None
    """The settings for running the tools that the model calls; None if they are not run."""
    structure: Structure | None = None
    """The structured output to request; None for plain text."""
    answer_deltas: AnswerDeltas = field(default_factory=AnswerDeltas)
    """Where a stream collects the pieces of a structured output that is returned as a tool call."""
    json_mode: bool = False
    stream: bool = False
    partial_tools: bool = False
    client: Any = None
    retry: int = 0
    """The maximum number of retries of a stream that failed before any output."""
    resume: int = 0
    """The maximum number of times that an interrupted stream is resumed."""
    deadline: float | None = None
    """Seconds until the response must begin, or None. With a deadline the SDK's own retries are turned off."""
    prompt_template: str | None = None
    fn_args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    dynamic_config: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
