"""A map over the lines of a file, with limits, a store and a budget: run again, it sends nothing. Needs no key."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mirascope_like.core import local
from mirascope_like.scale import Limits, SyncRun, map_calls

BOOKS = ["Dune by Frank Herbert", "Emma by Jane Austen", "Dune by Frank Herbert"]


@local.call("smollm2-135m", call_params={"max_tokens": 20, "temperature": 0})
async def describe(book: str) -> str:
    return f"What is {book} about?"


def lines(file: Path) -> Iterator[str]:
    """Yield the inputs one by one: the file may be larger than the memory."""
    with file.open(encoding="utf-8") as opened:
        for line in opened:
            yield json.loads(line)["book"]


def describing(folder: Path) -> SyncRun[str, local.LocalCallResponse]:
    limits = Limits(rpm=6_000, concurrency=2)
    return map_calls(describe, lines(folder / "books.jsonl"), limits=limits, store=folder / "run.db", budget=1.0)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "books.jsonl").write_text("".join(json.dumps({"book": book}) + "\n" for book in BOOKS), "utf-8")

        print(describing(folder).estimate())
        for number in (1, 2):
            counts = describing(folder).to_jsonl(folder / "descriptions.jsonl")
            print(f"run {number}: {counts.done} done, {counts.failed} failed, {counts.requests} requests sent")

        rows = [json.loads(line) for line in (folder / "descriptions.jsonl").read_text("utf-8").splitlines()]
        for row in sorted(rows, key=lambda row: row["number"]):
            print(row["number"], row["source"], row["value"])


if __name__ == "__main__":
    main()
