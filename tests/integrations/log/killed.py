"""A program that logs calls until it is killed, and the check of what it has left.

python -m tests.integrations.log.killed write PATH COUNT    logs calls, and prints the number of each committed one
python -m tests.integrations.log.killed check [MOMENTS]     kills such a program at so many moments of 2,000 calls
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from mirascope_like.integrations.log import SQLiteLog, with_log
from tests.harness.recordings import ROOT
from tests.integrations.log.calls import asking

STEP = 7
"""The program commits so many calls at once, besides those that the log's thread commits by itself."""


def write(path: str, count: int, name: str) -> None:
    """Log `count` calls; print the number of the last committed one after each `flush`."""
    log = SQLiteLog(path)
    ask = with_log(log, tags={"run": name})(asking(lambda body: "hello " * 20))
    for number in range(1, count + 1):
        ask(f"{number} {'x' * 300}")
        if number % STEP == 0 and log.flush():
            print(number, flush=True)


def killed_run(path: Path, count: int, name: str, *, after: int = 0, seconds: float = 0.0) -> int:
    """Run `write` in a process of its own, and kill it after it has printed `after`, and after so many seconds. Return
    the number of calls that it has reported as committed.
    """
    command = [sys.executable, "-m", "tests.integrations.log.killed", "write", str(path), str(count), name]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as program:
        assert program.stdout is not None
        committed = 0
        for line in program.stdout:
            committed = int(line)
            if committed >= after:
                break
        time.sleep(seconds)
        program.kill()
        lines = program.stdout.read().split("\n")  # the last may be cut off
        return max([committed, *(int(line) for line in lines[:-1])])


def check_file(path: Path, committed: dict[str, int]) -> None:
    """Check that a file has every call that was reported as committed, by the name of its run, and is not damaged."""
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()
    with SQLiteLog(path) as log:
        for name, count in committed.items():
            numbers = {int((row.prompt or "").split()[0]) for row in log.find(tags={"run": name})}
            assert numbers >= set(range(1, count + 1)), name
            assert numbers == set(range(1, len(numbers) + 1)), name  # in the order of the calls, without a gap
        assert all(row.response is not None for row in log.find(limit=20))


def main() -> None:
    if sys.argv[1] == "write":
        write(sys.argv[2], int(sys.argv[3]), sys.argv[4])
        return
    moments = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    with TemporaryDirectory() as folder:
        path, committed = Path(folder) / "calls.db", dict[str, int]()
        for moment in range(moments):
            after = random.randrange(STEP, 2000, STEP)
            name = f"run {moment}"
            committed[name] = killed_run(path, 2000, name, after=after, seconds=random.uniform(0, 0.06))
            check_file(path, {name: committed[name]})
        check_file(path, committed)
        print(f"killed at {moments} moments; {sum(committed.values())} committed calls are all in the log")


if __name__ == "__main__":
    main()
