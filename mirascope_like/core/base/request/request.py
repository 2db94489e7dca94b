"""One call, ready to be said in a provider's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import tools as tools_room
from ..tools import BaseTool
from .response_format import Structure


class AnswerDeltas(list[str]):
    """The newest pieces of a structured answer that is given as a call."""

    round: int = 0
    """Of a tool loop; its answer is another one."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: messages, tools, options, and where they came from. Immutable: `replace` makes another one."""

    provider: str
    """The name of the provider that answers."""
    model: str
    messages: Sequence[Any]
    """`BaseMessageParam`s, or messages in the provider's own form."""
    call_params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tools: Sequence[type[BaseTool]] = ()
    native_tools: Sequence[Any] = ()
    """Tools in the provider's own form, passed through."""
    tool_loop: tools_room.ToolLoop | None = None
    """How the tools that the model calls are run; None where they are not."""
    structure: Structure | None = None
    """What the answer is to be, where it is to be structured."""
    answer_deltas: AnswerDeltas = field(default_factory=AnswerDeltas)
    """Where a stream puts the newest pieces of a structured answer that is given as a call; its reader takes them."""
    json_mode: bool = False
    stream: bool = False
    partial_tools: bool = False
    client: Any = None
    retry: int = 0
    """How often a stream may ask again that failed before anything was said."""
    resume: int = 0
    """How often a stream may go on from a text that broke off."""
    deadline: float | None = None
    """Seconds in which the answer is to begin; there is then no time for the SDK's own retries."""
    prompt_template: str | None = None
    fn_args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    dynamic_config: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
