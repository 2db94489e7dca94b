"""Tool calls that arrive in pieces: finds the call that a piece belongs to, and joins the pieces. Does no I/O.

Source: OpenAI's reference of chunks, where the index identifies the call of a piece. Some hosts deviate from it: ids
that change with each piece, one id for two indexes, one index for all calls, no index, or names in pieces.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ...base.parsing import Text, as_object, settled
from ...base.tools import ToolCall, effective_arguments, is_settled
from .chunk import arguments_text
from .merge import merge

_KINDS = (("function", "arguments"), ("custom", "input"))
"""The keys of the two kinds of tool calls, each with the key of the text that the model wrote."""


_TOKEN = re.compile(r'["{}\[\]]|\\.?', re.DOTALL)


class _Nesting:
    """Reads a growing JSON text once, however often one asks whether it is open. Some gateways repeat the name of a
    call with each piece of its arguments, and each time it matters whether these are complete.
    """

    __slots__ = ("_depth", "_in_string", "_read")

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._read = 0

    def is_open(self, text: str) -> bool:
        """Return True if a text ends inside an object, list or string. It begins with the text of the last time."""
        position = self._read
        for found in _TOKEN.finditer(text, position):
            token = found[0]
            if token == "\\":  # what is escaped has not arrived
                position = found.start()
                break
            if token == '"':
                self._in_string = not self._in_string
            elif not self._in_string and token[0] != "\\":
                self._depth += 1 if token in "{[" else -1
        else:
            position = len(text)
        self._read = position
        return self._in_string or self._depth > 0


@dataclass(slots=True, eq=False)
class Call:
    """A tool call that is arriving. `given` is True once its complete tool was yielded."""

    index: Any
    fields: dict[str, Any]
    pieces: Text = field(default_factory=Text)
    given: bool = False
    _nesting: _Nesting = field(default_factory=lambda: _Nesting())

    @property
    def id(self) -> str | None:
        return self.fields.get("id") or None

    @property
    def custom(self) -> bool:
        return self.fields.get("type") == "custom"

    @property
    def name(self) -> str:
        function = as_object(self.fields.get("function")) or as_object(self.fields.get("custom"))
        return str(function.get("name") or "")

    @property
    def settled(self) -> bool:
        """True if the text received so far may be the whole call: a non-empty JSON object, or text of a custom tool.

        Such a call is complete once a new call begins or the finish reason arrives.
        """
        text = str(self.pieces)
        return bool(text) if self.custom else not self._nesting.is_open(text) and is_settled(text)

    def add(self, piece: Mapping[str, Any]) -> str:
        """Add a piece, and return the text that the piece adds to the arguments. The first id is kept; pieces of the
        name are joined.
        """
        fields = {key: value for key, value in piece.items() if key != "index" and not (key == "id" and self.id)}
        delta = ""
        for kind, key in _KINDS:
            if isinstance(fields.get(kind), Mapping):
                function = dict(fields[kind])
                delta += arguments_text(function.pop(key, None))
                known = str(as_object(self.fields.get(kind)).get("name") or "")
                if isinstance(function.get("name"), str):
                    function["name"] = joined_name(known, function["name"])
                fields[kind] = function
        merge(self.fields, fields)
        return delta

    def raw(self) -> dict[str, Any]:
        raw = cast("dict[str, Any]", settled(self.fields))
        raw.setdefault("type", "function")
        if self.custom:
            raw["custom"] = {**as_object(raw.get("custom")), "input": str(self.pieces)}
        else:
            arguments = effective_arguments(str(self.pieces))
            raw["function"] = {"name": self.name, **as_object(raw.get("function")), "arguments": arguments}
        return raw

    def call(self) -> ToolCall:
        return ToolCall(id=self.id, name=self.name, arguments=str(self.pieces), native=self.raw())


def is_empty(piece: Mapping[str, Any]) -> bool:
    """Return True if a tool call, or a piece of one, has no content. Some gateways send each field, empty."""
    fields: list[Any] = [value for key, value in piece.items() if key not in ("index", "type")]
    return not any(any(as_object(one).values()) if isinstance(one, dict) else one for one in fields)


def joined_name(known: str, piece: str) -> str:
    """Return a tool name with a piece added. A piece that repeats the name is not added. OpenAI's SDK does the same."""
    return piece if piece.startswith(known) else known if known.startswith(piece) else known + piece


def find_call(calls: Sequence[Call], piece: Mapping[str, Any], names: Collection[str]) -> Call | None:
    """Return the tool call that a piece belongs to; None if the piece begins a new call.

    `names` are the names of the offered tools.
    """
    function = as_object(piece.get("function")) or as_object(piece.get("custom"))
    index, id, name = piece.get("index"), piece.get("id") or None, function.get("name") or None
    if not calls:
        return None
    known = next((call for call in reversed(calls) if id is not None and call.id == id), None)
    if known is not None:
        return None if name and _begins_another(known, name, piece) else known
    if index is None:
        known = calls[-1]
    elif (known := next((call for call in reversed(calls) if call.index == index), None)) is None:
        return None
    return known if name is None or _continues(known, index, id, name, names) else None


def _begins_another(known: Call, name: str, piece: Mapping[str, Any]) -> bool:
    """Return True if a piece whose id is known begins another call. There are two cases:

    - the known call already has arguments, and `name` does not start with its name;
    - the known call and the piece both have complete arguments, and their names or arguments differ.
    """
    if joined_name(known.name, name) != name and str(known.pieces).strip():
        return True
    added = arguments_text(as_object(piece.get("function")).get("arguments"))
    complete = is_settled(added) and known.settled
    return complete and (name != known.name or effective_arguments(added) != effective_arguments(str(known.pieces)))


def _continues(known: Call, index: Any, id: str | None, name: str, names: Collection[str]) -> bool:
    """Return True if a piece with a name, but without a known id, belongs to the call at its index."""
    if known.settled:
        return False
    written = str(known.pieces).strip()
    if known.name + name in names and not written:
        return True
    restated = not known.name or joined_name(known.name, name) == name
    if index is None and id is None:
        return False  # each call arrives complete
    if id is not None and known.id is not None:
        # Some hosts change the id with each piece. Others use one index for all calls, each with complete arguments.
        return restated and written != "{}"
    return restated or written != "{}"
