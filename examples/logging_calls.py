"""A log of calls: a response, a stream that is left early, and a call that fails. No key, no network."""

from __future__ import annotations

import tempfile
from pathlib import Path

from mirascope_like.core import MirascopeLikeError, local, openai
from mirascope_like.integrations.log import SQLiteLog, log_calls, with_log
from mirascope_like.integrations.log.figures import figures


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, SQLiteLog(Path(folder) / "calls.db", keep="30d") as log:

        @with_log(log, tags={"team": "shop"})
        @local.call("smollm2-135m", call_params={"max_tokens": 20, "temperature": 0})
        def recommend(genre: str) -> str:
            return f"Recommend a {genre} book in one short sentence"

        @local.call("smollm2-135m", stream=True, call_params={"max_tokens": 20})
        def story(topic: str) -> str:
            return f"Tell a story about a {topic}"

        @openai.call("gpt-4o-mini")
        def refused(genre: str) -> str:
            raise PermissionError(f"nobody may ask for {genre} books")

        response = recommend("fantasy")
        with log_calls(log, tags={"job": "evening"}):
            with story("cat") as stream:
                print("the first words:", next(stream.text(min_chars=10)))
            try:
                refused("secret")
            except (PermissionError, MirascopeLikeError) as error:
                print("failed:", error)

        for row in log.find():
            print(
                row.id,
                row.function.rpartition(".")[2],
                row.state,
                row.tags,
                row.error or (row.response_text or "")[:40],
            )
        (first,) = log.find(tags={"team": "shop"})
        print("equal:", log.get(first.id) == response, type(first.response).__name__)
        for group in figures(log.find(), by="function"):
            print(group.group.rpartition(".")[2], group.calls, "calls,", group.output_tokens, "tokens")


if __name__ == "__main__":
    main()
