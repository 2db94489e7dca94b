"""Requests that a scripted model has received."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic_core import to_json

from ..core.base.parsing import as_list, as_object
from .wires import Reading, text_of


@dataclass(frozen=True, slots=True)
class FakeRequest:
    """A request as it would have been sent, decoded. `request["messages"]` is a field of its body.

    Every HTTP request is one: those that an SDK repeats after an error, too.
    """

    provider: str
    """The name of the provider, as `llm.call` has it: "openai", "anthropic", ..."""
    payload: Mapping[str, Any]
    """The JSON body, in the provider's own form."""
    url: str
    headers: Mapping[str, str]
    """The headers, with lower-case names, without keys."""
    reading: Reading = field(repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The other parameters: `temperature`, `max_tokens`, ..., in the provider's own form."""
    number: int = 1
    """1 for the first request of a script."""

    def __getitem__(self, key: str) -> Any:
        return self.payload[key]

    @property
    def model(self) -> str:
        """The name of the model."""
        return self.reading.model

    @property
    def messages(self) -> list[Any]:
        """The messages, in the provider's own form."""
        return self.reading.messages

    @property
    def tools(self) -> list[str]:
        """The names of the tools."""
        return list(self.reading.tools)

    @property
    def stream(self) -> bool:
        """True if a stream was requested."""
        return self.reading.stream

    @property
    def text(self) -> str:
        """The text of the last message that has some."""
        return next((found for one in reversed(self.messages) if (found := message_text(one))), "")

    @property
    def system(self) -> str:
        """The text of the system prompt."""
        found = [message_text(one) for one in self.messages if role(one) in ("system", "developer")]
        return "\n".join(filter(None, [self.reading.system, *found]))

    def __str__(self) -> str:
        shown = self.text if len(self.text) <= 60 else f"{self.text[:57]}..."
        return f"{self.provider} {self.model}: {shown!r}"


def message_text(message: Any) -> str:
    """Return the text of a message in any format."""
    if not isinstance(message, Mapping):
        return text_of(message)
    fields = cast("Mapping[str, Any]", message)
    return next((found for key in ("content", "parts", "output", "text") if (found := _text(fields.get(key)))), "")


def role(message: Any) -> str:
    """Return the role of a message; "" if it has none."""
    return str(cast("Mapping[str, Any]", message).get("role", "")) if isinstance(message, Mapping) else ""


def _text(content: Any) -> str:
    found = text_of(content)
    if found or not isinstance(content, list):
        return found
    parts = map(as_object, as_list(content))
    return "".join(map(_tool_output, parts))


def _tool_output(part: Mapping[str, Any]) -> str:
    """Return the output of a tool in a part of a message; "" if it has none."""
    result = as_object(next((part[key] for key in ("toolResult", "functionResponse") if key in part), part))
    if found := _text(result.get("content")):
        return found
    response = as_object(result.get("response"))
    value = next((response[key] for key in ("output", "result") if key in response), "")  # ours, and the SDK's own
    return value if isinstance(value, str) else to_json(value).decode()
