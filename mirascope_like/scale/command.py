"""`python -m mirascope_like map module:function inputs.jsonl -o out.jsonl`: make a call for each line of a file."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import Any, cast

from ..core.base.errors import ConfigurationError, MirascopeLikeError
from ..core.base.runtime import error_summary
from .binding import Bound
from .counts import Counts
from .limits import Limits
from .mapping import amap
from .options import MapOptions

_TEXT = (".txt", ".text")
"""The suffixes of files whose lines are texts."""


def add_command(commands: Any) -> None:
    """Add the command `map` to the commands of a parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "map",
        help="make a call for each line of a file",
        description="Make a call for each line of a file; write the results as JSON lines. Run it again to continue.",
    )
    parser.add_argument("function", help="the call, such as books:recommend")
    parser.add_argument(
        "inputs",
        help="a file of JSON lines: an object has the arguments by name, any other value is the only argument; "
        "of a .txt file, each line is a text",
    )
    parser.add_argument("-o", "--out", required=True, help="the file of the results, which is replaced")
    parser.add_argument("--store", help="the file of the store, with which a later run continues (default: OUT.db)")
    parser.add_argument("--rpm", type=float, help="the requests per minute that the provider allows")
    parser.add_argument("--tpm", type=float, help="the tokens per minute that the provider allows")
    parser.add_argument("--concurrency", type=int, help="how many calls run at once")
    parser.add_argument("--budget", type=float, help="what the run may cost in US dollars")
    parser.add_argument("--attempts", type=int, help="how often a request is sent that fails (default: 5)")
    parser.add_argument("--samples", type=int, help="how many responses are requested for each input (default: 1)")
    parser.add_argument("--via", choices=["live", "batch"], help="batch: in batches of the provider, at half the price")
    parser.add_argument("--transport", choices=["sdk", "direct"], help="direct: without the SDK, with less CPU time")
    parser.add_argument("--yes", action="store_true", help="start without an estimate and a question")


def run(given: argparse.Namespace) -> int:
    """Run the command; return the exit status: 1 if an item has failed, or if the run has stopped."""
    limits = Limits(rpm=given.rpm, tpm=given.tpm, concurrency=given.concurrency)
    options: MapOptions = {"limits": limits, "store": given.store or f"{given.out}.db", "progress": True}
    for name in ("budget", "attempts", "samples", "via", "transport"):
        if getattr(given, name) is not None:
            options[name] = getattr(given, name)
    call, inputs = function_at(given.function), FileInputs(given.inputs)
    try:
        counts = asyncio.run(_run(call, inputs, options, given.out, ask=not given.yes))
    except MirascopeLikeError as error:
        print(error_summary(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"stopped; the same command continues with {options['store']}", file=sys.stderr)
        return 130
    return 1 if counts is None or counts.failed else 0


async def _run(
    call: Callable[..., Any], inputs: FileInputs, options: MapOptions, out: str, *, ask: bool
) -> Counts | None:
    """Show an estimate and ask, if `ask`; then run. Return None if the user does not want it."""
    made = amap(call, inputs, **options)
    if ask:
        print(await made.estimate(), file=sys.stderr)
        if not sys.stdin.isatty():
            raise ConfigurationError(
                "the estimate needs an answer, and the input is not a terminal: pass --yes to start"
            )
        if input("Start? [y/N] ").strip().lower() not in ("y", "yes"):  # noqa: ASYNC250  # nothing else runs
            return None
    with _frozen():
        return await made.to_jsonl(out)


@contextmanager
def _frozen() -> Generator[None]:
    """Context manager: garbage collection does not search what is loaded already, some hundred thousand objects that
    stay until the end. A call takes about a tenth less CPU. Does nothing in a program that has done it itself.
    """
    if gc.get_freeze_count():
        yield
        return
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def function_at(place: str) -> Callable[..., Any]:
    """Return the function at a place such as "books:recommend". Raises `ConfigurationError` if there is none."""
    module, _, name = place.partition(":")
    if not (module and name):
        raise ConfigurationError(f"the function must be written as module:function, not {place!r}")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = attrgetter(name)(import_module(module))
    except (ModuleNotFoundError, AttributeError) as error:
        raise ConfigurationError(f"cannot load {place!r}: {error}") from error
    finally:
        sys.path.remove(str(Path.cwd()))
    if not callable(found):
        raise ConfigurationError(f"{place!r} is not a function")
    return cast("Callable[..., Any]", found)


class FileInputs:
    """The inputs in a file, read line by line. Empty lines are left out."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._texts = Path(path).suffix in _TEXT
        try:
            self._count = sum(1 for _ in self._lines())
        except OSError as error:
            raise ConfigurationError(f"cannot read the inputs: {error}") from error

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Any]:
        for number, line in self._lines():
            yield line if self._texts else self._parsed(number, line)

    def _lines(self) -> Iterator[tuple[int, str]]:
        with open(self._path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line := line.rstrip("\r\n"):
                    yield number, line

    def _parsed(self, number: int, line: str) -> Any:
        try:
            found = json.loads(line)
        except ValueError as error:
            raise ConfigurationError(f"{self._path}, line {number} is not JSON: {error}") from None
        return Bound[...](**found) if isinstance(found, dict) else found
