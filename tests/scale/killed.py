"""A map that is killed and run again, and the check of what it has stored.

python -m tests.scale.killed run PATH URL COUNT CONCURRENCY    maps over COUNT inputs, with requests to a server
python -m tests.scale.killed check [MOMENTS]                   kills such programs so often, each within 3,000 inputs
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from mirascope_like.core import openai
from mirascope_like.scale import Done, Limits, map_calls
from tests.harness.recordings import ROOT
from tests.harness.server import Reply, Request, Server

COUNT = 3000
CONCURRENCY = 50
PER_RUN = 10
"""How often one run is killed, before it runs to its end."""
FURTHER = 150
"""The most requests between two kills. More arrive before the program has ended."""


@openai.call("gpt-4o-mini")
async def ask(number: int) -> str:
    return f"The number {number}."


def run(path: str, url: str, count: int, concurrency: int) -> None:
    """Map over the numbers, and print how many items are done."""
    os.environ |= {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": f"{url}/v1"}
    done = sum(
        isinstance(item, Done)
        for item in map_calls(ask, range(count), store=path, limits=Limits(rpm=600_000, concurrency=concurrency))
    )
    print(done, flush=True)


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


def started(path: Path, server: Server, count: int, concurrency: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.scale.killed", "run", str(path), server.url, str(count), str(concurrency)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT)


def stored(path: Path) -> set[int]:
    """The numbers whose responses are in a store. Checks that it is not damaged."""
    database = sqlite3.connect(path)
    try:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {number_in(body) for (body,) in database.execute("SELECT body FROM answer")}
    finally:
        database.close()


def check(path: Path, count: int, concurrency: int, moments: list[int]) -> int:
    """Run the map, kill it each time when so many further requests have arrived, and run it to its end. Check that
    nothing is lost: what was committed is not requested again, and all is stored in the end.

    Return how many requests were made twice.
    """
    with Server().reply_with(reply) as server:
        kept = set[int]()
        for further in moments:
            before = len(server.requests)
            with started(path, server, count, concurrency) as program:
                assert server.wait_requests(before + further)
                program.kill()
            assert server.wait_closed()
            requested = [number_in(request.body) for request in server.requests[before:]]
            assert kept.isdisjoint(requested), "what was committed is requested again"
            found = stored(path)
            assert found >= kept, "what was committed is lost"
            assert found - kept <= set(requested)
            kept = found
        before = len(server.requests)
        with started(path, server, count, concurrency) as program:
            assert program.communicate()[0].split() == [str(count)]
        requested = [number_in(request.body) for request in server.requests]
        assert kept.isdisjoint(requested[before:])
        assert stored(path) == set(range(count))
        return sum(times - 1 for times in Counter(requested).values())


def main() -> None:
    if sys.argv[1] == "run":
        run(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
        return
    moments = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    twice = 0
    for first in range(0, moments, PER_RUN):
        with TemporaryDirectory() as folder:
            steps = [random.randint(1, FURTHER) for _ in range(min(PER_RUN, moments - first))]
            twice += check(Path(folder) / "run.db", COUNT, CONCURRENCY, steps)
    print(
        f"killed at {moments} moments of {COUNT} inputs: none is lost, {twice / moments:.1f} requests per kill were "
        f"made twice, with {CONCURRENCY} at once"
    )


if __name__ == "__main__":
    main()
