"""Recognizes a body that is not a response of the provider: one of another format, or none at all."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..errors import MalformedEventError
from ..parsing import as_object, at, has_values

_FORMATS = {
    "choices": "OpenAI's chat completions",
    "content": "Anthropic's messages",
    "candidates": "Gemini",
    "output": "OpenAI's Responses",
    "output.message": "Bedrock's Converse",
    "output.choices": "DashScope's own API",
    "output.text": "DashScope's own API",
}
"""Maps the path of the output in a body to its format. The last one that a body has counts.

Source: the API references. DashScope's own API is that of "/api/v1"; its "/compatible-mode/v1" sends chat completions.
"""


def check_format(body: Any, output_paths: Collection[str], places: Collection[str], provider: str) -> None:
    """Raise `MalformedEventError` if a body, given as JSON, has no output of this provider, but that of another format,
    or has none of the `places`.
    """
    if any(at(body, place) is not None for place in output_paths):
        return
    fields = as_object(body)
    found = [name for path, name in _FORMATS.items() if has_values(at(fields, path))]
    if found:
        raise MalformedEventError(
            f"the body has the format of {found[-1]}, which {provider} does not use: check the provider of the call "
            f"and the base URL of the client; the body has the fields {', '.join(fields)}"
        )
    if all(at(body, place) is None for place in places):
        raise MalformedEventError(f"the body has no field of a response; check the base URL: {body!s:.200}")
