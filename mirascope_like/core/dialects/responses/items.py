"""The items of a response while it is streamed: finds the item that an event belongs to. Does no I/O.

Source: OpenAI's reference of the Responses events, where every item has its own id (`item.id`, `item_id`). Some
gateways deviate from it: several items under one `output_index`, ids that change with every event, no index, or no id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...base.parsing import as_object


class Items(dict[int, dict[str, Any]]):
    """The items of a response by key. The keys are numbers that increase in the order in which the items began."""

    def __init__(self) -> None:
        super().__init__()
        self._of_ids: dict[str, int] = {}
        self._newest: dict[int, int] = {}
        """Maps each output index to the key of the newest item with this index."""
        self._indexes: dict[int, int] = {}
        """Maps the key of each item to its output index."""
        self._done: set[int] = set()

    def in_order(self) -> list[int]:
        """Return the keys in the order of the output: by output index, and for equal indexes in the order in which
        the items began.
        """
        return sorted(self, key=lambda place: (self._indexes.get(place, place), place))

    def begin(self, items: Sequence[dict[str, Any]]) -> None:
        """Add items. An item whose id is already known replaces the earlier one."""
        for index, item in enumerate(items):
            place = self._of_ids.get(str(item.get("id") or ""))
            self[self._new(index, item.get("id")) if place is None else place] = item

    def known(self, data: Mapping[str, Any]) -> int | None:
        """Return the key of the item that has the event's id. For an event without an id, return the key of the newest
        item that has the event's output index. None if there is no such item.
        """
        id = data.get("item_id")
        return self._of_ids.get(id) if isinstance(id, str) else self._newest.get(_index(data))

    def place(self, data: Mapping[str, Any], item_type: str | None) -> int | None:
        """Return the key of the item that an event belongs to; None for an event that does not belong to an item.

        An event with a known id belongs to the item with that id. Otherwise it belongs to the newest item with its
        index (without an index, to the newest item). A new key is made, and returned, if the event adds an item, if
        there is no such item, or if that item is complete or of another type.
        """
        item = as_object(data.get("item"))
        given = data.get("item_id") or item.get("id")
        id, index = given if isinstance(given, str) else None, _index(data)
        if id is None and not isinstance(index, int) and not item and item_type is None:
            return None
        done = data.get("type") == "response.output_item.done"
        place = self._of_ids.get(id) if id is not None else None
        if place is None:
            place = self._newest.get(index) if isinstance(index, int) else max(self, default=None)
            adds = data.get("type") == "response.output_item.added"
            if place is None or (adds and place in self) or not self._fits(place, id, item, item_type):
                place = self._new(index if isinstance(index, int) else None, id)
            elif id is not None:
                self._of_ids[id] = place
        if done:
            self._done.add(place)
        return place

    def _fits(self, place: int, id: str | None, item: Mapping[str, Any], item_type: str | None) -> bool:
        known = self.get(place, {})
        if id is not None and place in self._done:
            return False
        if item.get("call_id") and known.get("call_id") and item["call_id"] != known["call_id"]:
            return False
        return item_type is None or known.get("type") in (None, item_type)

    def _new(self, index: int | None, id: Any) -> int:
        after = max((*self, *self._indexes), default=-1) + 1
        place = index if index is not None and index not in self and index not in self._indexes else after
        self._indexes[place] = index if index is not None else after
        self._newest[self._indexes[place]] = place
        if isinstance(id, str) and id:
            self._of_ids[id] = place
        return place


def _index(data: Mapping[str, Any]) -> Any:
    """Return the output index of an event, which some gateways send as text; None if there is none."""
    index = data.get("output_index")
    return int(index) if isinstance(index, str) and index.isdecimal() else index
