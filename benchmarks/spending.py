"""What a budget and a cache add to a call and to a stream, and what an answer from the cache needs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from mirascope_like import SQLiteCache, budget, cached

from .contenders import Contest
from .measure import Work

PLAIN = "ours"
BUDGET = "ours, in a budget of dollars"
HIT = "ours, from the cache"


def spending(
    contest: Contest, client: Any, times: int, chunks: int, store: SQLiteCache
) -> tuple[dict[str, Work], dict[str, Work]]:
    """Calls, and streams of so many chunks that are read and rebuilt."""
    call, stream = contest.prompt(client, stream=False), contest.prompt(client, stream=True)
    kept_call, kept_stream = cached(store)(call), cached(store)(stream)

    def calls(ask: Callable[[], Any], within: Callable[[], AbstractContextManager[Any]] = nullcontext) -> Work:
        def work() -> int:
            with within():
                for _ in range(times):
                    assert ask().response
            return times

        return work

    def streams(ask: Callable[[], Any], within: Callable[[], AbstractContextManager[Any]] = nullcontext) -> Work:
        def work() -> int:
            with within():
                assert ask().collect()
            return chunks

        return work

    def limit() -> AbstractContextManager[Any]:
        return budget(usd=1000.0, tokens=10**9, requests=10**9)

    return (
        {PLAIN: calls(call), BUDGET: calls(call, limit), HIT: calls(kept_call)},
        {PLAIN: streams(stream), BUDGET: streams(stream, limit), HIT: streams(kept_stream)},
    )
