"""A map that is killed and run again, and the check of what it has stored.

python -m tests.scale.killed run PATH URL COUNT CONCURRENCY    maps over COUNT inputs, with requests to a server
python -m tests.scale.killed batch PATH URL COUNT SIZE         the same in batches of SIZE requests
python -m tests.scale.killed check [MOMENTS]                   kills such programs so often, each within 3,000 inputs,
                                                               and those with batches, each within 60 inputs
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import time
from unittest.mock import patch

from mirascope_like.core import openai
from mirascope_like.scale import Done, Limits, map_calls
from mirascope_like.scale.batches import files, waits
from mirascope_like.scale.batches.service import BatchLimits
from mirascope_like.scale.run_store import WINDOW, Rows, RunStore
from tests.harness.clocks import PATIENCE
from tests.harness.recordings import ROOT
from tests.harness.server import Reply, Request, Server
from tests.scale.batches.openai_server import FileServer

BATCHED, SIZE = 60, 20
COUNT = 3000
CONCURRENCY = 50
PER_RUN = 10
"""How often one run is killed, before it runs to its end."""
BATCHED_PER_RUN = 5
"""How often a run with batches is killed."""
FURTHER = 150
"""The most requests between two kills. More arrive before the program has ended."""


@openai.call("gpt-4o-mini")
async def ask(number: int) -> str:
    return f"The number {number}."


def run(path: str, url: str, count: int, concurrency: int) -> None:
    """Map over the numbers, and print how many items are done."""
    os.environ |= {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": f"{url}/v1"}
    limits = Limits(rpm=600_000, concurrency=concurrency)
    with windows_written(Path(path).with_suffix(".windows")):
        done = sum(isinstance(item, Done) for item in map_calls(ask, range(count), store=path, limits=limits))
    print(done, flush=True)


@contextmanager
def windows_written(path: Path) -> Generator[None]:
    """Append the length of each commit window to a file: the seconds from its first row to the end of its commit."""
    commit = RunStore._commit

    def timed(self: RunStore, rows: Rows, *, ended: bool) -> None:
        commit(self, rows, ended=ended)
        if rows.answers:
            file.write(f"{time() - rows.answers[9]}\n")  # the time of the first

    with path.open("a", buffering=1) as file, patch.object(RunStore, "_commit", timed):
        yield


def run_batches(path: str, url: str, count: int, size: int) -> None:
    """Map over the numbers in small batches, of which the provider is asked often; print how many items are done."""
    os.environ |= {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": url}
    files.OpenAIBatches.limits = BatchLimits(size, 1_000_000)
    waits.FIRST = waits.LONGEST = 0.01
    items = map_calls(ask, range(count), store=path, via="batch")
    print(sum(isinstance(item, Done) for item in items), flush=True)


def reply(request: Request) -> Reply:
    """The response to a request, with the number in its prompt."""
    message = {"role": "assistant", "content": f"It is {number_in(request.body)}.", "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
    shared = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini"}
    return Reply.json({**shared, "choices": [choice], "usage": usage})


def number_in(text: bytes | str) -> int:
    found = re.search(r"(?:number|It is) (\d+)\.", text.decode() if isinstance(text, bytes) else text)
    assert found is not None, text
    return int(found[1])


def started(path: Path, url: str, *numbers: int, mode: str = "run") -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.scale.killed", mode, str(path), url, *map(str, numbers)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT)


def stored(path: Path) -> dict[int, float]:
    """The numbers whose responses are in a store, and when each was put there. Checks that it is not damaged."""
    database = sqlite3.connect(path)
    try:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {number_in(body): at for body, at in database.execute("SELECT body, at FROM answer")}
    finally:
        database.close()


@dataclass
class Losses:
    """What kills have cost: responses that the server had sent, and that were not committed."""

    kills: int = 0
    twice: int = 0
    """The requests that were made twice: those responses, and requests that had no response."""
    ages: list[float] = field(default_factory=list[float])
    """How many seconds before the kill each of the responses was sent."""
    windows: list[float] = field(default_factory=list[float])
    """The seconds of each commit window: from its first row to the end of the commit."""
    lags: list[float] = field(default_factory=list[float])
    """The seconds from the server to the store, of each response that was stored."""

    def add(self, other: Losses) -> None:
        self.kills += other.kills
        self.twice += other.twice
        self.ages += other.ages
        self.windows += other.windows
        self.lags += other.lags

    def killed(self, moment: float, sent: Mapping[int, float], found: Mapping[int, float]) -> None:
        """Count one kill. `sent` has the responses that the server has sent, and `found` those that the store has."""
        self.kills += 1
        self.ages += [moment - at for number, at in sent.items() if at <= moment and number not in found]
        self.lags += [found[number] - at for number, at in sent.items() if number in found]

    @property
    def tolerance(self) -> float:
        """What the machine adds to the 50 ms, by the times of the store itself: the longest commit, and the longest way
        of a response to the store.
        """
        return max(self.windows) - WINDOW + max(self.lags)

    def check(self) -> None:
        """Check that only responses of the last commit window were lost."""
        oldest = max(self.ages, default=0.0)
        assert oldest <= WINDOW + self.tolerance, f"a response of {oldest:.3f} s before the kill was requested again"


def check(path: Path, count: int, concurrency: int, moments: list[int]) -> Losses:
    """Run the map, kill it each time when so many further requests have arrived, and run it to its end. Check that
    nothing is lost: what was committed is not requested again, and all is stored in the end. On a busy machine a
    program may end before it is killed so often.
    """
    losses, sent = Losses(), dict[int, float]()

    def answer(request: Request) -> Reply:
        sent[number_in(request.body)] = time()
        return reply(request)

    def reached(number: int, program: subprocess.Popen[str]) -> bool:
        """Wait for so many requests; return False if the program has ended before."""
        patience = 10 * PATIENCE  # of a program that starts on a busy machine
        assert server.wait_until(lambda: len(server.requests) >= number or program.poll() is not None, patience)
        return len(server.requests) >= number

    with Server().reply_with(answer) as server:
        kept = set[int]()
        for further in moments:
            before = len(server.requests)
            sent.clear()
            with started(path, server.url, count, concurrency) as program:
                on_time = reached(before + further, program)
                moment = time()
                program.kill()
            if not on_time:
                break
            assert server.wait_closed()
            requested = [number_in(request.body) for request in server.requests[before:]]
            assert kept.isdisjoint(requested), "what was committed is requested again"
            found = stored(path)
            assert found.keys() >= kept, "what was committed is lost"
            assert found.keys() - kept <= set(requested)
            losses.killed(moment, sent, found)
            kept = set(found)
        before = len(server.requests)
        with started(path, server.url, count, concurrency) as program:
            assert program.communicate()[0].split() == [str(count)]
        requested = [number_in(request.body) for request in server.requests]
        assert kept.isdisjoint(requested[before:])
        assert stored(path).keys() == set(range(count))
        losses.twice = sum(times - 1 for times in Counter(requested).values())
        losses.windows = [float(line) for line in path.with_suffix(".windows").read_text().split()]
        return losses


def check_batches(path: Path, count: int, size: int, moments: list[int]) -> None:
    """Run a map in batches, kill it each time when so many further requests have arrived, and run it to its end. Check
    that each number was in one batch, and that the store has each response and knows each batch.
    """
    with FileServer() as server:
        for number, further in enumerate(moments, 1):
            before = len(server.server.requests)
            server.slow = 0 if number == len(moments) else 1_000_000  # the last program reads results
            with started(path, server.url, count, size, mode="batch") as program:
                assert server.server.wait_requests(before + further)
                program.kill()
            assert server.server.wait_closed()
        with started(path, server.url, count, size, mode="batch") as program:
            assert program.communicate()[0].split() == [str(count)]
        submitted = Counter(number_in(text) for texts in server.texts() for text in texts)
        assert submitted == Counter(range(count)), "a request was lost, or was in two batches"
        assert stored(path).keys() == set(range(count))
        database = sqlite3.connect(path)
        try:
            known = sorted(database.execute("SELECT id, state FROM batch"))
        finally:
            database.close()
        assert known == sorted((batch["id"], "done") for batch in server.batches)


def main() -> None:
    if sys.argv[1] in ("run", "batch"):
        program = run if sys.argv[1] == "run" else run_batches
        program(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
        return
    moments = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    losses = Losses()
    while losses.kills < moments:
        with TemporaryDirectory() as folder:
            steps = [random.randint(1, FURTHER) for _ in range(min(PER_RUN, moments - losses.kills))]
            losses.add(check(Path(folder) / "run.db", COUNT, CONCURRENCY, steps))
    losses.check()
    late = sum(age > WINDOW for age in losses.ages)
    oldest, longest, lag = (max(some, default=0.0) * 1000 for some in (losses.ages, losses.windows, losses.lags))
    print(
        f"killed at {moments} moments of {COUNT} inputs, with {CONCURRENCY} at once: none is lost",
        f"requests that were made twice, per kill: {losses.twice / moments:.1f}",
        f"of these had a response, per kill: {len(losses.ages) / moments:.1f}",
        f"its age at the kill: at most {oldest:.0f} ms; {late} were older than {WINDOW * 1000:.0f} ms",
        f"commit windows: {median(losses.windows) * 1000:.0f} ms, at most {longest:.0f} ms",
        f"from the server to the store: at most {lag:.0f} ms",
        sep="\n",
    )
    for _ in range(0, moments, BATCHED_PER_RUN):
        with TemporaryDirectory() as folder:
            steps = [*(random.randint(1, 12) for _ in range(BATCHED_PER_RUN - 1)), random.randint(1, 5)]
            check_batches(Path(folder) / "run.db", BATCHED, SIZE, steps)
    print(f"killed at {moments} moments of {BATCHED} inputs in batches: none is lost, and none was in two batches")


if __name__ == "__main__":
    main()
