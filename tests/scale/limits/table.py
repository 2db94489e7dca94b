"""Prints how much of a quota the pacer uses: `nox -s pacing`. Takes a rate in requests a second, and seconds."""

from __future__ import annotations

import sys
from typing import Any

from mirascope_like.scale.limits import Limits, Pacer
from tests.scale.limits.simulation import Bucket, FixedWindow, SlidingWindow, simulate


def main(rate: float, seconds: float) -> None:
    servers = {
        "burst of 20": lambda: Bucket(rate, 20),
        "burst of 200": lambda: Bucket(rate, 200),
        "fixed window": lambda: FixedWindow(rate),
        "sliding window": lambda: SlidingWindow(rate),
    }
    right, wrong = Limits(rpm=rate * 60), Limits(rpm=rate * 75)
    rows: dict[str, tuple[Limits | None, dict[str, Any]]] = {
        "known": (right, {}),
        "from headers": (None, {"headers": True}),
        "25 % too much": (wrong, {}),
        "25 % too much, no Retry-After": (wrong, {"retry_after": False}),
        "25 % too much, refusals after 0.5 s": (wrong, {"round_trip": 0.5}),
        "25 % too much, answers after 20 s": (wrong, {"latency": 20.0}),
        "halved after a third": (right, {"change": (seconds / 3, rate / 2)}),
        "others send 20 %": (right, {"others": rate * 0.2}),
        "others send 50 %": (right, {"others": rate * 0.5}),
        "unknown": (None, {}),
        "unknown, no Retry-After": (None, {"retry_after": False}),
    }
    print(f"{rate:g} requests a second for {seconds:g} s. Each cell: % of the quota used / % refused (after 60 s)")
    print(f"{'limit':36}" + "".join(f"{name:26}" for name in servers))
    for name, (limits, options) in rows.items():
        found = [simulate(make(), Pacer(limits), seconds=seconds, **options) for make in servers.values()]
        cells = [f"{100 * r.used:6.1f} / {100 * r.refused:.2f} ({100 * r.refused_later:.2f})" for r in found]
        print(f"{name:36}" + "".join(f"{cell:26}" for cell in cells))


if __name__ == "__main__":
    main(*map(float, sys.argv[1:])) if len(sys.argv) == 3 else main(200.0, 300.0)
