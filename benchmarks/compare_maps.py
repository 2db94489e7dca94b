"""The same map by this library, the SDK, LM Deluge, LiteLLM and LangChain: `nox -s compare-maps`.

    python -m benchmarks.compare_maps [--only ours,sdk] [--environments FOLDER] [--page FILE --picture FILE]

installs each with uv in an environment of its own, and runs it as a process against the loopback server: first without
a limit, for its CPU time, then with a limit, which it is passed if it has a setting for it. Writes the table into the
page, and draws the runs.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import starmap
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from . import server
from .map_picture import Track, drawn
from .map_programs import map_program

ROOT = Path(__file__).resolve().parents[1]
LATENCY, CONCURRENCY = 0.05, 200
RATE = 50.0
"""Requests per second that the server accepts."""
BURSTS = (20, 200)
FROM, TO = "<!-- compared -->", "<!-- end of compared -->"


class Contender(NamedTuple):
    program: str
    name: str
    requirements: tuple[str, ...]
    package: str = ""
    """The package whose version is shown."""
    limited: bool = False
    """True if it has a setting for a limit of requests per minute."""


CONTENDERS = (
    Contender("ours", "this library", ("-e", f"{ROOT}[openai,cost]"), limited=True),
    Contender("ours-aiohttp", "this library on aiohttp", ("-e", f"{ROOT}[openai,cost,aiohttp]"), limited=True),
    Contender("ours-direct", "this library, direct", ("-e", f"{ROOT}[openai,cost,aiohttp]"), limited=True),
    Contender("sdk", "AsyncOpenAI, gather", ("openai",), "openai"),
    Contender("sdk-aiohttp", "AsyncOpenAI on aiohttp, gather", ("openai[aiohttp]",), "openai"),
    Contender("lm-deluge", "LM Deluge", ("lm-deluge",), "lm-deluge", limited=True),
    Contender("litellm", "LiteLLM acompletion, gather", ("litellm",), "litellm"),
    Contender("langchain", "LangChain abatch", ("langchain-openai",), "langchain-openai", limited=True),
)


@dataclass
class Environment:
    """The environment of one contender."""

    folder: Path

    @property
    def python(self) -> str:
        return str(self.folder / ("Scripts" if os.name == "nt" else "bin") / "python")

    def install(self, requirements: Sequence[str]) -> None:
        uv = shutil.which("uv") or sys.exit("compare_maps needs uv: pip install uv")
        if not self.folder.exists():
            subprocess.run([uv, "venv", "-q", "--python", sys.executable, self.folder], check=True)
        install = [uv, "pip", "install", "-q", "--compile-bytecode", "--python", self.python]
        subprocess.run([*install, *requirements], check=True)

    def version(self, package: str) -> str:
        code = f"from importlib.metadata import version; print(version({package!r}))"
        return subprocess.run([self.python, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

    def run(self, program: str, url: str, count: int, *options: str) -> dict[str, Any]:
        """Run a map; return what the program prints."""
        return map_program(self.python, program, url, count, CONCURRENCY, *options)


class Request(NamedTuple):
    """One request, as the server has recorded it."""

    at: float
    accepted: bool
    body: int


@dataclass(frozen=True)
class Outcome:
    """One run against the server with a limit."""

    requests: Sequence[Request]
    failed: int
    count: int

    @property
    def accepted(self) -> int:
        return sum(request.accepted for request in self.requests)

    @property
    def seconds(self) -> float:
        return self.requests[-1].at - self.requests[0].at

    @property
    def used(self) -> float:
        """The share of the rate that was accepted. A burst may make it more than 1."""
        return self.accepted / (self.seconds * RATE)

    @property
    def refused(self) -> float:
        """The share of the requests that were refused."""
        return 1 - self.accepted / len(self.requests)

    @property
    def twice(self) -> int:
        """The accepted requests that had been accepted before."""
        return self.accepted - len(Counter(request.body for request in self.requests if request.accepted))

    def track(self, name: str) -> Track:
        """Return the run as the picture shows it: requests in each second."""
        start = self.requests[0].at
        seconds = int(self.seconds) + 1
        counts = {kind: [0] * seconds for kind in (True, False)}
        for request in self.requests:
            counts[request.accepted][int(request.at - start)] += 1
        return Track(name, counts[True], counts[False], self.failed)


@dataclass
class Comparison:
    """All that was measured."""

    cpu: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    """Milliseconds of CPU time per call, for each round."""
    limited: dict[tuple[str, int], Outcome] = field(default_factory=dict[tuple[str, int], Outcome])
    """The runs with a limit, by program and burst."""
    versions: dict[str, str] = field(default_factory=dict[str, str])


@contextmanager
def recorded(*, burst: float = 1.0, rate: float = 0.0) -> Iterator[tuple[str, Any]]:
    """A server; gives its address, and a function that returns the requests since it was called last."""
    with server.start(latency=LATENCY, rate=rate, burst=burst) as url:

        def record() -> list[Request]:
            with urllib.request.urlopen(f"{url}/record") as response:
                return list(starmap(Request, json.load(response)))

        yield url, record


def compared(contenders: Sequence[Contender], folder: Path, *, calls: int, items: int, rounds: int) -> Comparison:
    found = Comparison()
    environments = {one.program: Environment(folder / one.program) for one in contenders}
    for one in contenders:
        environment = environments[one.program]
        environment.install(one.requirements)
        found.versions[one.name] = environment.version(one.package) if one.package else ""
    with recorded() as (url, _):
        for _ in range(rounds):
            for one in contenders:
                result = environments[one.program].run(one.program, url, calls, "--warm", str(CONCURRENCY))
                found.cpu.setdefault(one.program, []).append(result["cpu"] * 1000 / calls)
                print(f"{one.name}: {found.cpu[one.program][-1]:.2f} ms of CPU per call", flush=True)
    for burst in BURSTS:
        with recorded(rate=RATE, burst=burst) as (url, record):
            for one in contenders:
                record()
                options = ("--rpm", str(RATE * 60)) if one.limited else ()
                result = environments[one.program].run(one.program, url, items, *options)
                outcome = found.limited[one.program, burst] = Outcome(record(), result["failed"], items)
                print(f"{one.name}, burst {burst}: {cells(outcome)}", flush=True)
    return found


def cells(outcome: Outcome) -> str:
    """What the table shows of a run."""
    return f"{outcome.used:.1%} / {outcome.refused:.1%} / {outcome.failed:,}".replace("%", " %")


def table(contenders: Sequence[Contender], found: Comparison) -> str:
    """Return the table of the page, as Markdown."""
    base = found.cpu.get("sdk") or found.cpu[contenders[0].program]
    lines = [
        f"| | CPU per call | {' | '.join(f'burst of {burst}' for burst in BURSTS)} | asked twice |",
        "| --- | --- | --- | --- | --- |",
    ]
    for one in contenders:
        mine = found.cpu[one.program]
        ratio = median(own / other for own, other in zip(mine, base, strict=True))
        limited = [found.limited[one.program, burst] for burst in BURSTS]
        name = f"{one.name} {found.versions[one.name]}".strip()
        shown = " | ".join(map(cells, limited))
        lines.append(
            f"| {name} | {median(mine):.2f} ms ({ratio:.2f}) | {shown} | {sum(one.twice for one in limited)} |"
        )
    return "\n".join(lines)


def page(contenders: Sequence[Contender], found: Comparison, items: int) -> str:
    """Return the generated part of the page."""
    return (
        f"\n{table(contenders, found)}\n\n"
        f"Python {platform.python_version()}, {os.cpu_count()} cores, which server and client share; "
        f"{items:,} inputs for each burst; CPU time as the median of {len(next(iter(found.cpu.values())))} rounds.\n"
    )


def write(file: Path, part: str) -> None:
    """Replace the generated part of a page."""
    text = file.read_text("utf-8")
    start, end = text.index(FROM) + len(FROM), text.index(TO)
    file.write_text(f"{text[:start]}\n{part}\n{text[end:]}", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare_maps", description=__doc__)
    names = [one.program for one in CONTENDERS]
    parser.add_argument("--only", default=",".join(names), help="some of them; writes no page and no picture")
    parser.add_argument("--environments", type=Path, default=ROOT / ".nox" / "compared")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "many-calls.md")
    parser.add_argument("--picture", type=Path, default=ROOT / "docs" / "many-calls.svg")
    parser.add_argument("--calls", type=int, default=20_000, help="calls without a limit")
    parser.add_argument("--items", type=int, default=2000, help="inputs with a limit")
    parser.add_argument("--rounds", type=int, default=3, help="rounds without a limit")
    options = parser.parse_args()
    contenders = [one for one in CONTENDERS if one.program in options.only.split(",")]
    found = compared(contenders, options.environments, calls=options.calls, items=options.items, rounds=options.rounds)
    part = page(contenders, found, options.items)
    print(part)
    if len(contenders) == len(CONTENDERS):
        write(options.page, part)
        tracks = [found.limited[one.program, BURSTS[0]].track(one.name) for one in contenders]
        options.picture.write_text(drawn(tracks, RATE, BURSTS[0]), "utf-8")


if __name__ == "__main__":
    main()
