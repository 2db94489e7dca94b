"""Reads a structured answer from a stream: its partials, its items, and the final value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeAlias, TypeVar, cast

from typing_extensions import TypeVar as DefaultTypeVar

from ..errors import ConfigurationError, ResponseParseError, StreamNotConsumedError, parse_error
from ..flows import read, remember
from ..parsing import NOTHING, PartialParser, Shape, shape_of
from ..request import WRAPPED, Request, ResponseModel
from ..response import BaseCallResponse
from .async_stream import AsyncStream
from .stream import Stream

T = TypeVar("T")
ItemT = TypeVar("ItemT")
ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
StreamT = DefaultTypeVar("StreamT", bound=Stream[Any, Any, Any], default=Stream[Any, Any, Any])
AsyncStreamT = DefaultTypeVar("AsyncStreamT", bound=AsyncStream[Any, Any, Any], default=AsyncStream[Any, Any, Any])
AnyStream: TypeAlias = Stream[ResponseT, Any, Any] | AsyncStream[ResponseT, Any, Any]
AnyStreamT = TypeVar("AnyStreamT", bound=AnyStream[Any], covariant=True)


class Reading(Generic[T]):
    """What has been read of a structured answer. Does no I/O."""

    def __init__(self, model: ResponseModel[T], *, fail_fast: bool) -> None:
        self.model = model
        self._fail_fast = fail_fast
        self._growth: PartialParser | None = None
        self._items = _items_of(model)
        self._yielded = 0
        self.over: bool = False
        self.value: T = NOTHING
        self.error: ResponseParseError | None = None
        """Why the answer does not fit, once that is known."""

    def ask(self, request: Request) -> Request:
        """Take the request that is sent; return it."""
        record = shape_of(self.model.object_type).record
        assert record is not None
        assert request.structure is not None
        watch = self._items[0] if self._items is not None else None
        given = self.model.given(request.fn_args)
        self._growth = PartialParser(record, given, watch=watch, fail_fast=self._fail_fast)
        self._request = request
        self._begin()
        return request

    def _begin(self) -> None:
        assert self._request.structure is not None
        self._by_call = self._request.structure.strategy == "tool"
        self._round = self._request.answer_deltas.round
        self._yielded = 0

    def take(self, content: str) -> Any:
        """Read what an event adds; return the answer so far if it has changed, else `NOTHING`."""
        assert self._growth is not None
        deltas = self._request.answer_deltas
        if deltas:
            self._by_call = True
            content = "".join(deltas)
            deltas.clear()
        elif self._by_call or not content:
            if deltas.round != self._round:  # what was read is no answer: the model called tools beside it
                self._growth.reset()
                self._begin()
            return NOTHING  # what is said beside the call
        if not self._growth.feed(content):
            return NOTHING
        return self._unwrapped(self._growth.show())

    def _unwrapped(self, shown: Any) -> Any:
        if shown is NOTHING or not self.model.wrapped:
            return shown
        value = getattr(shown, WRAPPED)
        return NOTHING if value is None else value

    def finish(self, response: BaseCallResponse[Any, Any]) -> T:
        """Return the whole answer, or `NOTHING` where the model called a tool instead.

        Raises `ResponseParseError`.
        """
        assert self._growth is not None
        self.over = True
        if self.error is not None:
            raise self.error
        if response.tools or self.value is not NOTHING:
            return self.value
        try:
            whole = self._unwrapped(self._growth.value)
            if whole is NOTHING:
                whole = read(response, self.model, self._request.fn_args)
            else:
                remember(whole, response)
        except ResponseParseError as error:
            raise self.failed(error, response)
        self.value = whole
        return self.value

    def failed(self, error: ResponseParseError, response: BaseCallResponse[Any, Any]) -> ResponseParseError:
        """Note that the answer does not fit; return what is to be raised."""
        error.response = error.response or response
        self.error = error
        return error

    def constructed(self) -> T:
        """Return the whole answer.

        Raises `StreamNotConsumedError` before the end, and `ResponseParseError` where a tool was called instead.
        """
        if self.value is NOTHING:
            if self.over:
                raise ResponseParseError("the model gave no answer: it called a tool, or the answer does not fit")
            raise StreamNotConsumedError("the answer is not whole yet: read the stream to its end, or call collect()")
        return self.value

    def items(self) -> Iterator[Any]:
        """Yield the items that are whole by now, validated, each once.

        Raises `ResponseParseError` for one that does not fit.
        """
        if self._items is None:
            raise ConfigurationError(f"each() needs a list, or a model with one list: {self.model.kind!r} has no items")
        name, shape = self._items
        if self.value is not NOTHING:
            whole = self.value if self.model.wrapped else getattr(self.value, name)
            for item in list(cast("Any", whole))[self._yielded :]:
                self._yielded += 1
                yield item
        while self._growth is not None and self.value is NOTHING and self._growth.items:
            raw, value = self._growth.items.popleft()
            if value is NOTHING:
                try:
                    value = shape.validated(raw)
                except Exception as error:
                    raise parse_error(error, prefix=[name, self._yielded]) from error
            self._yielded += 1
            yield value


def _items_of(model: ResponseModel[Any]) -> tuple[str, Shape] | None:
    """Return the name and the item's shape of the array that `each` is about, if there is one."""
    if model.wrapped:
        item = shape_of(model.kind).item
        return (WRAPPED, item) if item is not None else None
    fields: dict[str, Any] = getattr(model.object_type, "model_fields", {})
    found = [(name, item) for name, field in fields.items() if (item := shape_of(field.annotation).item) is not None]
    return found[0] if len(found) == 1 else None
