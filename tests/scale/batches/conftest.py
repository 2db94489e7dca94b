"""Batches without waits: the waits of each test are noted instead."""

from __future__ import annotations

import asyncio

import pytest

from mirascope_like.scale.batches import waits


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits for a provider so far, in seconds."""
    noted: list[float] = []

    async def sleep(seconds: float) -> None:
        if seconds >= 1:
            noted.append(seconds)
        await asyncio.sleep(0)

    monkeypatch.setattr(waits, "sleep", sleep)
    return noted
