"""The accumulator for Gemini streams that are read with the SDK's iterator, because their client gives no access to
the bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..base.parsing import dumped, is_list
from ..dialects.gemini import JSON, GeminiObjectAccumulator
from .types import GoogleCallResponseChunk, GoogleTool, set_event

_TEXT = frozenset({"text"})
_ANSWER = frozenset(
    {"candidates", "usage_metadata", "model_version", "response_id", "create_time", "sdk_http_response", "parsed"}
)
_CANDIDATE = frozenset({"content", "index"})
_CONTENT = frozenset({"parts", "role"})
"""Fields of an event, of its candidate and of the candidate's content that may be set in a simple event, which only
adds text and token counts.
"""


class GoogleAccumulator(GeminiObjectAccumulator[GoogleCallResponseChunk, GoogleTool]):
    """Combines events of the SDK. Recognizes a simple event by the names of its fields that are set."""

    def read_objects(self, events: Iterable[Any]) -> Iterator[tuple[GoogleCallResponseChunk, GoogleTool | None]]:
        for event in events:
            came = event.sdk_http_response
            if came is None or not came.body:
                yield from super().read_objects((event,))
            else:  # read its JSON, which has fields that the SDK's types do not know
                raw = came.body.encode()
                data, readable_raw = self._decode(raw)
                if is_list(data):
                    yield from self.read([readable_raw])
                    continue
                chunk = self.chunks.from_bytes(readable_raw, self.chunks.text_of(data))
                if readable_raw is raw:
                    set_event(chunk, event)
                yield from self.add(chunk, data)

    def plain(self, event: Any) -> Any:
        if not event.candidates or event.usage_metadata is None or not event.__pydantic_fields_set__ <= _ANSWER:
            return None
        candidate, *others = event.candidates
        content = candidate.content
        if others or content is None or not candidate.__pydantic_fields_set__ <= _CANDIDATE:
            return None
        return event if content.__pydantic_fields_set__ <= _CONTENT and _text(content.parts) is not None else None

    def added(self, event: Any, before: Any) -> str | None:
        try:
            (candidate,), (known,) = event.candidates, before.candidates
            content, role = candidate.content, known.content.role
            same = (
                event.__pydantic_fields_set__ == before.__pydantic_fields_set__
                and candidate.__pydantic_fields_set__ == known.__pydantic_fields_set__
                and content.__pydantic_fields_set__ == known.content.__pydantic_fields_set__
                and event.usage_metadata.__pydantic_fields_set__ == before.usage_metadata.__pydantic_fields_set__
                and candidate.index == known.index
                and content.role == role
                and event.response_id == before.response_id
                and event.model_version == before.model_version
                and event.create_time == before.create_time
            )
        except (AttributeError, TypeError, ValueError):
            return None
        return _text(content.parts) if same else None

    def tokens(self, event: Any) -> JSON:
        return dumped(event.usage_metadata)


def _text(parts: Any) -> str | None:
    if parts is None or len(parts) != 1 or parts[0].__pydantic_fields_set__ != _TEXT:
        return None
    text = parts[0].text
    return text if isinstance(text, str) else None
