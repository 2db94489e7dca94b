"""How an interrupted response is resumed: the text received so far is sent as the last message. Data only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..parsing import as_list, as_object


@dataclass(frozen=True)
class Prefill:
    """How to make a provider's models continue a text: what to add to a request whose last message is that text."""

    message: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Fields to add to the last message, besides role and content."""
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Fields to add to the body of the request, through the SDK's `extra_body`."""
    path: str = ""
    """The path below the client's base URL to send the request to; empty for the usual one."""
    echoes: bool = False
    """True if the continuation repeats the text it was given."""
    models: tuple[str, ...] = ("",)
    """Prefixes of the names of the models that can resume, or that return an error if they cannot."""

    def payload(self, payload: Mapping[str, Any], text: str) -> dict[str, Any] | None:
        """Return a payload that resumes from `text`.

        Returns None if the payload ends with a message of the model that the text cannot be appended to.
        """
        messages: Sequence[Any] = as_list(payload.get("messages"))
        last = as_object(messages[-1]) if messages else {}
        if last.get("role") == "assistant":  # a prefill of the caller's own
            if self.echoes or not isinstance(last.get("content"), str):
                return None
            messages, text = messages[:-1], last["content"] + text
        message = {"role": "assistant", "content": text, **self.message}
        changed = {**payload, "messages": [*messages, message]}
        return (
            {**changed, "extra_body": {**as_object(payload.get("extra_body")), **self.body}} if self.body else changed
        )
