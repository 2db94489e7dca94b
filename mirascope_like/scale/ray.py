"""Many calls in the processes of a Ray cluster: `ray_map` for inputs of any length, `map_dataset` for a Ray Dataset.

from mirascope_like.scale.ray import ray_map

for item in ray_map(recommend, genres, workers=8, limits=Limits(rpm=30_000)):
    ...

Needs the package `ray`. The call is sent with cloudpickle, without its client; the workers make their own.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, cast, overload

from pydantic_core import to_json
from typing_extensions import Unpack

from ..core.base.errors import BudgetExceededError, ConfigurationError, load_sdk
from .binding import Bound
from .exporting import row_of
from .items import Item
from .mapping import amap
from .options import MapOptions, Settings
from .shared.ray import Allowance, keeper

A = TypeVar("A")
R = TypeVar("R")
AHEAD = 2
"""The batches that each worker has at a time."""


class RayOptions(MapOptions, total=False):
    """The options of `ray_map` and `map_dataset`. `limits` and `budget` are those of all workers together; `budget` is
    a number of US dollars. `store` is a folder that all workers can write to, which gets a database for each batch.
    """

    workers: int
    """The number of processes. Default: 2."""
    batch_size: int
    """The number of inputs that a worker receives at once. Default: 256."""


def start_ray(**options: Any) -> Any:
    """Return the module `ray`, after connecting to a cluster if that has not been done.

    With `address=` or the environment variable RAY_ADDRESS it connects to that cluster. Otherwise it starts a local
    one, which only this machine can reach, without a dashboard. The logs of workers are not printed, and no usage is
    reported to the makers of Ray. `options` are those of `ray.init`.

    Raises `MissingSDKError` if Ray is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray: Any = load_sdk("ray", extra="ray")
    if not ray.is_initialized():
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "WARNING"}
        if "address" not in options and "RAY_ADDRESS" not in os.environ:
            quiet["include_dashboard"] = False
            # Else every process listens on all addresses: Ray replaces the loopback address by the machine's own.
            constants: Any = import_module("ray._private.ray_constants")
            constants.ENABLE_RAY_CLUSTER = False
        ray.init(**{**quiet, **options})
    return ray


@overload
def ray_map(
    call: Callable[[A], Coroutine[Any, Any, R]], inputs: Iterable[A], **options: Unpack[RayOptions]
) -> Generator[Item[A, R]]: ...
@overload
def ray_map(call: Callable[[A], R], inputs: Iterable[A], **options: Unpack[RayOptions]) -> Generator[Item[A, R]]: ...
def ray_map(
    call: Callable[..., Any], inputs: Iterable[Any], **options: Unpack[RayOptions]
) -> Generator[Item[Any, Any]]:
    """Yield an item for each input, as `amap` does, from calls in several processes of a Ray cluster.

    The items of a batch arrive together, when it has ended. The inputs are pulled as there is room. A worker that dies
    is replaced, and its batches are repeated: with `store` without sending what was answered. The workers share the
    limits and the budget. An error that every item would have is raised after the items of the batches in progress.

    Raises `MissingSDKError` if Ray is not installed, and `ConfigurationError` for an unknown or invalid option.
    """
    plan = _Plan(options)
    ray = start_ray()
    worker = ray.remote(Worker).options(max_restarts=-1, max_task_retries=3, max_concurrency=AHEAD, num_cpus=1)
    workers = deque(worker.remote(call, plan.settings, plan.budget) for _ in range(plan.workers))
    numbered = enumerate(inputs)
    running: dict[Any, tuple[int, Any]] = {}
    error: Exception | None = None
    try:
        for one in list(workers) * AHEAD:
            _start(one, numbered, plan.batch_size, running)
        while running:
            (ready,), _ = ray.wait(list(running), num_returns=1)
            first, one = running.pop(ready)
            items, failure = ray.get(ready)
            yield from (replace(item, number=item.number + first) for item in items)
            error = error or failure
            if error is None:
                _start(one, numbered, plan.batch_size, running)
    finally:
        for one in workers:
            ray.kill(one)
    if error is not None:
        raise error


def _start(worker: Any, numbered: Iterator[tuple[int, Any]], size: int, running: dict[Any, tuple[int, Any]]) -> None:
    """Send the next batch to a worker, if there is one."""
    if batch := list(islice(numbered, size)):
        running[worker.run.remote([value for _, value in batch])] = batch[0][0], worker


def map_dataset(dataset: Any, call: Callable[..., Any], **options: Unpack[RayOptions]) -> Any:
    """Return a Ray Dataset with the rows of `dataset` and what the call returned for each.

    The parameters of the call are names of columns. The new columns are `value`, `error` (a text, None if there is
    none), `source`, `attempts`, `input_tokens`, `output_tokens`, `cost` and `seconds`. The value of a response is its
    text; that of a pydantic model is an object with its fields. The rows of a batch may be in another order.

    Raises `MissingSDKError` if Ray is not installed, and `ConfigurationError` for an unknown or invalid option.
    """
    plan = _Plan(options)
    start_ray()
    import_module("ray.data").DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    settings = {"call": call, "settings": plan.settings, "budget": plan.budget}
    return dataset.map_batches(
        CallActor, fn_constructor_kwargs=settings, concurrency=plan.workers, batch_size=plan.batch_size
    )


class _Plan:
    """The checked options of a map in a cluster."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        given = {name: value for name, value in options.items() if value is not None}
        self.workers: int = given.pop("workers", 2)
        self.batch_size: int = given.pop("batch_size", 256)
        for name, number in (("workers", self.workers), ("batch_size", self.batch_size)):
            if not isinstance(cast("Any", number), int) or number < 1:
                raise ConfigurationError(f"{name} must be a whole number, 1 or more, not {number!r}")
        dollars = given.pop("budget", None)
        if not isinstance(dollars, float | int | None):
            raise ConfigurationError(f"the budget of a Ray cluster must be a number of US dollars, not {dollars!r}")
        self.budget: Allowance | None = None if dollars is None else Allowance.of(dollars)
        Settings.of(given)
        if (store := given.get("store")) is not None:
            given["store"] = os.path.abspath(store)
        self.settings: dict[str, Any] = {"share": "ray", **given}


class Worker:
    """The actor of `ray_map`: makes the calls of batches."""

    def __init__(self, call: Callable[..., Any], settings: Mapping[str, Any], budget: Allowance | None) -> None:
        self._call = call
        self._settings = settings
        self._budget = budget

    async def run(self, inputs: list[Any]) -> tuple[list[Item[Any, Any]], Exception | None]:
        """Return the items of a batch that have ended, in order, and the error that has stopped it."""
        settings = dict(self._settings)
        if (folder := settings.get("store")) is not None:
            settings["store"] = _database(folder, inputs)
        if self._budget is None:
            return await _items(self._call, inputs, settings)
        return await self._within(self._budget, inputs, settings)

    async def _within(
        self, budget: Allowance, inputs: list[Any], settings: dict[str, Any]
    ) -> tuple[list[Item[Any, Any]], Exception | None]:
        """Make the calls with parts of the budget, until all have ended or the budget is spent."""
        books = keeper()
        items: dict[int, Item[Any, Any]] = {}
        left = list(range(len(inputs)))
        more = False
        while True:
            part = await books.allot.remote(budget, again=more)
            found, error = await _items(self._call, [inputs[one] for one in left], {**settings, "budget": part})
            spent = sum(item.cost or 0.0 for item in found if item.source in ("live", "batch"))
            more = await books.settle.remote(budget, part, spent)
            items |= {left[item.number]: replace(item, number=left[item.number]) for item in found}
            left = [one for one in left if one not in items]
            if not isinstance(error, BudgetExceededError) or not more:
                return [items[one] for one in sorted(items)], error


class CallActor(Worker):
    """The actor class of `map_dataset`, for `Dataset.map_batches`."""

    async def __call__(self, batch: Mapping[str, Any]) -> AsyncIterator[dict[str, list[Any]]]:
        """Yield the rows of a batch, with the columns of the items."""
        from inspect import signature

        names = list(signature(self._call).parameters)
        columns = {name: [_plain(one) for one in values] for name, values in batch.items()}
        if missing := [name for name in names if name not in columns]:
            raise ConfigurationError(f"the dataset has no column {missing[0]!r}, a parameter of the call")
        count = len(next(iter(columns.values()), list[Any]()))
        bound: Any = Bound
        inputs = [bound(**{name: columns[name][row] for name in names}) for row in range(count)]
        items, error = await self.run(inputs)
        if error is not None:
            raise error
        rows = [row_of(item) for item in items]
        found = {name: [row[name] for row in rows] for name in _COLUMNS}
        yield {name: [values[item.number] for item in items] for name, values in columns.items()} | found


_COLUMNS = ("value", "error", "source", "attempts", "input_tokens", "output_tokens", "cost", "seconds")


def _plain(value: Any) -> Any:
    """Return a value of Python for one of numpy."""
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0 else value


async def _items(
    call: Callable[..., Any], inputs: list[Any], settings: Mapping[str, Any]
) -> tuple[list[Item[Any, Any]], Exception | None]:
    run = amap(call, inputs, **cast("Any", settings))
    try:
        return await run, None
    except Exception as error:
        return run.items, error


def _database(folder: str, inputs: list[Any]) -> Path:
    """Return the store of a batch: the same inputs find it again."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    plain = [(one.args, dict(one.kwargs)) if isinstance(one, Bound) else one for one in inputs]
    return Path(folder) / f"{blake2b(to_json(plain, fallback=repr), digest_size=16).hexdigest()}.db"
