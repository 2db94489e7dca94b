"""The sum of the answers that the SDK's own iterator gives, where the client lets nothing be read as bytes.

Most of them add a piece of text and tell the tokens so far, and else say what the one before said: of these nothing is
written back as JSON but the last tokens. Whatever is not of this kind is summed as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..base.fold import Text
from ..base.usage import Usage
from ..base.wire import as_list, as_object, dumped
from ..dialects.gemini_fold import GeminiFold
from ..dialects.gemini_response import JSON
from .types import GoogleCallResponseChunk, GoogleTool

_TEXT = frozenset({"text"})
_ANSWER = frozenset(
    {"candidates", "usage_metadata", "model_version", "response_id", "create_time", "sdk_http_response", "parsed"}
)
_CANDIDATE = frozenset({"content", "index"})
_CONTENT = frozenset({"parts", "role"})
"""What an answer, its candidate and the candidate's content say that tell nothing new but a text and tokens."""


class GoogleFold(GeminiFold[GoogleCallResponseChunk, GoogleTool]):
    """Sums answers, as bytes or as objects of the SDK."""

    _before: Any = None
    """The last answer that was summed in full, if others like it need not be."""
    _growing: Text
    """The text that they add to."""
    _spent: Any = None
    """The tokens that one of them told last."""

    def read_objects(self, events: Iterable[Any]) -> Iterator[tuple[GoogleCallResponseChunk, GoogleTool | None]]:
        make = GoogleCallResponseChunk.from_object
        for event in events:
            before = self._before
            if before is not None and (text := _added(event, before)) is not None:
                self._growing.append(text)
                self._spent = event.usage_metadata
                yield make(event, text), None
            else:
                self._settle()
                yield from super().read_objects((event,))
                self._before = event if _is_plain(event) and self._goes_on(event.candidates[0].index or 0) else None

    def _goes_on(self, index: int) -> bool:
        """Whether a candidate's last part is a text that the next piece is to be added to."""
        parts = as_list(as_object(self._candidates[index].get("content")).get("parts"))
        text = parts[-1].get("text") if parts and not parts[-1].get("thought") else None
        if isinstance(text, Text):
            self._growing = text
            return True
        return False

    def _settle(self) -> None:
        spent, self._spent = self._spent, None
        if spent is not None:
            self._spend(dumped(spent))

    def rebuild(self) -> JSON:
        self._settle()
        return super().rebuild()

    @property
    def usage(self) -> Usage | None:
        self._settle()
        return super().usage


def _is_plain(event: Any) -> bool:
    """Whether an answer adds a text and tells the tokens so far, and what one like it has told before."""
    if not event.candidates or event.usage_metadata is None or not event.__pydantic_fields_set__ <= _ANSWER:
        return False
    candidate, *others = event.candidates
    content = candidate.content
    if others or content is None or not candidate.__pydantic_fields_set__ <= _CANDIDATE:
        return False
    return bool(content.__pydantic_fields_set__ <= _CONTENT) and _text(content.parts) is not None


def _added(event: Any, before: Any) -> str | None:
    """Return the text that a plain answer like the one before adds; None of one that says anything else."""
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


def _text(parts: Any) -> str | None:
    if parts is None or len(parts) != 1 or parts[0].__pydantic_fields_set__ != _TEXT:
        return None
    text = parts[0].text
    return text if isinstance(text, str) else None
