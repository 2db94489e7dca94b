"""How a model is had to go on from the beginning of an answer: the beginning is sent as the last message. Pure data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..parsing import as_list, as_object


@dataclass(frozen=True)
class Prefill:
    """What a provider wants of a request that ends with the beginning of the answer."""

    message: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What marks the last message as a beginning, beside its role and content."""
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the request's body has to say, as an SDK's `extra_body`."""
    path: str = ""
    """Where it is sent, below the client's base URL, where that is another place."""
    echoes: bool = False
    """Whether the answer tells the beginning again before it goes on."""
    models: tuple[str, ...] = ("",)
    """How the names of the models begin that can go on, or that refuse with an error where they cannot."""

    def payload(self, payload: Mapping[str, Any], text: str) -> dict[str, Any] | None:
        """Return a payload that asks to go on from a text.

        None where it ends with an answer already that the text cannot be added to.
        """
        messages: Sequence[Any] = as_list(payload.get("messages"))
        last = as_object(messages[-1]) if messages else {}
        if last.get("role") == "assistant":  # the caller's own beginning
            if self.echoes or not isinstance(last.get("content"), str):
                return None
            messages, text = messages[:-1], last["content"] + text
        said = {"role": "assistant", "content": text, **self.message}
        asked = {**payload, "messages": [*messages, said]}
        return {**asked, "extra_body": {**as_object(payload.get("extra_body")), **self.body}} if self.body else asked
