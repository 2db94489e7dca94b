"""Threads that run a function for somebody who may stop waiting for it.

A function that waits on the network cannot be stopped from outside. Run in a worker, it can be left behind. Workers are
daemons, so that they never keep a program from ending, and are used again: starting a thread takes 40 microseconds,
handing work to a waiting one takes 8.
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
"""How long a worker waits for more work before it ends."""

Jobs: TypeAlias = "SimpleQueue[Callable[[], Any]]"

_idle: list[Jobs] = []
"""The queues of the workers that wait for work; the last one that finished comes first."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # the threads stay behind in the parent


def run_in_worker(function: Callable[[], object]) -> None:
    """Run a function in a worker, in a copy of this context. Return at once. The function must not raise."""
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
            except ValueError:  # somebody has just taken this queue, and is about to put work into it
                continue
            return
        job()
        del job  # it refers to the connection that was opened
        _idle.append(jobs)
