"""A map of structured calls over the embedded model, which is killed and continues.

python -m tests.scale.embedded_map run PATH URL COUNT          maps over COUNT inputs, with the model at a server
python -m tests.scale.embedded_map check [COUNT [KILL]]        kills it when KILL requests have been answered
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import openai
from pydantic import BaseModel

from mirascope_like.core import local
from mirascope_like.scale import Done, Failed, Limits, map_calls
from tests.docs.embedded_answers import computed
from tests.harness.clocks import PATIENCE
from tests.harness.recordings import ROOT
from tests.harness.server import Reply, Request, Server
from tests.scale.killed import number_in

COUNT, KILL, CONCURRENCY = 200, 90, 4
PARAMS: local.LocalCallParams = {"max_tokens": 30, "temperature": 0}


class Parity(BaseModel):
    """What the model says of a number, in few tokens."""

    even: bool


def run(path: str, url: str, count: int) -> None:
    """Map over the numbers, and print how many items are done, and from where."""
    client = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", timeout=PATIENCE * CONCURRENCY)

    @local.call("smollm2-135m", response_model=Parity, client=client, call_params=PARAMS)
    async def describe(number: int) -> str:
        return f"Is this even: number {number}."

    sources = Counter[str]()
    for item in map_calls(describe, range(count), store=path, limits=Limits(concurrency=CONCURRENCY)):
        match item:
            case Done(value=Parity(), source=source):
                sources[source] += 1
            case Failed(error=error):
                sources["failed"] += 1
                print(item.number, type(error).__name__, str(error)[:200], file=sys.stderr)
            case _:
                raise AssertionError(item)
    print(" ".join(f"{name}={number}" for name, number in sorted(sources.items())), flush=True)


def command(path: Path, url: str, count: int) -> list[str]:
    return [sys.executable, "-m", "tests.scale.embedded_map", "run", str(path), url, str(count)]


def stored(path: Path) -> set[bytes]:
    """The keys of the responses in a store that is not damaged."""
    database = sqlite3.connect(path)
    try:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {key for (key,) in database.execute("SELECT key FROM answer")}
    finally:
        database.close()


def forward(request: Request) -> Reply:
    """The answer of the embedded model."""
    status, kind, body = computed(request)
    return Reply((body,), status, {"content-type": kind})


def check(path: Path, count: int, kill: int) -> str:
    """Run the map, kill it, and run it to its end; return a report. A server counts requests."""
    with Server().reply_with(forward) as server:
        start = monotonic()
        with subprocess.Popen(command(path, server.url, count), cwd=ROOT) as program:
            assert server.wait_requests(kill, timeout=PATIENCE * kill)
            program.kill()
        assert server.wait_closed()
        before, killed = len(server.requests), monotonic()
        kept = stored(path)
        with subprocess.Popen(command(path, server.url, count), cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
            printed = program.communicate()[0].strip()
        assert program.returncode == 0
        sources = dict(part.split("=") for part in printed.split())
        assert sources == {"live": str(count - len(kept)), "store": str(len(kept))}, printed
        asked_again = Counter(number_in(request.body) for request in server.requests)
        twice = sum(times - 1 for times in asked_again.values())
        assert len(server.requests) - before == count - len(kept), "what is stored is asked again"
        assert len(asked_again) == count
        assert twice <= CONCURRENCY + before - len(kept)
        assert len(stored(path)) == count
    return (
        f"{count} structured calls of the embedded model: killed after {before} requests with {len(kept)} responses "
        f"stored, then {count - len(kept)} requests; all {count} are done, {twice} were asked twice; "
        f"{killed - start:.0f} and {monotonic() - killed:.0f} seconds"
    )


def main() -> None:
    if sys.argv[1] == "run":
        run(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        return
    count, kill = (*map(int, sys.argv[2:4]), *(COUNT, KILL)[len(sys.argv) - 2 :])
    with TemporaryDirectory() as folder:
        print(check(Path(folder) / "run.db", count, kill))


if __name__ == "__main__":
    main()
