"""What a structured stream costs: CPU seconds of one answer of books, cut into small pieces, by its size.

    python benchmarks/structured.py

"growth" reads the pieces alone; "openai" and "anthropic" stream them from a loopback server through the real SDK (the
server runs in a process of its own, so its work is not counted). Each piece gives a new partial model.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from time import process_time
from typing import Any

from pydantic import BaseModel, Field


class Book(BaseModel):
    title: str = Field(min_length=1)
    author: str
    year: int = Field(ge=0)
    tags: list[str]
    summary: str


class Library(BaseModel):
    name: str
    books: list[Book]


def answer(size: int) -> str:
    books: list[dict[str, Any]] = []
    while len(json.dumps({"name": "City Library", "books": books})) < size:
        number = len(books)
        summary = f'Volume {number}: "a long road", told by \u00e9 voices that know it well.'
        books.append(
            {
                "title": f"Book {number}",
                "author": f"Author {number % 7}",
                "year": 1900 + number % 100,
                "tags": ["fiction", f"shelf {number % 12}"],
                "summary": summary,
            }
        )
    return json.dumps({"name": "City Library", "books": books}, ensure_ascii=False)


def pieces(text: str, count: int) -> list[str]:
    width = len(text) / count
    cuts = [round(width * at) for at in range(count + 1)]
    return [text[start:end] for start, end in pairwise(cuts) if end > start]


def growth(parts: list[str]) -> None:
    from mirascope_like.core.base.growth import Growth
    from mirascope_like.core.base.shape import ModelRecord

    growing = Growth(ModelRecord(Library))
    for part in parts:
        if growing.feed(part):
            growing.show()
    assert growing.value == Library.model_validate_json("".join(parts))


def chat_events(parts: list[str]) -> list[Any]:
    def event(delta: Any, finish: str | None = None) -> Any:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}

    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "Library", "arguments": ""}}
    grown = [event({"tool_calls": [{"index": 0, "function": {"arguments": part}}]}) for part in parts]
    return [event({"role": "assistant", "tool_calls": [call]}), *grown, event({}, "stop")]


def message_events(parts: list[str]) -> list[Any]:
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "x", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    block = {"type": "tool_use", "id": "t1", "name": "Library", "input": {}}
    deltas = [{"type": "input_json_delta", "partial_json": part} for part in parts]
    return [
        {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    ]


def serve(api: str, size: int, count: int) -> None:
    """Answer one request after another, until the pipe to the parent closes."""
    from tests.harness.server import Reply, Server

    parts = pieces(answer(size), count)
    reply = Reply.chat(*chat_events(parts)) if api == "openai" else Reply.messages(*message_events(parts))
    whole = Reply((b"".join(piece for piece in reply.pieces if isinstance(piece, bytes)),), 200, reply.headers)
    with Server().always(whole.cut(1, mean=4096)) as server:
        print(server.url, flush=True)
        sys.stdin.read()


def streamed(api: str, url: str, partials: int) -> Callable[[], None]:
    from mirascope_like.core import anthropic, openai

    call: Any
    if api == "openai":
        import openai as openai_sdk

        call, client = openai.call, openai_sdk.OpenAI(base_url=f"{url}/v1", api_key="key")
    else:
        import anthropic as anthropic_sdk

        call, client = anthropic.call, anthropic_sdk.Anthropic(base_url=url, api_key="key")

    @call("m", response_model=Library, stream=True, client=client)
    def library() -> str:
        return "What does the library hold?"

    def run() -> None:
        count = sum(1 for _ in library())
        assert count > partials / 2, count

    return run


def best(run: Callable[[], None], times: int = 3) -> float:
    run()
    taken: list[float] = []
    for _ in range(times):
        start = process_time()
        run()
        taken.append(process_time() - start)
    return min(taken)


def main() -> None:
    if len(sys.argv) > 1:
        serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
        return
    print(f"{'':12}{'24 kB, 4,000 pieces':>22}{'95 kB, 16,000 pieces':>22}{'times':>8}")
    sizes = [(24_000, 4_000), (95_000, 16_000)]
    small, large = (best(partial(growth, pieces(answer(size), count))) for size, count in sizes)
    print(f"{'growth':12}{small:>20.3f} s{large:>20.3f} s{large / small:>8.1f}")
    for api in ("openai", "anthropic"):
        taken: list[float] = []
        for size, count in sizes:
            command = [sys.executable, __file__, api, str(size), str(count)]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
                assert server.stdout is not None
                taken.append(best(streamed(api, server.stdout.readline().strip(), count)))
                assert server.stdin is not None
                server.stdin.close()
        small, large = taken
        print(f"{api:12}{small:>20.3f} s{large:>20.3f} s{large / small:>8.1f}")


if __name__ == "__main__":
    main()
