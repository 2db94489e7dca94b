"""Describes how a provider resumes an interrupted response: the received text is sent as the last message. Data
only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..parsing import as_list, as_object


@dataclass(frozen=True)
class Prefill:
    """How to make the models of a provider continue a text: the fields to add to a request whose last message is the
    text.
    """

    message: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Fields to add to the last message, in addition to its role and content."""
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Fields to add to the request body, by the SDK's option `extra_body`."""
    path: str = ""
    """The URL path, relative to the client's base URL, to send the request to; empty for the usual path."""
    echoes: bool = False
    """True if the provider repeats the given text at the beginning of the continuation."""
    models: tuple[str, ...] = ("",)
    """Prefixes of the names of models that can resume. Models that report an error when they cannot resume may be
    included.
    """

    def payload(self, payload: Mapping[str, Any], text: str) -> dict[str, Any] | None:
        """Return a payload that resumes from `text`.

        Returns None if the last message of the payload is from the model and `text` cannot be appended to it.
        """
        messages: Sequence[Any] = as_list(payload.get("messages"))
        last = as_object(messages[-1]) if messages else {}
        if last.get("role") == "assistant":  # the caller's own prefill
            if self.echoes or not isinstance(last.get("content"), str):
                return None
            messages, text = messages[:-1], last["content"] + text
        message = {"role": "assistant", "content": text, **self.message}
        changed = {**payload, "messages": [*messages, message]}
        return (
            {**changed, "extra_body": {**as_object(payload.get("extra_body")), **self.body}} if self.body else changed
        )
