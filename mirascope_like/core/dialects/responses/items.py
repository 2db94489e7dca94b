"""The items of a response while it is streamed: which one an event is about. Does no I/O.

Source: OpenAI's reference of Responses' events, where every item has an id of its own (`item.id`, `item_id`), and what
gateways make of it: several items under one `output_index`, ids that change with every event, no index, no id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...base.parsing import as_object


class Items(dict[int, dict[str, Any]]):
    """The items, each at a place of its own, in the order in which they began."""

    def __init__(self) -> None:
        super().__init__()
        self._of_ids: dict[str, int] = {}
        self._newest: dict[int, int] = {}
        """The place of the newest item of each output index."""
        self._indexes: dict[int, int] = {}
        """The output index of each place."""
        self._done: set[int] = set()

    def in_order(self) -> list[int]:
        """Return the places in the order of the output: by their index, and by when they began."""
        return sorted(self, key=lambda place: (self._indexes.get(place, place), place))

    def begin(self, items: Sequence[dict[str, Any]]) -> None:
        """Add the items of one list; an item that is already known is replaced."""
        for index, item in enumerate(items):
            place = self._of_ids.get(str(item.get("id") or ""))
            self[self._new(index, item.get("id")) if place is None else place] = item

    def known(self, data: Mapping[str, Any]) -> int | None:
        """Return the place of the item that an event names by an id that is known, or by its index alone."""
        id = data.get("item_id")
        return self._of_ids.get(id) if isinstance(id, str) else self._newest.get(data.get("output_index", -1))

    def place(self, data: Mapping[str, Any], item_type: str | None) -> int | None:
        """Return the place of the item that an event is about, a new one where it begins an item; None of no item.

        An id that is known counts before the index. Of an id that is not, an event that adds an item begins one; any
        other is about the newest item of its index, unless that is done or of another type.
        """
        item = as_object(data.get("item"))
        given = data.get("item_id") or item.get("id")
        id, index = given if isinstance(given, str) else None, data.get("output_index")
        if id is None and not isinstance(index, int) and not item:
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
