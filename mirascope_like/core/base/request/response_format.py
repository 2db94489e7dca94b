"""The structured output that a request asks for. Data only; `response_model` parses the response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from pydantic_core import to_json

from ..messages import BaseMessageParam, TextPart

Strategy = Literal["tool", "schema", "json"]
"""How a structured output is requested.

"tool": the model must call a tool whose arguments are the output. "schema": the provider's structured output, limited
by a JSON schema. "json": the JSON schema is part of the prompt, and the provider's JSON mode is used if it has one.
"""


@dataclass(frozen=True, slots=True)
class Structure:
    """The structured output that a request asks for. It is always a JSON object."""

    name: str
    """The name of the output. Has only letters, digits, `_` and `-`."""
    description: str
    schema: Mapping[str, Any]
    """The JSON schema that pydantic generated. Several requests share it: copy it before you change it."""
    strategy: Strategy = "tool"

    def instruction(self) -> str:
        """Return the prompt text that describes the JSON schema, for the strategy "json"."""
        schema = to_json(self.schema).decode()
        return f"{JSON_ALONE} The object must fit this JSON schema:\n{schema}"


JSON_ALONE = "Answer with a JSON object alone: no other text, no code fences."


def with_instruction(messages: Sequence[Any], text: str) -> list[Any]:
    """Return a copy of the messages with `text` appended to the system message. If there is no system message, one
    is added.
    """
    first, *rest = messages or (None,)
    if isinstance(first, BaseMessageParam) and first.role in ("system", "developer"):
        content = first.content
        extended = f"{content}\n\n{text}" if isinstance(content, str) else [*content, TextPart(text=text)]
        return [BaseMessageParam(role=first.role, content=extended), *rest]
    if isinstance(first, Mapping):
        message = cast("Mapping[str, Any]", first)
        if message.get("role") in ("system", "developer") and isinstance(message.get("content"), str):
            return [{**message, "content": f"{message['content']}\n\n{text}"}, *rest]
    return [BaseMessageParam(role="system", content=text), *messages]
