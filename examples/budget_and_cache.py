"""A budget for an evening of calls, and a cache that makes the second evening free. Needs OPENAI_API_KEY."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mirascope_like import SQLiteCache, budget, cached
from mirascope_like.core import BudgetExceededError, openai

GENRES = ["fantasy", "crime"]

spending = budget(usd=0.05, requests=20)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, SQLiteCache(Path(folder) / "books.db", max_bytes=50_000_000) as store:

        @cached(store, ttl="7d")
        @openai.call("gpt-4o-mini", call_params={"max_tokens": 20, "temperature": 0})
        def recommend(genre: str) -> str:
            return f"Recommend a {genre} book in one short sentence"

        def within_budget(genre: str) -> str:
            with spending:
                try:
                    return recommend(genre).content
                except BudgetExceededError as error:
                    return str(error)

        for evening in (1, 2):
            with ThreadPoolExecutor(2) as pool:
                print(f"evening {evening}:", list(pool.map(within_budget, GENRES)))
            print(spending.spent)


if __name__ == "__main__":
    main()
