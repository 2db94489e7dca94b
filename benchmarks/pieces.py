"""What each step of reading a stream costs, beside what else was tried: `python -m benchmarks.pieces`.

Microseconds of CPU for each chunk, the least of many rounds. See docs/design/0003-reading-bytes.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterator
from functools import partial
from time import process_time
from typing import Any

import jiter

from mirascope_like.core.base.parsing import Events
from mirascope_like.core.base.response import ChunkFactory
from mirascope_like.core.dialects.chat_completions import DeltaFastPath
from mirascope_like.core.openai import OpenAICallResponseChunk

from . import replies, server
from .contenders import OPENAI, Contest

ROUNDS = 15


def least(work: Callable[[], object], units: int) -> float:
    """The least microseconds of CPU that a unit took."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = process_time()
        work()
        best = min(best, process_time() - start)
    return best / units * 1e6


def show(name: str, work: Callable[[], object], units: int) -> None:
    print(f"  {name:<62} {least(work, units):6.2f}", flush=True)


def reading(contest: Contest, base_url: str, count: int) -> None:
    headers = {"x-chunks": str(count)}
    with contest.client(base_url, headers) as client:
        for name in ("iter_raw", "iter_bytes", "stream"):
            show(f"HTTP alone, sync, response.{name}", partial(read, contest, client, name), count)
    with asyncio.Runner() as runner:
        for kind, aiohttp in ("async", False), ("async, aiohttp client", True):
            client = contest.async_client(base_url, headers, aiohttp=aiohttp)
            for name in ("aiter_raw", "aiter_bytes", "stream"):
                work = partial(aread_all, runner, contest, client, name)
                show(f"HTTP alone, {kind}, response.{name}", work, count)
            runner.run(client.close())


def read(contest: Contest, client: Any, name: str) -> None:
    with contest.resource(client).with_streaming_response.create(**contest.arguments(), stream=True) as wrapped:
        for _ in buffers(wrapped.http_response, name):
            pass


def aread_all(runner: asyncio.Runner, contest: Contest, client: Any, name: str) -> None:
    runner.run(aread(contest, client, name))


async def aread(contest: Contest, client: Any, name: str) -> None:
    create = contest.resource(client).with_streaming_response.create
    async with create(**contest.arguments(), stream=True) as wrapped:
        async for _ in buffers(wrapped.http_response, name):
            pass


def buffers(response: Any, name: str) -> Any:
    found = getattr(response, name)
    return found() if callable(found) else found


def cutting(name: str, events: list[bytes]) -> None:
    whole = b"".join(events)
    packed = [whole[at : at + 65536] for at in range(0, len(whole), 65536)]
    for how, pieces in ("one by one", events), ("in buffers of 64 KB", packed):
        show(f"cutting {name} {how}", partial(cut, pieces), len(events))
        show(f"cutting {name} {how}, each looked at by itself", partial(cut_each, pieces), len(events))


def cut(pieces: list[bytes]) -> None:
    feed = Events().feed
    for piece in pieces:
        feed(piece)


def cut_each(pieces: list[bytes]) -> None:
    rest = b""
    for piece in pieces:
        *blocks, rest = (rest + piece).split(b"\n\n")
        for block in blocks:
            Events.data_of(block)


def knowing(events: list[bytes]) -> None:
    data = [event[6:-2] for event in events[1:-3]]
    fast_path = DeltaFastPath.of(data[0], "content", text_of(data[0]), "obfuscation")
    assert fast_path is not None
    known = fast_path.text
    usual = rest_of(data[0])
    show("a text known by its event's bytes", lambda: [known(one) for one in data], len(data))
    show("decoding the event, and comparing the rest", lambda: [rest_of(one) == usual for one in data], len(data))
    make = ChunkFactory(OpenAICallResponseChunk).from_bytes
    show("making a chunk", lambda: [make(one, "") for one in data], len(data))
    show("making a chunk, and the SDK's own", lambda: [make(one, "").chunk for one in data], len(data))


def text_of(event: bytes) -> str:
    return str(jiter.from_json(event)["choices"][0]["delta"]["content"])


def rest_of(event: bytes) -> tuple[Any, Any, Any]:
    data = jiter.from_json(event, cache_mode="keys")
    choices = data.pop("choices")
    delta = choices[0].pop("delta")
    del delta["content"]
    data.pop("obfuscation", None)
    return data, choices, delta


def yielding(count: int) -> None:
    def pairs() -> Iterator[tuple[int, None]]:
        yield 0, None

    def one_by_one() -> Generator[tuple[int, None]]:
        for _ in range(count):
            for pair in pairs():  # noqa: UP028  # this is what is compared
                yield pair

    def delegated() -> Generator[tuple[int, None]]:
        for _ in range(count):
            yield from pairs()

    show("passing a pair on, `for ... yield`", lambda: [None for _ in one_by_one()], count)
    show("passing a pair on, `yield from`", lambda: [None for _ in delegated()], count)


def main() -> None:
    count = 2000
    with server.start() as base_url:
        reading(OPENAI, base_url, count)
    cutting("OpenAI's events", replies.chat_events(count))
    cutting("Anthropic's events", replies.message_events(count))
    knowing(replies.chat_events(count))
    yielding(count)


if __name__ == "__main__":
    main()
