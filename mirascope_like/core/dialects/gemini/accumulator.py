"""The accumulator for streams of Gemini responses.

Source: Google's reference of `streamGenerateContent`. Each event is a response with only the new content, and with the
usage of all events so far. There is no final event: a response is complete when every candidate has a finish reason, or
when the prompt was blocked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from pydantic_core import to_json

from ...base.errors import ErrorEventError, MalformedEventError, reported_error
from ...base.parsing import as_list, as_object, as_parts, at, is_end, settled
from ...base.response import Accumulator, Usage, common_reasons, newer_reason, newer_usage
from ...base.tools import BaseTool
from .chunk import GeminiChunk, set_calls_before, words_of
from .merge import add_part, merged
from .response import JSON, Words, candidate_in_form, finished, part_in_form, read_usage, text_of, tool_call

ChunkT = TypeVar("ChunkT", bound=GeminiChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


_OUTPUT_COUNTS = frozenset({"candidatesTokenCount", "thoughtsTokenCount", "totalTokenCount"})
"""The fields of the usage that change while the model writes."""


class GeminiAccumulator(Accumulator[ChunkT, ToolT], Generic[ChunkT, ToolT]):
    """Combines the events of a stream into one response."""

    answers: ClassVar[tuple[str, ...]] = ("candidates", "promptFeedback", "usageMetadata")

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._words: Words = words_of(self.chunk_type)
        self._usage: JSON = {}
        self._candidates: dict[int, JSON] = {}
        self._open: JSON | None = None
        self._calls = 0

    def read(self, events: Sequence[bytes]) -> Iterator[tuple[ChunkT, ToolT | None]]:
        for raw in events:
            found, raw = self._decode(raw, events)
            if is_end(found) or found is None:
                continue
            if isinstance(found, list):  # a host that ignores the request for server-sent events sends a JSON list
                for one in as_list(found):
                    yield from self.add(self._chunk(to_json(one), one, text_of(one)), one)
            else:
                yield from self.add(self._chunk(raw, found, text_of(found)), found)

    def add(self, chunk: ChunkT, data: Any) -> Iterator[tuple[ChunkT, ToolT | None]]:
        if not isinstance(data, dict):
            self.raise_reported(data)
            raise MalformedEventError(f"an event is not a Gemini response: {data!r:.200}")
        set_calls_before(chunk, self._calls)
        self._last = chunk
        return self.pairs(chunk, self._sum(as_object(data)))

    def raise_reported(self, data: Any) -> None:
        if reported_error(data, self.answers) is not None:
            raise ErrorEventError(data)

    def _sum(self, data: JSON) -> list[ToolT]:
        self.raise_reported(data)
        tools: list[ToolT] = []
        for key, value in self.unstamped(data).items():
            if key == "candidates":
                for position, candidate in enumerate(as_list(value)):
                    tools += self._grow(position, candidate_in_form(as_object(candidate)))
            elif key == "usageMetadata":
                self._spend(as_object(value))
            else:
                self.top_fields[key] = merged(self.top_fields.get(key), value)
        if self._held is not None and self.finish_reasons:
            tools += self.released(last=True)
        if self._usage and not data.get("usageMetadata") and finished(data, str):
            # The counts are those of the events before the last one: those of the output are not the final ones.
            self._usage = {key: count for key, count in self._usage.items() if key not in _OUTPUT_COUNTS}
        return tools

    def _spend(self, usage: JSON) -> None:
        self._usage = newer_usage(self._usage, usage)

    def _grow(self, position: int, candidate: JSON) -> list[ToolT]:
        given = str(candidate.get("index"))
        index = int(given) if given.isdecimal() else position
        whole = self._candidates.setdefault(index, {})
        for key, value in candidate.items():
            if key == "finishReason":
                whole[key] = newer_reason(whole.get(key), value)
            elif key != "content":
                whole[key] = merged(whole.get(key), value, key)
        if "content" not in candidate:
            return []
        content = whole.setdefault("content", {})
        tools: list[ToolT] = []
        for key, value in as_object(candidate["content"]).items():
            if key == "parts":
                parts = content.setdefault("parts", [])
                new = [part_in_form(as_object(part)) for part in as_parts(value)]
                calls = [call for part in new if (call := add_part(parts, part)) is not None]
                tools += self._called(calls) if index == 0 else []
            else:
                content[key] = value
        return tools

    def _called(self, calls: Sequence[JSON]) -> list[ToolT]:
        tools: list[ToolT] = []
        for call in calls:
            self._calls += call is not self._open
            self._open = call if call.get("willContinue") else None
            if self._open is None:
                tools += self._closed(call)
            else:
                tools += self.partial_tool(tool_call(call, self._words.call), "")
        return tools

    def _closed(self, call: JSON) -> list[ToolT]:
        found = tool_call(call, self._words.call)
        self.add_answer_delta(found.name, found.arguments, call)
        return self.complete_tool(found)

    def rest(self) -> list[ToolT]:
        call, self._open = self._open, None
        return [*(self._closed(call) if call is not None else ()), *self.released(last=True)]

    @property
    def complete(self) -> bool:
        """True when every candidate has a finish reason, when the prompt was blocked, or when the response is empty."""
        if as_object(self.top_fields.get("promptFeedback")).get("blockReason"):
            return True
        if self._usage and not self._candidates:  # an empty response, which Gemini sends now and then
            return True
        return bool(self._candidates) and all(one.get("finishReason") for one in self._candidates.values())

    @property
    def common_finish_reasons(self) -> list[str] | None:
        return common_reasons(self.chunk_type, finished(self._in_order(), str))

    @property
    def no_output(self) -> bool:
        parts = [part for one in self._candidates.values() for part in as_list(at(one, "content.parts"))]
        has_output = any(key != "thought" and one for part in parts for key, one in as_object(settled(part)).items())
        return not (has_output or (self.finish_reasons and not self.failed))

    def rebuild(self) -> JSON:
        candidates = [settled(self._candidates[index]) for index in sorted(self._candidates)]
        return {
            **({"candidates": candidates} if candidates else {}),
            **({"usageMetadata": dict(self._usage)} if self._usage else {}),
            **self.top_fields,
        }

    @property
    def content(self) -> str:
        return text_of({"candidates": [self._candidates.get(0)]})

    @property
    def finish_reasons(self) -> list[Any] | None:
        return finished(self._in_order(), self._words.reason)

    def _in_order(self) -> JSON:
        return {"candidates": [self._candidates[index] for index in sorted(self._candidates)]}

    @property
    def usage(self) -> Usage | None:
        return read_usage(self._usage)
