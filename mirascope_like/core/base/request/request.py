"""The request of one call, before it is encoded for its provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import tools as tools_room
from ..tools import BaseTool
from .response_format import Structure


class AnswerDeltas(list[str]):
    """The newest pieces of a structured output that the model returns as a tool call. One list per stream.

    `Accumulator.add_answer_delta` appends a piece when it reads an event, and `Reading.take` of the structured stream
    removes all pieces when it receives the chunk of that event. The pieces are not part of the chunk because the SDK's
    chunk types have no field for them. All requests of the stream share the list: its retries, and the rounds of its
    tool loop. Each attempt calls `begin`, which drops the pieces of a failed attempt.
    """

    round: int = 0
    """The number of the tool loop's round that the pieces belong to. Each round starts a new output."""

    def begin(self, round: int) -> None:
        """Remove all pieces, and set the round, at the beginning of an attempt."""
        self.clear()
        self.round = round


@dataclass(frozen=True, slots=True)
class Request:
    """Everything about one request: messages, tools, parameters, options, and the prompt they were made from.
    Immutable: use `dataclasses.replace` to get a changed copy.
    """

    provider: str
    """The name of the provider that receives the request."""
    model: str
    messages: Sequence[Any]
    """Messages in the common form (`BaseMessageParam`) or in the provider's own format."""
    call_params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tools: Sequence[type[BaseTool]] = ()
    native_tools: Sequence[Any] = ()
    """Tools in the provider's own format. They are sent unchanged."""
    tool_loop: tools_room.ToolLoop | None = None
    """The settings for running the tools that the model calls; None if they are not run automatically."""
    structure: Structure | None = None
    """The structured output to request; None for plain text."""
    answer_deltas: AnswerDeltas = field(default_factory=AnswerDeltas)
    """The list in which a stream collects the pieces of a structured output that arrives as a tool call."""
    json_mode: bool = False
    stream: bool = False
    partial_tools: bool = False
    client: Any = None
    retry: int = 0
    """The maximum number of retries of a stream that fails before its first output."""
    resume: int = 0
    """The maximum number of times that an interrupted stream is resumed."""
    sent_once: bool = False
    """True if the caller repeats a failed request itself, so that the SDK must not: in a map, and with `retry`."""
    traced: bool = False
    """True if a span of the library records this request. The tracing of an SDK itself, which may be on by default,
    would count it a second time.
    """
    deadline: float | None = None
    """The seconds until the response must begin, or None. If it is set, the SDK's own retries are turned off."""
    prompt_template: str | None = None
    fn_args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    dynamic_config: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
