"""Worker threads for functions whose caller may stop waiting.

A blocking network call cannot be stopped from outside; in a worker it can be abandoned. Workers are daemon threads, so
they never keep a program from exiting. They are reused: starting a thread takes 40 microseconds, handing work to an
idle one takes 8.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias

IDLE_SECONDS = 10.0
"""Seconds that an idle worker waits for more work before it ends."""

Jobs: TypeAlias = "SimpleQueue[Callable[[], Any]]"

_idle: list[Jobs] = []
"""The job queues of idle workers; the one that became idle last is taken first."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # threads do not survive a fork


def run_in_worker(function: Callable[[], object]) -> None:
    """Run a function in a worker thread, in a copy of the current context. Returns at once. The function must not
    raise.
    """
    job = partial(copy_context().run, function)
    jobs: Jobs
    try:
        jobs = _idle.pop()
    except IndexError:
        jobs = SimpleQueue()
        threading.Thread(target=_work, args=(jobs,), name="mirascope-like-worker", daemon=True).start()
    jobs.put(job)


def _work(jobs: Jobs) -> None:
    while True:
        try:
            job = jobs.get(timeout=IDLE_SECONDS)
        except Empty:
            try:
                _idle.remove(jobs)
            except ValueError:  # run_in_worker has just taken this queue and will put a job into it
                continue
            return
        job()
        del job  # drop the reference to the connection that it opened
        _idle.append(jobs)
