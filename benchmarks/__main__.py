"""Ours against the SDKs, side by side: `python -m benchmarks [--quick] [--only streams,...]`.

Figures are CPU time of this process (the server is another), medians of seven rounds; for maps, of a process for each,
and three rounds. A ratio is the median of what one contender needs of another in the same round. Targets are those of
the project; nothing fails when one is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mirascope_like import SQLiteCache

from . import server
from .calls import acalling, calling, long_calling
from .contenders import ANTHROPIC, CALL, OPENAI, OUR_CALL, OURS, REBUILT, SDK, Contest
from .crowded import peaks
from .logging import LOGGED, UNLOGGED
from .logging import calling as calling_in_a_log
from .logging import streaming as streaming_in_a_log
from .many_calls import (
    CALLS,
    CONCURRENCY,
    GATHER,
    GATHER_AIOHTTP,
    LATENCY_MS,
    MAP,
    MAP_DIRECT,
    ROUNDS,
    measured_maps,
)
from .measure import Work, measured, measured_statements
from .memory import held
from .spending import BUDGET, HIT, PLAIN, spending
from .streams import aplainly, areading, plainly, reading
from .structured import SIZES, growing, streaming
from .table import Table
from .tracing import UNTRACED
from .tracing import calling as calling_traced
from .tracing import streaming as streaming_traced

STREAM_TARGETS = {"OpenAI": (0.15, 0.15, 0.08), "Anthropic": (0.50, 0.50, 0.30)}
"""Sync, async, and async on the SDKs' aiohttp client."""
CROWD_TARGETS = {"OpenAI": 0.25, "Anthropic": 0.65}
CROWD_MEMORY = 1.10
"""The most memory of the process, against the SDK's."""
REBUILDING = 1.10
CALLING = 1.05
LOGGED_CALL, LOGGED_STREAM = 1.15, 1.03
BUDGETING = 1.15
"""For streams. A short call has no target: looking up its cost in the price list takes most of the difference."""
MAPPED, MAPPED_DIRECT, MAPPED_OF_DEFAULT = 0.9, 0.45, 0.2
"""A map, and a direct one, against a `gather` of the SDK's calls on aiohttp; and against one on its default client."""
STRUCTURED = 0.5
"""Seconds for an answer of 24 kB; one of 95 kB may take `STRUCTURED_GROWTH` times that."""
STRUCTURED_GROWTH = 4.0
MEGABYTES = 3.0
CONTESTS = (OPENAI, ANTHROPIC)


@dataclass
class Bench:
    """One run: where the server is, and what was asked for."""

    base_url: str
    rounds: int
    quick: bool
    table: Table
    runner: asyncio.Runner

    def streams(self) -> None:
        for contest in CONTESTS:
            ways = self._ways(contest, {"x-chunks": "2000"})
            for (kind, works), target in zip(ways, STREAM_TARGETS[contest.name], strict=True):
                self.table.title(f"{contest.name}, {kind}: a stream of 2,000 chunks", "µs/chunk")
                samples = measured(works, self.rounds)
                held_to = {OURS: (SDK, target), REBUILT: (OURS, REBUILDING)}
                self.table.compare(samples, 1e6, base=SDK, targets=held_to)

    def paced(self) -> None:
        count = 200 if self.quick else 500
        for contest in CONTESTS:
            headers = {"x-chunks": str(count), "x-pace-ms": "1"}
            self.table.title(f"{contest.name}: a chunk every millisecond, {count} chunks", "µs/chunk")
            for kind, works in self._ways(contest, headers):
                self._kind(kind, {name: works[name] for name in (SDK, OURS)})

    def providers(self) -> None:
        from .providers import RIVALS  # whose SDKs are loaded for this alone

        for rival in RIVALS:
            self.table.title(f"{rival.entrant.name}: a stream of 2,000 chunks", "µs/chunk")
            for asynchronous, clients in rival.pairs(self.base_url):
                threaded = asynchronous and rival.threaded
                kind = "async, from a thread" if threaded else "async" if asynchronous else "sync"
                works = (
                    aplainly(rival.entrant, *clients, self.runner) if asynchronous else plainly(rival.entrant, *clients)
                )
                self._kind(kind, works, None if threaded else rival.target)

    def _kind(self, kind: str, works: dict[str, Work], target: float | None = None) -> None:
        renamed = {f"{kind}: {name}": found for name, found in measured(works, self.rounds).items()}
        base = f"{kind}: {SDK}"
        self.table.compare(renamed, 1e6, base=base, targets={f"{kind}: {OURS}": (base, target)})

    def crowds(self) -> None:
        for contest in CONTESTS:
            self.table.title(f"{contest.name}: 200 async streams of 200 chunks at once", "µs/chunk")
            with self._async_client(contest, {"x-chunks": "200"}) as client:
                samples = measured(aplainly(contest, client, client, self.runner, 200), self.rounds)
            held_to = {OURS: (SDK, CROWD_TARGETS[contest.name])}
            self.table.compare(samples, 1e6, base=SDK, targets=held_to)

            self._crowd_memory(contest)

    def _crowd_memory(self, contest: Contest) -> None:
        size = 200 if self.quick else 1000
        if not Path("/proc/self/status").exists():
            return  # the most memory that a process held is read there
        self.table.title(f"{contest.name}: memory of {size:,} async streams held open", "MB")
        found = peaks(contest, self.base_url, size)
        for name, (peak, each) in found.items():
            target = CROWD_MEMORY if name == OURS else None
            self.table.row(f"{name}: at most ({each:.0f} KB a stream)", peak, peak / found[SDK][0], target)

    def calls(self) -> None:
        times = 20 if self.quick else 50
        for contest in CONTESTS:
            with contest.client(self.base_url, {}) as client:
                self._one_message("sync", contest, calling(contest, client, times))
            with self._async_client(contest, {}) as client:
                self._one_message("async", contest, acalling(contest, client, self.runner, times))
        with OPENAI.client(self.base_url, {}) as client:
            samples = measured(long_calling(OPENAI, client, times // 5), self.rounds)
        self.table.title("OpenAI, sync: a call of 101 messages and 10 tools", "µs/call")
        targets = {name: (CALL, CALLING) for name in samples if name != CALL}
        self.table.compare(samples, 1e6, base=CALL, targets=targets)

    def _one_message(self, kind: str, contest: Contest, works: dict[str, Work]) -> None:
        self.table.title(f"{contest.name}, {kind}: a call of one message", "µs/call")
        samples = measured(works, self.rounds)
        self.table.compare(samples, 1e6, base=CALL, targets={OUR_CALL: (CALL, CALLING)})

    def spending(self) -> None:
        times, chunks = 20 if self.quick else 50, 2000
        for contest in CONTESTS:
            with (
                TemporaryDirectory() as folder,
                SQLiteCache(Path(folder) / "cache.db") as store,
                contest.client(self.base_url, {"x-chunks": str(chunks)}) as client,
            ):
                calls, streams = spending(contest, client, times, chunks, store)
                for title, unit, works, target in (
                    ("a call of one message", "µs/call", calls, None),
                    ("a stream of 2,000 chunks, rebuilt", "µs/chunk", streams, BUDGETING),
                ):
                    self.table.title(f"{contest.name}, sync, budget and cache: {title}", unit)
                    targets = {BUDGET: (PLAIN, target), HIT: (PLAIN, None)}
                    self.table.compare(measured(works, self.rounds), 1e6, base=PLAIN, targets=targets)

    def structured(self) -> None:
        self._sizes("the pieces alone", [growing(*each) for each in SIZES])
        for contest in CONTESTS:
            works: list[Work] = []
            with ExitStack() as clients:
                for size, count in SIZES:
                    headers = {"x-library": str(size), "x-chunks": str(count)}
                    client = clients.enter_context(contest.client(self.base_url, headers))
                    works.append(streaming(contest, client, count))
                self._sizes(f"{contest.name}, sync", works)

    def _sizes(self, name: str, works: list[Work]) -> None:
        small, large = measured({"small": works[0], "large": works[1]}, self.rounds).values()
        self.table.title(f"{name}: a structured stream, a call's arguments", "s")
        self.table.row("24 kB in 4,000 pieces", small.median, target=STRUCTURED)
        self.table.row("95 kB in 16,000 pieces", large.median, large.ratio(small), STRUCTURED_GROWTH)

    def tracing(self) -> None:
        times = 50 if self.quick else 100
        for contest in CONTESTS:
            with contest.client(self.base_url, {}) as client:
                self.table.title(f"{contest.name}, sync: a call of one message, traced", "µs/call")
                self.table.compare(
                    measured(calling_traced(contest, client, times), self.rounds), 1e6, base=UNTRACED, targets={}
                )
            with contest.client(self.base_url, {"x-chunks": "200", "x-pace-ms": "1"}) as client:
                self.table.title(
                    f"{contest.name}, sync: a stream of 200 chunks, one every millisecond, traced", "µs/chunk"
                )
                works = streaming_traced(contest, client, times // 25)
                self.table.compare(measured(works, self.rounds), 1e6, base=UNTRACED, targets={})

    def logging(self) -> None:
        times = 50 if self.quick else 100
        for contest in CONTESTS:
            with TemporaryDirectory() as folder, contest.client(self.base_url, {}) as client:
                self._logged("a call of one message", contest, calling_in_a_log(contest, client, Path(folder), times))
            headers = {"x-chunks": "200", "x-pace-ms": "1"}
            with TemporaryDirectory() as folder, contest.client(self.base_url, headers) as client:
                works = streaming_in_a_log(contest, client, Path(folder), times // 25)
                self._logged("a stream of 200 chunks, one every millisecond", contest, works)

    def _logged(self, what: str, contest: Contest, works: dict[str, Work]) -> None:
        self.table.title(f"{contest.name}, sync: {what}", "µs/call")
        target = LOGGED_CALL if "call" in what else LOGGED_STREAM
        self.table.compare(measured(works, self.rounds), 1e6, base=UNLOGGED, targets={LOGGED: (UNLOGGED, target)})

    def many(self) -> None:
        calls = CALLS // 4 if self.quick else CALLS
        samples = measured_maps(calls, ROUNDS)
        self.table.title(f"OpenAI: {calls:,} calls, {CONCURRENCY} at once, answered after {LATENCY_MS} ms", "µs/call")
        targets = {MAP: (GATHER_AIOHTTP, MAPPED), MAP_DIRECT: (GATHER_AIOHTTP, MAPPED_DIRECT)}
        self.table.compare(samples, 1e6, base=GATHER_AIOHTTP, targets=targets)
        direct, default = samples[MAP_DIRECT], samples[GATHER]
        self.table.row("the last, against the first", direct.median * 1e6, direct.ratio(default), MAPPED_OF_DEFAULT)

    def imports(self) -> None:
        ours = "import mirascope_like.core"
        engine = "from mirascope_like.core import BaseTool, Messages, Stream, prompt_template"
        floor = "import pydantic, jiter"
        cases = [(floor, None, None), (ours, floor, 1.3), (engine, floor, None)]
        for name in ("openai", "anthropic"):
            sdk = f"import {name}"
            cases += [(sdk, None, None), (f"from mirascope_like.core import {name}", sdk, 1.1)]
        # A process of its own differs more from run to run than a loop does.
        samples = measured_statements([statement for statement, _, _ in cases], 3 * self.rounds)
        self.table.title("importing, each in a process of its own", "ms")
        for statement, base, target in cases:
            found = samples[statement]
            ratio = found.ratio(samples[base]) if base is not None else None
            self.table.row(statement, found.median * 1e3, ratio, target)

    def memory(self) -> None:
        self.table.title("memory above the reply's text, 20,000 chunks", "MB")
        for contest in CONTESTS:
            with contest.client(self.base_url, {"x-chunks": "20000"}) as client:
                peak, rebuilt = held(contest, client)
            self.table.row(f"{contest.name}: at most, while it is read", peak)
            self.table.row(f"{contest.name}: read, held open and rebuilt", rebuilt, target=MEGABYTES)

    def _ways(self, contest: Contest, headers: dict[str, str]) -> Iterator[tuple[str, dict[str, Work]]]:
        with contest.client(self.base_url, headers) as client:
            yield "sync", reading(contest, client)
        for kind, aiohttp in ("async", False), ("async, aiohttp client", True):
            with self._async_client(contest, headers, aiohttp=aiohttp) as client:
                yield kind, areading(contest, client, self.runner)

    @contextmanager
    def _async_client(self, contest: Contest, headers: dict[str, str], *, aiohttp: bool = False) -> Generator[Any]:
        client = contest.async_client(self.base_url, headers, aiohttp=aiohttp)
        try:
            yield client
        finally:
            self.runner.run(client.close())


SECTIONS = (
    *("streams", "providers", "paced", "crowds", "calls", "spending", "structured"),
    *("tracing", "logging", "many", "imports", "memory"),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 rounds rather than 7, and fewer calls in each")
    parser.add_argument("--only", default=",".join(SECTIONS), help=f"of {', '.join(SECTIONS)}")
    options = parser.parse_args()
    packages = ("openai", "anthropic", "httpx2", "aiohttp", "pydantic", "jiter")
    versions = ", ".join(f"{one} {version(one)}" for one in packages)
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, {versions}")
    table = Table()
    with server.start() as base_url, asyncio.Runner() as runner:
        bench = Bench(base_url, 3 if options.quick else 7, options.quick, table, runner)
        for section in options.only.split(","):
            getattr(bench, section)()
    table.end()


if __name__ == "__main__":
    main()
