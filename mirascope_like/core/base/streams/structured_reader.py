"""Reads a structured output from a stream: partial values, items of a list, and the complete value."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from typing_extensions import TypeVar as DefaultTypeVar

from ..errors import ConfigurationError, ResponseParseError, StreamNotConsumedError, parse_error
from ..flows import read, select
from ..parsing import NOTHING, PartialParser, Shape, shape_of
from ..request import WRAPPED, Request, ResponseModel
from ..response import BaseCallResponse, attach_response
from .async_stream import AsyncStream
from .stream import Stream

T = TypeVar("T")
ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
StreamT = DefaultTypeVar("StreamT", bound=Stream[Any, Any, Any], default=Stream[Any, Any, Any])
AsyncStreamT = DefaultTypeVar("AsyncStreamT", bound=AsyncStream[Any, Any, Any], default=AsyncStream[Any, Any, Any])
AnyStream: TypeAlias = Stream[ResponseT, Any, Any] | AsyncStream[ResponseT, Any, Any]


class Reading(Generic[T]):
    """The part of a structured output that was read so far. There is one per structured stream. Does no I/O.

    1. `expect` is called when the request is known, and again for each fallback (by `calls.call`).
    2. `take` is called for each chunk. It parses the text, or, from the first piece of a call of the output's tool on,
       that call instead. A new round of a tool loop discards what was parsed.
    3. `finish` is called once the stream is done, and sets `value` or `error`. Before the end, `failed` sets `error` if
       an item does not validate, or with `fail_fast` if any part does not. After that nothing changes.

    `items` may be called at any time: before the end it returns the complete items, and later the remaining ones.
    """

    def __init__(self, model: ResponseModel[T], *, fail_fast: bool) -> None:
        self.model = model
        self._fail_fast = fail_fast
        self._parser: PartialParser | None = None
        """Parses the output as it arrives; None until the request is known."""
        self._request: Request
        """The request whose response is read. `expect` sets it and the next two attributes."""
        self._by_call: bool
        """True if the output is read from a tool call, False if it is read from the text."""
        self._round: int
        """The number of the tool loop's round whose output is read."""
        self._items = _items_of(model)
        self._yielded: dict[int, list[Any]] = {}
        """Maps the index in the text at which a JSON value begins to the items of it that were yielded."""
        self._rest: deque[Any] | None = None
        """The items that were not yielded yet; None until the output is complete."""
        self._matches = False
        """True if the JSON value that was parsed last is the output."""
        self.over: bool = False
        """True once the structured stream yields nothing more: all values were yielded, or one did not validate."""
        self.value: T = NOTHING
        """The complete, validated output; `NOTHING` before the end, or if the model called a tool instead."""
        self.error: ResponseParseError | None = None
        """The error of an output that does not validate; None until one was found."""

    def expect(self, request: Request) -> Request:
        """Set the request whose response will be read; return the request."""
        record = shape_of(self.model.object_type).record
        assert record is not None
        assert request.structure is not None
        watch = self._items.name if self._items is not None else None
        given = self.model.given(request.fn_args)
        self._parser = PartialParser(record, given, watch=watch, fail_fast=self._fail_fast)
        self._request = request
        self._begin()
        return request

    def _begin(self) -> None:
        assert self._request.structure is not None
        self._by_call = self._request.structure.strategy == "tool"
        self._round = self._request.answer_deltas.round
        self._yielded = {}

    def take(self, content: str) -> Any:
        """Parse the new content of a chunk: its text, or a piece of the tool call. Return the partial output if it
        has changed, else `NOTHING`.
        """
        assert self._parser is not None
        deltas = self._request.answer_deltas
        if deltas:
            if not self._by_call:
                self._parser.reset()  # the output is the tool call, not the text read so far
            self._by_call = True
            content = "".join(deltas)
            deltas.clear()
        elif self._by_call or not content:
            # The chunk has no text, or text in addition to the tool call with the output. The chunk that the loop
            # yields between two rounds has no text either: from then on, the output is that of the new round.
            if deltas.round != self._round:
                self._parser.reset()
                self._begin()
            return NOTHING
        if not self._parser.feed(content):
            return NOTHING
        return self._unwrapped(self._parser.show())

    def _unwrapped(self, shown: Any) -> Any:
        if shown is NOTHING or not self.model.wrapped:
            return shown
        value = getattr(shown, WRAPPED)
        return NOTHING if value is None else value

    def finish(self, response: BaseCallResponse[Any, Any]) -> T:
        """Return the complete output; `NOTHING` if the model called a tool instead.

        Raises `ResponseParseError` if the output does not validate.
        """
        assert self._parser is not None
        if self.error is not None:
            raise self.error
        if response.tools or self.value is not NOTHING:
            return self.value
        try:
            selected = select(response, self.model)
            span = (selected.start, selected.end) if selected is not None else None
            # A call's arguments hold only the output. Spans are not compared: SDKs that parse them lose whitespace.
            self._matches = span is not None and (self._by_call or self._parser.span == span)
            whole = self._unwrapped(self._parser.value) if self._matches else NOTHING
            if whole is NOTHING:
                whole = read(response, self.model, self._request.fn_args)
            else:
                attach_response(whole, response)
        except ResponseParseError as error:
            raise self.failed(error, response)
        self.value = whole
        return self.value

    def failed(self, error: ResponseParseError, response: BaseCallResponse[Any, Any]) -> ResponseParseError:
        """Record the error of an output that does not validate; return the error to raise."""
        error.response = error.response or response
        self.error = error
        return error

    def constructed(self, *, ended: bool) -> T:
        """Return the complete output.

        Raises `StreamNotConsumedError` before the end, and `ResponseParseError` if the output is missing or does not
        validate.
        """
        if self.error is not None:
            raise self.error
        if self.value is NOTHING:
            if self.over or ended:
                raise ResponseParseError("there is no output: the model called a tool, or its output did not validate")
            raise StreamNotConsumedError("the output is incomplete: read the stream to its end, or call collect()")
        return self.value

    def items(self) -> Iterator[Any]:
        """Yield the validated items that are complete now. No item is yielded twice, not even by a later call.

        Raises `ResponseParseError` for an item that does not validate.
        """
        if self._items is None:
            raise ConfigurationError(f"each() needs a list, or a model with exactly one list, not {self.model.kind!r}")
        parser, items = self._parser, self._items
        if self.value is not NOTHING:
            if self._rest is None:
                whole: Any = self.value if self.model.wrapped else getattr(self.value, items.name)
                if whole is None:  # the list is optional
                    whole = ()
                self._rest = deque(self._remaining(items, whole))
            while self._rest:
                yield self._rest.popleft()
        while parser is not None and self.value is NOTHING and items.live and parser.alone and parser.items:
            assert parser.span is not None
            done = self._yielded.setdefault(parser.span[0], [])
            raw, value = parser.items.popleft()
            value = self._item(items, raw, value, len(done))
            again = items.unique and value in done
            done.append(value)
            if not again:
                yield value

    def _item(self, items: _Items, raw: Any, value: Any, index: int) -> Any:
        if value is not NOTHING:
            return value
        try:
            return items.shape.validated(raw)
        except Exception as error:
            raise parse_error(error, prefix=[items.name, index]) from error

    def _remaining(self, items: _Items, whole: Any) -> list[Any]:
        """Return the items of the complete output that were not yielded yet, in the order in which they arrived if
        that is known.
        """
        if self._parser is None or self._parser.span is None or not self._matches:
            return list(whole)
        done = self._yielded.get(self._parser.span[0], [])
        try:
            received = [self._item(items, raw, value, 0) for raw, value in self._parser.items]
        except ResponseParseError:  # the items validate only after a validator of the list has changed them
            return list(whole)
        if not items.live and not _same(received, list(whole)):
            return list(whole)
        if items.unique:
            return [one for at, one in enumerate(received) if one not in done and one not in received[:at]]
        return received


@dataclass(frozen=True, slots=True)
class _Items:
    """Describes the list whose items `each` yields."""

    name: str
    """The name of the field that contains the list."""
    shape: Shape
    """The shape of the items' type, which may be a union."""
    live: bool
    """True if items can be yielded while the list arrives: the field's type is no union, all items have one type, and
    no validator receives the list before its items are validated.
    """
    unique: bool
    """True if the list is a set, in which no item occurs twice."""


def _same(some: list[Any], others: list[Any]) -> bool:
    """Return True if two lists have the same items, in any order. Items need not be hashable."""
    left = list(others)
    for one in some:
        if one not in left:
            return False
        left.remove(one)
    return not left


def _items_of(model: ResponseModel[Any]) -> _Items | None:
    """Return the description of a model's list whose items `each` yields; None if the model has no list, or several."""
    record = shape_of(model.object_type).record
    fields: dict[str, Any] = getattr(model.object_type, "model_fields", {})
    shapes = (
        {WRAPPED: shape_of(model.kind)} if model.wrapped else {n: shape_of(f.annotation) for n, f in fields.items()}
    )
    found = [(name, shape, shape.item) for name, shape in shapes.items() if shape.item is not None]
    if len(found) != 1 or record is None:
        return None
    (name, shape, item) = found[0]
    assert item is not None
    return _Items(name, item, not (shape.fixed or shape.mixed or record.opaque(name)), shape.unique)
