"""`Run`: the calls of one map, whose items are read as they end or in order."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Generator, Iterable
from contextlib import ExitStack, aclosing
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from ..core.base.errors import StoreError
from ..core.base.provider import add_layer
from ..core.base.request import OVERRIDES, SENT_ONCE
from ..core.base.response import BaseCallResponse
from ..core.base.runtime import CLOCK, error_summary
from .batches import Batched, BatchRecords, WaitingItems
from .counts import Counts
from .direct import Direct
from .driver import FIRST, GRACE, Driver
from .estimating import Estimate, estimate
from .exporting import frame, line_of
from .inputs import Given, Inputs
from .invoking import Invoker, check_whole
from .items import Done, Failed, Item
from .layer import MapLayer
from .limits import Limiter, LocalLimiter
from .options import WINDOW, Settings
from .outgoing import CURRENT, Answerer, ItemState
from .pacing import Live, Paced
from .progress import Progress
from .retrying import AwaitingBudget, Retried, stops_run
from .run_log import RunLog
from .run_store import RunStore
from .shared import shared_limiter
from .stopping import UntilStopped, on_interrupt
from .storing import Stored

A = TypeVar("A")
R = TypeVar("R")


_ERROR_TEXT = 500
"""The characters of an error's text that are stored."""


class Run(Generic[A, R]):
    """The calls of one map. Made by `amap`; nothing is sent before it is read.

    Read it once: with `async for` (each item as soon as its call has ended), with `async for item in run.ordered()`, or
    with `await run`, which returns the list of all items in the order of the inputs.
    """

    def __init__(
        self, call: Callable[..., Any], inputs: Iterable[Any] | AsyncIterable[Any], settings: Settings
    ) -> None:
        check_whole(call)
        self._call = call
        self._inputs: Inputs[Any] = Inputs(inputs, settings.samples)
        self._settings = settings
        self._begun = False
        self._driver: Driver[A, R] | None = None
        self._store: RunStore | None = None
        self._layer: MapLayer | None = None
        self._until = UntilStopped(_nothing)
        self._states: dict[Any, ItemState] = {}
        self._interrupted = False
        self._paced: Paced | None = None
        self._batched: Batched | None = None
        self._direct: Direct | None = None
        self.counts: Counts = Counts()
        """The numbers of the run so far."""
        self.items: list[Item[A, R]] = []
        """The items that `await run` has received, also if it raised an error."""

    def __aiter__(self) -> AsyncGenerator[Item[A, R]]:
        """Return an iterator over the items, in the order in which their calls end."""
        return self._read(ordered=False)

    def ordered(self) -> AsyncGenerator[Item[A, R]]:
        """Return an iterator over the items in the order of the inputs."""
        return self._read(ordered=True)

    def __await__(self) -> Generator[Any, Any, list[Item[A, R]]]:
        """Return all items in the order of the inputs."""
        return self._collect().__await__()

    async def _collect(self) -> list[Item[A, R]]:
        async with aclosing(self.ordered()) as items:
            async for item in items:
                self.items.append(item)
        return self.items

    async def to_jsonl(self, path: str | Path) -> Counts:
        """Read the run, and write each item as a line of JSON to a file, as its call ends. Return the numbers of the
        run.

        The file is replaced. It has a row for each item that has ended, also if the run raises an error.
        """
        with open(path, "wb") as file:  # noqa: ASYNC230  # a line is written in microseconds
            async with aclosing(aiter(self)) as items:
                async for item in items:
                    file.write(line_of(item))
        return self.counts

    async def to_pandas(self) -> Any:
        """Read the run; return a `pandas.DataFrame` with a row for each item, in the order of the inputs.

        Raises `ConfigurationError` if pandas is not installed.
        """
        return frame("pandas", await self)

    async def to_polars(self) -> Any:
        """Read the run; return a `polars.DataFrame` with a row for each item, in the order of the inputs.

        Raises `ConfigurationError` if polars is not installed.
        """
        return frame("polars", await self)

    async def estimate(self) -> Estimate:
        """Return what the run would send, use and cost. Sends nothing.

        The prompt functions run, and the calls that these make are sent. Only the first request of each input is known:
        further rounds of a tool loop are not part of the estimate. The inputs of an iterator are kept in memory.

        Raises `TypeError` for the inputs of an async iterable, which can be read only once.
        """
        return await estimate(self._call, self._inputs, self._settings)

    @property
    def waiting(self) -> int:
        """The number of items that can be read at once."""
        return self._driver.waiting if self._driver is not None else 0

    async def _read(self, *, ordered: bool) -> AsyncGenerator[Item[A, R]]:
        if self._begun:
            raise RuntimeError("a run can be read once: call amap again; with store= it continues")
        self._begun = True
        with ExitStack() as opened:
            driver = self._driver = self._open(opened)
            try:
                async with aclosing(driver.items()) as items:
                    async for item in _in_order(items, self._settings.samples) if ordered else items:
                        driver.release()
                        yield item
            finally:
                for one in (self._paced, self._batched, self._direct):
                    if one is not None:
                        await one.close()

    def _open(self, opened: ExitStack) -> Driver[A, R]:
        settings, context = self._settings, copy_context()
        invoker = Invoker(self._call, settings.most(threads=True))
        opened.callback(invoker.close)
        name = getattr(self._call, "__qualname__", type(self._call).__qualname__)
        store = self._store = RunStore(settings.store, name)
        if settings.via == "batch":
            try:
                records = BatchRecords(str(store.path), store.run)
            except BaseException:
                store.close()
                raise
            opened.callback(records.close)  # after the store has written all responses
            self._batched = Batched(records, self.counts, settings.attempts, self._is_quiet, settings.bedrock)
        opened.callback(store.close)
        context.run(OVERRIDES.set, {**OVERRIDES.get(), SENT_ONCE: True})
        layer = self._layer = MapLayer(self._answerer(store))
        opened.callback(layer.close)
        context.run(add_layer, layer)
        if settings.budget is not None:
            context.run(settings.budget.__enter__)
        opened.enter_context(RunLog(name, self.counts, self._inputs.total))
        if settings.progress:
            opened.enter_context(Progress(self.counts, self._inputs.total))
        most = settings.most(threads=invoker.threaded)
        opened.enter_context(on_interrupt(self._interrupt))

        def sends(task: asyncio.Task[Any]) -> bool:
            return (state := self._states.get(task)) is not None and state.sending > 0

        first = most if self._batched is not None else FIRST  # calls that wait for a batch open no connections
        run_one = partial(self._run_one, invoker)
        return Driver(self._inputs, run_one, sends=sends, context=context, most=most, window=most * WINDOW, first=first)

    def _answerer(self, store: RunStore) -> Answerer:
        """Return what answers the requests of the run."""
        settings = self._settings
        answerer: Answerer | None = self._batched
        if answerer is None:
            sending: Answerer = Live()
            if settings.transport == "direct":
                sending = self._direct = Direct(sending, self.counts)
            answerer = self._paced = Paced(sending, self._limiter, self.counts)
        self._until = UntilStopped(AwaitingBudget(answerer))
        if self._batched is not None:
            return WaitingItems(Stored(self._until, store))
        return Stored(Retried(self._until, settings.attempts), store)

    def _is_quiet(self) -> bool:
        """Return True if no call can go on without an answer, and no other can start."""
        full = self._driver is not None and self._driver.full
        return full and all(state.waiting for state in self._states.values())

    async def cancel_batches(self) -> None:
        """Cancel the batches of the run at their providers, and start no further call.

        The items whose responses a provider has already made are still yielded when it has cancelled the batch; the
        others are not, and a later run with the same store sends their requests again. Does nothing without batches.
        """
        if self._batched is not None and self._driver is not None:
            self._driver.finish()
            await self._batched.cancel()

    def _limiter(self, name: str) -> Limiter:
        """Return the limiter of a provider and model."""
        settings = self._settings
        if settings.share is None:
            return LocalLimiter(settings.limits, name)
        return shared_limiter(settings.share, name, settings.limits)

    async def _run_one(self, invoker: Invoker, given: Given) -> Item[A, R] | None:
        """Make the call of one input. Returns None if its error stops the run."""
        state, task, start = ItemState(given.number, given.sample), asyncio.current_task(), CLOCK.monotonic()
        CURRENT.set(state)
        self._states[task] = state
        item: Item[A, R]
        try:
            value: R = await invoker.invoke(given.value)
        except asyncio.CancelledError as error:
            if self._driver is None or self._driver.stopped or task is None or task.cancelling():
                raise
            cancelled = RuntimeError("the call was cancelled")
            cancelled.__cause__ = error
            item = Failed(input=given.value, error=cancelled, seconds=CLOCK.monotonic() - start, **state.facts())
        except Exception as error:
            if self._settings.on_fatal == "stop" and stops_run(error):
                self._stop(error)
                return None
            state.response = response_in(error) or state.response
            item = Failed(input=given.value, error=error, seconds=CLOCK.monotonic() - start, **state.facts())
        else:
            item = Done(input=given.value, value=value, seconds=CLOCK.monotonic() - start, **state.facts())
        finally:
            del self._states[task]
        self._record(item, state)
        return item

    def _record(self, item: Item[A, R], state: ItemState) -> None:
        """Count an item that has ended, and store how."""
        self.counts.ended(item)
        failure = item.error if isinstance(item, Failed) else None
        text = None if failure is None else error_summary(failure)[:_ERROR_TEXT]
        assert self._store is not None
        try:
            self._store.put_item(item.number, item.sample, state.key, item.attempts, text)
        except StoreError as error:  # of the writer
            self._stop(error)

    def _stop(self, error: BaseException) -> None:
        """Start no further call. The error is raised after the last item."""
        if not self._until.stopped and (path := self._settings.store) is not None:
            error.add_note(f"the responses so far are in {str(path)!r}: the same map with this store continues")
        self._until.stopped = True
        if self._driver is not None and self._layer is not None:
            self._driver.stop(error)
            self._layer.stop()

    def _interrupt(self) -> None:
        """Stop the run; if it is already stopping because of the user, cancel its calls."""
        if self._interrupted and self._driver is not None:
            self._driver.cancel()
        elif not self._interrupted:
            sending = sum(state.sending for state in self._states.values())
            batches = sum(one.next_look is not None for one in self.counts.batches.values())
            left = f" The same map with the store {str(self._settings.store)!r} continues." * bool(self._settings.store)
            text = f"requests in progress ({sending}) have {GRACE:.0f} seconds to end; Ctrl-C cancels them"
            if self._batched is not None:
                text = f"the batches in progress ({batches}) stay with the provider"
            print(f"\nstopping: {text}.{left}", file=sys.stderr, flush=True)
        self._interrupted = True
        self._stop(KeyboardInterrupt())


async def _in_order(items: AsyncIterator[Item[A, R]], samples: int) -> AsyncGenerator[Item[A, R]]:
    """Yield items in the order of the inputs. After an error the items that wait for others are yielded first."""
    early: dict[int, Item[A, R]] = {}
    following = 0
    error: BaseException | None = None
    try:
        async for item in items:
            early[item.number * samples + item.sample] = item
            while (found := early.pop(following, None)) is not None:
                following += 1
                yield found
    except GeneratorExit:
        raise
    except BaseException as raised:
        error = raised
    for _, item in sorted(early.items()):
        yield item
    if error is not None:
        raise error


def response_in(error: Exception) -> BaseCallResponse[Any, Any] | None:
    """Return the response of an error of a call: the one that cannot be parsed."""
    response: Any = getattr(error, "response", None)
    return cast("Any", response) if isinstance(response, BaseCallResponse) else None


class _Nothing:
    async def answer(self, outgoing: Any) -> Any:
        raise RuntimeError("the run has not begun")


_nothing = _Nothing()
