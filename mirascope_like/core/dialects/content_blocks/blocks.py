"""Responses that are lists of typed blocks: text, thinking, tool calls and others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, cast

from pydantic_core import from_json
from typing_extensions import TypeVar

from ...base.messages import BaseMessageParam, Part, ToolResultPart
from ...base.parsing import (
    PLAIN_TYPES,
    Text,
    as_object,
    as_parts,
    as_text,
    at,
    decode_whole,
    dumped,
    object_so_far,
    paired_escapes,
    settled,
)
from ...base.response import BaseCallResponse, BaseCallResponseChunk, IndexedAccumulator, Positions, tool_results
from ...base.tools import ARGUMENTS, BaseTool, CallsOnce, ToolCall, effective_arguments, given_arguments, offered_name
from .turns import decode_turn

RawT = TypeVar("RawT")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)
FinishT = TypeVar("FinishT", bound=str)
UsageT = TypeVar("UsageT")
MessageT = TypeVar("MessageT", default=Any)


class Blocks(NamedTuple):
    """Functions that read the blocks of one provider, as JSON or as objects of its SDK."""

    place: str
    """The key or attribute of a response that contains the list of blocks."""
    text: Callable[[Any], str]
    """Returns the text of a text block; empty for any other block."""
    thinking: Callable[[Any], str]
    """Returns the thinking in a block; empty for a block without thinking."""
    call: Callable[[Any, str], ToolCall | None]
    """Returns the tool call in a block; None for any other block. The second argument is the JSON text of the call's
    arguments, if it is known; otherwise it is made from the block.
    """
    decode: Callable[[Any], Sequence[Part | None]]
    """Converts a block to parts in the common form. None stands for a part that the common form does not have."""
    result: Callable[[ToolResultPart], dict[str, Any]]
    """Converts a tool result to a block."""


class BlockResponse(BaseCallResponse[RawT, ToolT, FinishT, UsageT, MessageT, MessageT]):
    """A response whose content is a list of blocks."""

    _block_kind: ClassVar[Blocks]

    @property
    def _blocks(self) -> list[Any]:
        # Some gateways send a text, or one block alone, or other values next to the blocks.
        found = as_parts(at(self.response, self._block_kind.place))
        return [block for block in found if block is not None and not isinstance(block, PLAIN_TYPES)]

    @property
    def content(self) -> str:
        """The text of all text blocks, joined; empty if there are none."""
        return self._as_content("".join(as_text(self._block_kind.text(block)) for block in self._blocks))

    @property
    def thinking(self) -> str | None:
        """The model's thinking; None if the response has none."""
        return "".join(as_text(self._block_kind.thinking(block)) for block in self._blocks) or None

    @property
    def message_param(self) -> MessageT:
        """The response as an assistant message for the next request: all blocks, with thinking and signatures, in
        order.
        """
        # The API rejects empty blocks.
        fields = [{key: one for key, one in dumped(block).items() if one is not None} for block in self._blocks]
        sent = [self._sent_back(block) for block in fields if not _is_empty_text(block)]
        calls, once = [self._block_kind.call(block, "") for block in sent], CallsOnce()
        content = [block for block, call in zip(sent, calls, strict=True) if call is None or once.is_new(call)]
        return cast("MessageT", {"role": "assistant", "content": content})

    def _sent_back(self, block: dict[str, Any]) -> dict[str, Any]:
        """Return a block in a form that the API accepts in a request. A tool call gets the tool's offered name, and
        an object as its input.
        """
        if block.get("text") == "":
            del block["text"]
        if block.get("type") == "tool_use":
            # Required, but some gateways send null, a list, or another name.
            arguments: Any = given_arguments(block) or {}
            for key in ARGUMENTS:
                block.pop(key, None)
            block["input"] = arguments
        for holder in (block, as_object(block.get("toolUse"))):
            if "input" in holder and isinstance(holder.get("name"), str):
                holder["name"] = offered_name(holder["name"], self._names)
                if isinstance(holder["input"], str):
                    holder["input"] = object_so_far(effective_arguments(holder["input"]))
        return block

    @property
    def _tool_calls(self) -> list[ToolCall]:
        return [call for block in self._blocks if (call := self._block_kind.call(block, "")) is not None]

    @classmethod
    def tool_message_params(cls, tools_and_outputs: Sequence[tuple[Any, Any]]) -> list[MessageT]:
        """Return one message with the results of all tools. An output that is an exception is sent as an error."""
        content = [cls._block_kind.result(part) for part in tool_results(tools_and_outputs)]
        return [cast("MessageT", {"role": "user", "content": content})]

    @classmethod
    def _decode_message(cls, message: Any) -> BaseMessageParam:
        content = message["content"]
        blocks: list[Any] = [{"type": "text", "text": content}] if isinstance(content, str) else content
        decode = cls._block_kind.decode
        return decode_turn(message["role"], [part for block in blocks for part in decode(dumped(block))])


def _is_empty_text(block: Mapping[str, Any]) -> bool:
    return (
        block.get("type", "text") == "text" and not block.get("text") and block.keys() <= {"type", "text", "citations"}
    )


class BlockAccumulator(IndexedAccumulator[ChunkT, ToolT]):
    """Combines the events of a stream into a response whose content is a list of blocks."""

    blocks: ClassVar[Blocks]
    cut_strings: ClassVar[bool] = True
    """True to keep a string argument that is incomplete because the stream ended."""
    delta_keys: ClassVar[Mapping[str, frozenset[str]]] = {}
    """Maps a kind of delta to the keys of the blocks that it can extend, if these are not the kind itself."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._blocks: dict[int, dict[str, Any]] = {}
        self._json: dict[int, Text] = {}
        """Maps the position of each tool call's block to the JSON text of its arguments that has arrived."""
        self._positions = Positions()
        self._stopped: set[int] = set()
        """The positions of the blocks that are complete."""

    def _place(self, index: Any) -> int:
        """Return the position of the block that an event belongs to."""
        self._touched = place = self._positions.of(index, self._blocks)
        return place

    def _new_place(self, index: Any) -> int:
        """Return the position for a new block."""
        self._touched = place = self._positions.new(index, self._blocks)
        return place

    def _place_for(self, index: Any, kind: str, value: Any) -> int:
        """Return the position of the block that a delta extends. `kind` and `value` are the key and value of the delta.

        A delta begins a new block if the newest block with its index is complete, has another kind of content, or ends
        with a signature, which belongs to one text.
        """
        place = self._place(index)
        if not (known := self._blocks.get(place)):
            return place
        signed = bool(as_object(known.get(kind)).get("signature")) and "signature" not in as_object(value)
        fits = known.keys() & self.delta_keys.get(kind, frozenset({kind})) and place not in self._stopped
        return place if fits and not signed else self._new_place(index)

    def _begun_call(self, id: Any) -> int | None:
        """Return the position of the incomplete tool call with this id; None if there is none. Some hosts begin one
        call under two indexes.
        """
        places = [place for place, block in self._blocks.items() if id and block.get("id") == id]
        return places[-1] if places and places[-1] not in self._stopped else None

    def _stop(self, number: int) -> list[ToolT]:
        self._stopped.add(number)
        return super()._stop(number)

    def _numbers(self) -> Iterable[int]:
        return self._blocks

    def _grow_call(self, index: int, name: str, piece: str) -> list[ToolT]:
        self._json.setdefault(index, Text()).append(piece)
        return self._grown(index, name, piece)

    def _call(self, number: int) -> ToolCall | None:
        text = str(self._json.get(number, ""))
        return self.blocks.call(self._block(number), text) if number in self._blocks else None

    def _has_output(self) -> bool:
        """Return True if any block has content in addition to its type."""
        known: list[dict[str, Any]] = [settled(block) for block in self._blocks.values()]
        return any(one for block in known for key, one in block.items() if key != "type")

    def _block(self, index: int) -> dict[str, Any]:
        """Return a block as far as it has arrived."""
        block: dict[str, Any] = settled(self._blocks[index])
        return block

    def _arguments(self, index: int, known: Any = None) -> Any:
        """Return the arguments of a tool call; for incomplete JSON, the part that can be parsed."""
        if not (text := effective_arguments(str(self._json.get(index, "")))):
            return known or {}
        try:
            return decode_whole(paired_escapes(text))
        except ValueError:
            pass
        try:
            return from_json(paired_escapes(text), allow_partial="trailing-strings" if self.cut_strings else True)
        except ValueError:
            return {}
