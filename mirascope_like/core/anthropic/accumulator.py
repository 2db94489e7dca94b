"""The accumulator for streams of Anthropic's message events.

Source: Anthropic's documentation of streaming messages. The usage in `message_delta` is cumulative: its counts replace
earlier counts, and counts that it does not contain are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..base.errors import ErrorEventError, MalformedEventError, reported_error
from ..base.parsing import Text, as_list, as_object, grow, settled
from ..base.response import newer_reason, newer_usage
from ..dialects.chat_completions import arguments_text
from ..dialects.content_blocks import BlockAccumulator, Blocks
from .messages import BLOCKS
from .types import AnthropicCallResponseChunk, AnthropicTool, kind_of

_PARTS = {"content_block_start": "content_block", "content_block_delta": "delta"}
"""The key of each event of a block under which the event has its new content."""
_KINDS = {
    "text_delta": "text",
    "citations_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "thinking",
}
"""Maps the type of a delta to the type of the blocks to which it can be added."""
_TEXTS = ("text", "name", "thinking", "signature")
"""The keys of a block or delta whose values are texts."""
_WITHOUT_INPUT = frozenset({*_KINDS.values(), "redacted_thinking"})

_BEFORE = -1
"""The index of a text that an earlier attempt received, until the first block of this attempt continues the text."""


class AnthropicAccumulator(BlockAccumulator[AnthropicCallResponseChunk, AnthropicTool]):
    """Combines message events into a message."""

    blocks: ClassVar[Blocks] = BLOCKS
    cut_strings = False  # as Anthropic's SDK does

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._counted = False
        """True once an event after the first has reported the number of output tokens."""

    def _grown_text(self, data: Any) -> tuple[Text, str] | None:
        if data.get("type") == "content_block_delta" and len(data) == 3:
            delta, text = data["delta"], self._texts.get(self._place(data.get("index")))
            if text is not None and len(delta) == 2 and type(piece := delta.get("text")) is str:
                return text, piece
        return None

    def raise_reported(self, data: Any) -> None:
        if reported_error(data, self.answers) is not None:
            raise ErrorEventError(data)

    def _sum(self, chunk: AnthropicCallResponseChunk, data: Mapping[str, Any]) -> list[AnthropicTool] | None:
        if not _well_formed(data):
            raise MalformedEventError(f"an event is not an Anthropic message event: {str(data)[:200]}")
        match data["type"]:
            case "ping":
                return None
            case "content_block_delta":
                return self._grow(data.get("index"), data["delta"])
            case "content_block_start":
                block = _typed(data["content_block"])
                if (known := self._begun_call(block.get("id"))) is None:
                    self._start(self._new_place(data.get("index")), block)
                else:
                    self._positions.alias(data.get("index"), known)
                    self._touched = known
                    self._blocks[known].update({key: value for key, value in block.items() if value})
            case "content_block_stop":
                return self._stop(self._place(data.get("index")))
            case "message_start":
                self.top_fields.update(self.unstamped(data["message"]))
                for index, block in enumerate(as_list(self.top_fields.pop("content", None))):
                    self._start(self._new_place(index), _typed(as_object(block)))
            case "message_delta":
                self._change(data)
            case "message_stop":
                self._final = self.ended = True
            case _:
                pass  # Anthropic may add events: they are yielded and do not change the message
        return []

    def _start(self, index: int, block: dict[str, Any]) -> None:
        self._blocks[index] = block
        if block.get("type") == "text":
            before = self._texts.pop(_BEFORE, None) if index == 0 else None
            if before is not None:
                del self._blocks[_BEFORE]
            text = Text() if before is None else before
            text.append(block.get("text") or "")
            self._texts[index] = block["text"] = text

    def _grow(self, number: Any, delta: Mapping[str, Any]) -> list[AnthropicTool]:
        index, kind = self._place(number), kind_of(delta)
        if index in self._stopped or not _fits(self._blocks.get(index), kind):
            # The start event of its block is missing: the type of the delta determines the block.
            index = self._new_place(number)
            self._start(index, {"type": _KINDS.get(kind, kind.removesuffix("_delta"))})
        block = self._blocks[index]
        if kind not in _KINDS and "partial_json" in delta:  # some gateways send the fields of all kinds, empty
            return self._grow_call(index, block.get("name") or "", arguments_text(delta["partial_json"]))
        fields = {key: value for key, value in delta.items() if key not in ("type", "partial_json")}
        fields = {key: value for key, value in fields.items() if value is not None and (value != "" or key in block)}
        if (citation := fields.pop("citation", None)) is not None:
            block["citations"] = [*(block.get("citations") or ()), citation]
        grow(block, fields)
        return []

    def _block(self, index: int) -> dict[str, Any]:
        block = super()._block(index)
        return {**block, "input": self._arguments(index, block.get("input"))} if index in self._json else block

    def _change(self, data: Mapping[str, Any]) -> None:
        rest = {key: value for key, value in data.items() if key not in ("type", "delta", "usage")}
        self.top_fields.update(_newer(self.top_fields, as_object(data.get("delta"))), **rest)
        known, usage = as_object(self.top_fields.get("usage")), as_object(data.get("usage"))
        self._counted = self._counted or usage.get("output_tokens") is not None
        if usage:
            self.top_fields["usage"] = newer_usage(known, usage)
        if self.top_fields.get("stop_reason") and not self._counted:
            # The first event counts only the tokens at the start: the output is unknown.
            self.top_fields["usage"] = {**newer_usage(known, usage), "output_tokens": None}

    @property
    def complete(self) -> bool:
        """True once the message has a stop reason. The same event has its usage."""
        return self._final or bool(self.top_fields.get("stop_reason"))

    def rebuild(self) -> dict[str, Any]:
        return {**self.top_fields, "content": [self._block(index) for index in sorted(self._blocks)]}

    @property
    def empty(self) -> bool:
        return not self.top_fields

    @property
    def no_output(self) -> bool:
        known = (settled(block) for block in self._blocks.values())
        ended = self.finish_reasons and not self.failed
        return not ended and not any(block.get("type") != "text" or block["text"] for block in known)

    @property
    def resumable_text(self) -> str | None:
        block: dict[str, Any] = settled(next(iter(self._blocks.values()), dict[str, Any]()))
        alone = len(self._blocks) == 1 and block.get("type") == "text" and not block.get("citations")
        return block["text"] if alone and not self.finish_reasons else None

    def resume_from(self, text: Text) -> None:
        self._texts[_BEFORE] = text
        self._blocks[_BEFORE] = {"type": "text", "text": text}


def _typed(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return a block with its type, which some gateways leave out."""
    kinds = {"name": "tool_use", "thinking": "thinking", "text": "text"}
    kind = block.get("type") or next((kind for key, kind in kinds.items() if key in block), None)
    return {**block, "type": kind} if kind else dict(block)


def _fits(block: Mapping[str, Any] | None, delta_type: str) -> bool:
    """Return True if a delta of this type can be added to a block; False if the block has not begun."""
    if block is None:
        return False
    known = block.get("type")
    if delta_type == "input_json_delta":
        return known not in _WITHOUT_INPUT
    signed = bool(block.get("signature")) and delta_type == "thinking_delta"  # a signature belongs to one text
    return known is None or (_KINDS.get(delta_type, known) == known and not signed)


def _newer(known: Mapping[str, Any], update: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an event with which known fields are updated. Null does not replace a known value."""
    newer = {key: value for key, value in update.items() if value is not None or key not in known}
    if "stop_reason" in newer:
        newer["stop_reason"] = newer_reason(known.get("stop_reason"), newer["stop_reason"])
    return newer


def _well_formed(data: Mapping[str, Any]) -> bool:
    """Return True if an event has the structure that the code above expects."""
    kind = data.get("type")
    if kind in (*_PARTS, "content_block_stop"):
        part: Any = data.get(_PARTS[kind]) if kind in _PARTS else {}
        return (data.get("index") is None or str(data["index"]).isdecimal()) and _has_texts(part)
    if kind == "message_start":
        message: Any = data.get("message")
        blocks: list[Any] = as_list(as_object(message).get("content"))
        held: list[Any] = [message, as_object(message).get("usage") or {}]
        return all(isinstance(one, dict) for one in held) and all(map(_has_texts, blocks))
    return isinstance(kind, str)


def _has_texts(block: Any) -> bool:
    """Return True if a block or delta is an object whose texts are texts, or null."""
    texts = [as_object(block).get(key) for key in _TEXTS]
    return isinstance(block, dict) and all(isinstance(text, str | None) for text in texts)
