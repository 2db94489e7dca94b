"""The accumulator for streams of Converse events.

Source: Bedrock's documentation of `ConverseStream`. Only the last event has the usage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ..base.parsing import Text, as_growing, as_object, as_text, decode_json, grow, has_half
from ..dialects.chat_completions import arguments_text
from ..dialects.content_blocks import BlockAccumulator, Blocks
from .messages import BLOCKS
from .types import BedrockCallResponseChunk, BedrockTool

_GROWING = frozenset({"text", "signature"})
_CITED = frozenset({"text", "citations"})
_NOTHING: tuple[str, Any] = ("", {})
"""What an empty event or delta has in place of its name and value."""


class BedrockAccumulator(BlockAccumulator[BedrockCallResponseChunk, BedrockTool]):
    """Combines the events that boto3 yields into one response. Blocks of text and reasoning have no start event."""

    ended: bool
    blocks: ClassVar[Blocks] = BLOCKS
    delta_keys: ClassVar[Mapping[str, frozenset[str]]] = {"text": _CITED, "citation": _CITED}
    _role = "assistant"

    def read(self, events: Sequence[bytes]) -> Iterator[tuple[BedrockCallResponseChunk, BedrockTool | None]]:
        yield from self.read_objects(map(decode_json, events))

    def read_objects(self, events: Iterable[Any]) -> Iterator[tuple[BedrockCallResponseChunk, BedrockTool | None]]:
        make, texts = self.chunks.from_object, self._texts
        for event in events:
            # Most events extend a text that has started; this loop handles them without further checks.
            known, text = None, ""
            try:
                piece = event["contentBlockDelta"]
                known, text = texts[self._place(piece["contentBlockIndex"])], piece["delta"]["text"]
            except (LookupError, TypeError, ValueError):
                pass
            if known is None or not isinstance(text, str) or self._halves or has_half(text):
                if "ResponseMetadata" in (head := as_object(event)):
                    self.top_fields.update(head)
                    continue
                if self._halves or has_half(event):
                    event = self._halves.joined(event)
                yield from self.add(make(event, self.chunks.text_of(event)), event)
                if self.ended:
                    break
            else:
                known.append(text)
                yield make(event, text), None

    def _sum(self, chunk: BedrockCallResponseChunk, data: Mapping[str, Any]) -> list[BedrockTool]:
        name, data = next(iter(data.items()), _NOTHING)
        match name:
            case "contentBlockDelta":
                return self._grow(data.get("contentBlockIndex"), data["delta"])
            case "contentBlockStart":
                # A tool call, the result of a tool that the provider ran, or an image.
                place = self._new_place(data.get("contentBlockIndex"))
                self._blocks[place] = {key: dict(value) for key, value in data["start"].items()}
            case "contentBlockStop":
                return self._stop(self._place(data.get("contentBlockIndex")))
            case "messageStart":
                self._role = data["role"]
            case "messageStop" | "metadata":
                self.top_fields.update(data)
                self._final = self._final or name == "messageStop"
                self.ended = self._final and name == "metadata"
            case _:
                pass  # an event of a newer boto3: it is yielded and does not change the message
        return []

    def _grow(self, number: Any, delta: Mapping[str, Any]) -> list[BedrockTool]:
        kind, value = next(iter(delta.items()), _NOTHING)
        if not kind:
            return []
        index = self._place_for(number, kind, value)
        block = self._blocks.setdefault(index, {})
        match kind:
            case "text":
                self._texts.setdefault(index, block.setdefault("text", Text())).append(as_text(value))
            case "toolUse":
                return self._grow_call(index, block["toolUse"]["name"], arguments_text(value["input"]))
            case "citation":
                block.setdefault("citations", []).append(value)
            case "toolResult":
                for piece in value:
                    _grow_result(block["toolResult"].setdefault("content", []), piece)
            case _:  # reasoning, and images
                grow(block.setdefault(kind, {}), value, texts=_GROWING)
        return []

    def _block(self, index: int) -> dict[str, Any]:
        block = super()._block(index)
        if "citations" in block:
            cited = [{"text": block["text"]}] if "text" in block else []
            return {"citationsContent": {"content": cited, "citations": block["citations"]}}
        if "toolUse" in block:
            block["toolUse"]["input"] = self._arguments(index)
        if "toolResult" in block:
            block["toolResult"].setdefault("content", [])
        thought = block.get("reasoningContent", {})
        if "text" in thought or "signature" in thought:
            return {"reasoningContent": {"reasoningText": {"text": "", **thought}}}
        return block

    @property
    def no_output(self) -> bool:
        return not (self._has_output() or (self.finish_reasons and not self.failed))

    def rebuild(self) -> dict[str, Any]:
        content = [self._block(index) for index in sorted(self._blocks)]
        return {**self.top_fields, "output": {"message": {"role": self._role, "content": content}}}


def _grow_result(content: list[dict[str, Any]], piece: Mapping[str, Any]) -> None:
    """Add a piece to the result of a tool. Text is appended to the last piece if that is text too."""
    if "text" in piece and content and "text" in content[-1]:
        content[-1]["text"].append(as_text(piece["text"]))
    else:
        content.append({"text": as_growing(piece["text"])} if "text" in piece else dict(piece))
