"""A test waits for events, not for seconds, and does not pass or fail by how long something takes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.harness.recordings import ROOT

CLOCKS = {"monotonic", "perf_counter", "process_time"}
ALLOWED = {
    "harness/browser.py": "asks another program again and again, which tells nothing by itself",
    "harness/clocks.py": "is the clock, and ends waits after a minute that would never end",
    "harness/server.py": "ends waits after a minute that would never end",
    "harness_tests/test_benchmark_server.py": "the pace of a server: nothing comes before its time, however late",
    "integrations/log/killed.py": "kills a program at a moment that is drawn, and expects the same at any",
    "integrations/test_chat.py": "ends waits for a program after minutes that would never end",
    "scale/limits/test_limiter.py": "sleeps by the clock of its loop, which jumps to the next timer",
    "scale/embedded_map.py": "a session of its own, which prints how long it took",
    "scale/over_ray.py": "a session of its own: a shared limit is one of real time",
    "scale/shared/over_redis.py": "a session of its own: a shared limit is one of real time",
    "scale/shared/processes.py": "a session of its own: a shared limit is one of real time",
    "scale/shared/test_lease.py": "sleeps by the clock of its loop, which jumps to the next timer",
    "scale/semantics.py": "reads the clock of the library, which a test may move, for the server's limit",
    "scale/test_estimate.py": "a timer of the clock that the test moves",
    "scale/test_rate_limited.py": "reads the clock of its loop, which stands still while a request is sent",
    "scale/test_run_log.py": "sleeps by the clock of its loop, which jumps to the next timer",
    "seeds/test_abstractllm_streaming.py": "the user's program, as it was given: it prints how long it took",
    "streams/test_closed_while_waiting.py": "closes at a moment that is drawn, and expects the same at any",
    "streams/test_connections.py": "a minute, where a wrong loop waits for ten",
    "streams/views/test_text.py": "a minute, where a wrong search takes several",
    "tracers/phoenix.py": "asks another program again and again, which tells nothing by itself",
}
"""The files that may sleep or read a real clock, and why."""


def waits(tree: ast.AST) -> Iterator[str]:
    """The sleeps, but those of no time, and the readings of clocks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            none = node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
            if name in CLOCKS or (name == "sleep" and not none):
                yield f"line {node.lineno}: {name}"


def read() -> dict[str, list[str]]:
    folder = Path(ROOT, "tests")
    found = {
        file.relative_to(folder).as_posix(): list(waits(ast.parse(file.read_text("utf-8"))))
        for file in sorted(folder.rglob("*.py"))
    }
    return {name: lines for name, lines in found.items() if lines}


def test_no_test_sleeps_or_reads_a_clock() -> None:
    found = read()
    assert {name: lines for name, lines in found.items() if name not in ALLOWED} == {}
    assert {name for name in ALLOWED if name not in found} == set(), "they do so no more"


def test_sleeps_are_found() -> None:
    script = "import time, asyncio\ntime.sleep(1)\nasyncio.sleep(0)\nasyncio.sleep(x)\nsleep(0.1)\ntime.monotonic()"
    assert list(waits(ast.parse(script))) == ["line 2: sleep", "line 4: sleep", "line 5: sleep", "line 6: monotonic"]
