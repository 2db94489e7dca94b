"""The sum of a stream of Converse's events.

Source: Bedrock's documentation of `ConverseStream`. The usage is said once, in the last event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import jiter

from ..base.fold import GarbledEventError, NumberedFold, Text, settled
from ..base.tools import BaseTool, ToolCall
from ..base.usage import Usage
from ..base.wire import as_object
from .types import BedrockCallResponseChunk, BedrockTool, answering_model, is_call, read_usage


class BedrockFold(NumberedFold[BedrockCallResponseChunk, BedrockTool]):
    """Sums the events that boto3 reads. Blocks of text and reasoning begin without an event that says so."""

    ended: bool

    def __init__(self, tools: Sequence[type[BaseTool]] = (), partial: bool = False) -> None:
        super().__init__(BedrockCallResponseChunk, BedrockTool, tools, partial)
        self._whole: dict[str, Any] = {}
        self._role = "assistant"
        self._blocks: dict[int, dict[str, Any]] = {}
        self._stopped = False

    def read(self, events: Sequence[bytes]) -> Iterator[tuple[BedrockCallResponseChunk, BedrockTool | None]]:
        yield from self.read_objects(map(jiter.from_json, events))

    def read_objects(self, events: Iterable[Any]) -> Iterator[tuple[BedrockCallResponseChunk, BedrockTool | None]]:
        make, texts = BedrockCallResponseChunk.from_object, self._texts
        for event in events:
            # Most events add to a text that has begun: none of these is looked at twice.
            try:
                piece = event["contentBlockDelta"]
                known, text = texts[piece["contentBlockIndex"]], piece["delta"]["text"]
            except (LookupError, TypeError):
                yield from self._told(event)
                if self.ended:
                    break
                continue
            known.append(text)
            yield make(event, text), None

    def _told(self, event: Any) -> Iterator[tuple[BedrockCallResponseChunk, BedrockTool | None]]:
        try:
            if "ResponseMetadata" in event:
                self._whole.update(event)
                return
            delta = event.get("contentBlockDelta", {}).get("delta")
        except (TypeError, AttributeError) as error:
            raise GarbledEventError(f"{error!r}: {str(event)[:200]}") from error
        yield from self.add(BedrockCallResponseChunk.from_object(event, as_object(delta).get("text") or ""), event)

    def add(
        self, chunk: BedrockCallResponseChunk, data: Mapping[str, Any]
    ) -> Iterator[tuple[BedrockCallResponseChunk, BedrockTool | None]]:
        self._last = chunk
        try:
            tools = self._sum(*next(iter(data.items())))
        except (LookupError, TypeError, AttributeError) as error:
            raise GarbledEventError(f"{error!r}: {str(data)[:200]}") from error
        yield from self.pairs(chunk, tools)

    def _sum(self, name: str, data: Any) -> list[BedrockTool]:
        match name:
            case "contentBlockDelta":
                return self._grow(data["contentBlockIndex"], data["delta"])
            case "contentBlockStart":
                # A tool call, the result of one that the model ran itself, or an image.
                self._blocks[data["contentBlockIndex"]] = {key: dict(value) for key, value in data["start"].items()}
            case "contentBlockStop":
                return self._stop(data["contentBlockIndex"])
            case "messageStart":
                self._role = data["role"]
            case "messageStop":
                self._whole.update(data)
                self._stopped = True
            case "metadata":
                self._whole.update(data)
                self.ended = self._stopped
            case _:
                pass  # what a newer boto3 may know is shown, and has no place in the message
        return []

    def _grow(self, index: int, delta: Mapping[str, Any]) -> list[BedrockTool]:
        block = self._blocks.setdefault(index, {})
        kind, value = next(iter(delta.items()))
        match kind:
            case "text":
                self._texts.setdefault(index, block.setdefault("text", Text())).append(value)
            case "toolUse":
                return self._grow_call(index, value["input"])
            case "citation":
                block.setdefault("citations", []).append(value)
            case "toolResult":
                for piece in value:
                    _grow_result(block["toolResult"].setdefault("content", []), piece)
            case _:  # reasoning, and images
                _grow_piece(block.setdefault(kind, {}), value)
        return []

    def _grow_call(self, index: int, piece: str) -> list[BedrockTool]:
        block = self._blocks[index]
        block["toolUse"].setdefault("input", Text()).append(piece)
        return self._grown(index, block["toolUse"]["name"], piece)

    def _numbers(self) -> Iterable[int]:
        return self._blocks

    def _call(self, number: int) -> ToolCall | None:
        if not is_call(self._blocks.get(number, {})):
            return None
        use = self._blocks[number]["toolUse"]
        arguments = str(use.get("input", ""))
        return ToolCall(id=use["toolUseId"], name=use["name"], arguments=arguments, native=self._block(number))

    def _block(self, index: int) -> dict[str, Any]:
        block = cast("dict[str, Any]", settled(self._blocks[index]))
        if "citations" in block:
            cited = [{"text": block["text"]}] if "text" in block else []
            return {"citationsContent": {"content": cited, "citations": block["citations"]}}
        if (use := block.get("toolUse")) is not None:
            # Arguments that were cut off are kept as far as they can be read.
            try:
                use["input"] = jiter.from_json((use.get("input") or "{}").encode(), partial_mode="trailing-strings")
            except ValueError:
                use["input"] = {}
        if "toolResult" in block:
            block["toolResult"].setdefault("content", [])
        thought = block.get("reasoningContent", {})
        if "text" in thought or "signature" in thought:
            return {"reasoningContent": {"reasoningText": {"text": "", **thought}}}
        return block

    @property
    def complete(self) -> bool:
        """After `messageStop`: the usage that follows it may be missing, and is then unknown."""
        return self._stopped

    def rebuild(self) -> dict[str, Any]:
        content = [self._block(index) for index in sorted(self._blocks)]
        return {**self._whole, "output": {"message": {"role": self._role, "content": content}}}

    @property
    def model(self) -> str | None:
        return answering_model(self._whole)

    @property
    def id(self) -> str | None:
        return as_object(self._whole.get("ResponseMetadata")).get("RequestId")

    @property
    def finish_reasons(self) -> list[Any] | None:
        reason = self._whole.get("stopReason")
        return [reason] if reason else None

    @property
    def usage(self) -> Usage | None:
        return read_usage(self._whole.get("usage"))


def _grow_piece(whole: dict[str, Any], piece: Mapping[str, Any]) -> None:
    """Add a piece of a block: text and bytes grow, objects are added key by key, of all else the last word counts."""
    for key, value in piece.items():
        if isinstance(value, str) and key in ("text", "signature"):
            whole.setdefault(key, Text()).append(value)
        elif isinstance(value, bytes):
            whole[key] = whole.get(key, b"") + value
        elif isinstance(value, Mapping):
            _grow_piece(whole.setdefault(key, {}), cast("Mapping[str, Any]", value))
        else:
            whole[key] = value


def _grow_result(content: list[dict[str, Any]], piece: Mapping[str, Any]) -> None:
    """Add a piece of a tool's result: text goes on where the last piece was text."""
    if "text" in piece and content and "text" in content[-1]:
        content[-1]["text"].append(piece["text"])
    else:
        content.append({"text": Text([piece["text"]])} if "text" in piece else dict(piece))
