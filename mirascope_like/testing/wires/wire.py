"""The interface of a format: responses written, requests read."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from ...core.base.parsing import as_list
from .answer import JSON, Answer

Event: TypeAlias = Mapping[str, Any] | bytes
"""An event of a stream: JSON, or the bytes of a binary frame."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A request as its format is read."""

    model: str
    messages: list[Any]
    """The messages, in the provider's own form."""
    system: str = ""
    """The system prompt, if the format has it outside of the messages."""
    tools: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """The JSON schema of the arguments of each tool, by its name."""
    forced: str | None = None
    """The name of the tool that the model is forced to call; "" if it must call any one; None if it need not."""
    schema: Mapping[str, Any] | None = None
    """The JSON schema of the structured output that is requested; empty in JSON mode; None if the output is text."""
    stream: bool = False
    whole_calls: bool = False
    """True if the arguments of a tool call must not be streamed in pieces."""


class WireFormat(ABC):
    """The format of a provider."""

    stream_type = "text/event-stream; charset=utf-8"
    """The content type of a stream."""
    settings: frozenset[str] = frozenset({"model", "messages", "tools", "stream"})
    """The keys of a request that are no settings: those that `read` returns."""
    content: frozenset[str] = frozenset({"messages"})
    """The keys that have what is sent to the model. A request with none of them is not one in this format."""

    @abstractmethod
    def whole(self, answer: Answer) -> JSON:
        """Return the body of a response."""

    @abstractmethod
    def events(self, answer: Answer) -> list[Event]:
        """Return the events of a streamed response. They stop before the end if `answer.ended` is False."""

    @abstractmethod
    def read(self, path: str, body: Mapping[str, Any]) -> Reading:
        """Return what a request asks for."""

    def frames(self, events: Sequence[Event], *, ended: bool) -> list[bytes]:
        """Return the bytes of each event, and of the end of the stream if it has `ended`."""
        return [sse(event) for event in events]

    def failure(self, status: int, message: str, code: str | None) -> tuple[JSON, dict[str, str]]:
        """Return the body and the headers of an error."""
        error = {"type": code or "error", "message": message, "code": code, "param": None}
        return {"type": "error", "error": error}, {}


def sse(event: Event | str, *, named: bool = False) -> bytes:
    """Return a server-sent event; `named` adds its name from its `type`."""
    if isinstance(event, bytes):
        return event
    if isinstance(event, str):
        return f"data: {event}\n\n".encode()
    name = f"event: {event['type']}\n" if named else ""
    return f"{name}data: {json.dumps(event, ensure_ascii=False)}\n\n".encode(errors="backslashreplace")


def text_of(content: Any) -> str:
    """Return the text in a message's content: a text, or a list of parts with a text each."""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        part = cast("Mapping[str, Any]", content)
        found = part.get("text")
        return found if isinstance(found, str) else ""
    return "".join(map(text_of, as_list(content))) if isinstance(content, list) else ""


def schemas(tools: Any, *, within: str = "", schema: str = "parameters") -> dict[str, Mapping[str, Any]]:
    """Return the schemas of tools by name. `within` is the key of the object that has name and schema."""
    found: dict[str, Mapping[str, Any]] = {}
    for tool in tools or ():
        inner = tool.get(within) if within else tool
        if isinstance(inner, Mapping) and "name" in inner:
            of_tool = cast("Mapping[str, Any]", inner)
            found[of_tool["name"]] = of_tool.get(schema) or {}
    return found


def forced_tool(choice: Any, *, every: Sequence[str] = ("required", "any")) -> str | None:
    """Return the tool that a `tool_choice` forces, as in `Reading.forced`."""
    if isinstance(choice, str):
        return "" if choice in every else None
    if not isinstance(choice, Mapping):
        return None
    chosen = cast("Mapping[str, Any]", choice)
    inner = chosen.get("function")
    name = chosen.get("name") or (cast("Mapping[str, Any]", inner).get("name") if isinstance(inner, Mapping) else None)
    return name or ("" if chosen.get("type") in every else None)
