"""Measuring CPU: every contender in turn, round after round, so that a drift of the machine meets all alike."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

ROOT = Path(__file__).resolve().parents[1]

Work = Callable[[], int]
"""Does something once, and returns how many units (chunks, calls) that was."""


@dataclass(frozen=True)
class Samples:
    """CPU seconds per unit of one contender, a sample for each round."""

    seconds: Sequence[float]

    @property
    def median(self) -> float:
        return median(self.seconds)

    def ratio(self, other: Samples) -> float:
        """The median of how this compares with another in the same round."""
        return median(mine / its for mine, its in zip(self.seconds, other.seconds, strict=True))


def measured(contenders: Mapping[str, Work], rounds: int) -> dict[str, Samples]:
    """CPU of this process for each contender; a first round, which warms up, is not counted."""
    samples: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds + 1):
        for name, work in contenders.items():
            gc.collect()
            start = process_time()
            units = work()
            samples[name].append((process_time() - start) / units)
    return {name: Samples(seconds[1:]) for name, seconds in samples.items()}


def measured_statements(statements: Sequence[str], rounds: int) -> dict[str, Samples]:
    """CPU of Python statements, each run first thing in a process of its own, everything compiled beforehand."""
    samples: dict[str, list[float]] = {statement: [] for statement in statements}
    with TemporaryDirectory() as compiled:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
        for _ in range(rounds + 1):
            for statement in statements:
                code = f"import time; start = time.process_time(); {statement}; print(time.process_time() - start)"
                command = [sys.executable, "-c", code]
                run = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
                samples[statement].append(float(run.stdout))
    return {statement: Samples(seconds[1:]) for statement, seconds in samples.items()}
