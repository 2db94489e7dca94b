"""A structured answer, as a provider is asked for it. Pure data: what the answer means is `response_model`'s."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from pydantic_core import to_json

from ..messages import BaseMessageParam, TextPart

Strategy = Literal["tool", "schema", "json"]
"""How to ask for a structured answer.

"tool": a call of a tool whose arguments are the answer. "schema": the provider's own structured output, held to a JSON
schema. "json": text, told in words what to be, with the provider's JSON mode where it has one.
"""


@dataclass(frozen=True, slots=True)
class Structure:
    """What a structured answer is to be: always a JSON object."""

    name: str
    """The name of its type, in letters, digits, `_` and `-`."""
    description: str
    schema: Mapping[str, Any]
    """Its JSON schema, as pydantic writes it; to be copied before it is changed."""
    strategy: Strategy = "tool"

    def instruction(self) -> str:
        """Return the schema in words, for the way "json"."""
        schema = to_json(self.schema).decode()
        return f"{JSON_ALONE} The object must fit this JSON schema:\n{schema}"


JSON_ALONE = "Answer with a JSON object alone: no other text, no code fences."


def with_instruction(messages: Sequence[Any], text: str) -> list[Any]:
    """Return messages with an instruction at the end of the system prompt; the messages given stay as they are."""
    first, *rest = messages or (None,)
    if isinstance(first, BaseMessageParam) and first.role in ("system", "developer"):
        content = first.content
        told = f"{content}\n\n{text}" if isinstance(content, str) else [*content, TextPart(text=text)]
        return [BaseMessageParam(role=first.role, content=told), *rest]
    if isinstance(first, Mapping):
        message = cast("Mapping[str, Any]", first)
        if message.get("role") in ("system", "developer") and isinstance(message.get("content"), str):
            return [{**message, "content": f"{message['content']}\n\n{text}"}, *rest]
    return [BaseMessageParam(role="system", content=text), *messages]
