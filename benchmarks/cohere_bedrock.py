"""CPU time per chunk of Cohere's and Bedrock's streams, against the raw SDKs: `python -m benchmarks.cohere_bedrock`.

A process of its own sends the answer, each event in an HTTP chunk. The two ways take turns; the best of each counts,
and the median of the pairs stands beside it, as other work on the machine disturbs both.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import socket
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import boto3
import cohere as cohere_sdk

from mirascope_like.core import bedrock, cohere
from tests.harness.oracles_bedrock import METADATA, START, delta, ended, stop

EVENTS = 8000
ROUNDS = 9


def cohere_events() -> list[bytes]:
    """Cohere's answer."""

    def content(kind: str, **fields: str) -> dict[str, Any]:
        return {"type": kind, "index": 0, "delta": {"message": {"content": fields}}}

    tokens = {"tokens": {"input_tokens": 1, "output_tokens": EVENTS}}
    events: list[dict[str, Any]] = [
        {"id": "a", "type": "message-start", "delta": {"message": {"role": "assistant"}}},
        content("content-start", type="text", text=""),
        *[content("content-delta", text=" word")] * EVENTS,
        {"type": "content-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": tokens}},
    ]
    lines = [f"event: {one['type']}\ndata: {json.dumps(one, separators=(',', ':'))}\n\n".encode() for one in events]
    return [*lines, b"data: [DONE]\n\n"]


def bedrock_events() -> list[bytes]:
    """Bedrock's answer."""
    return [START, *[delta(0, text=" word")] * EVENTS, stop(0), ended(), METADATA]


def serve(listener: socket.socket, content_type: str, events: list[bytes]) -> None:
    """Answer every request with the events."""
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    reply = head + b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in events) + b"0\r\n\r\n"

    def answer(connection: socket.socket) -> None:
        reader = connection.makefile("rb")
        while line := reader.readline():
            length = 0
            while line.strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
                line = reader.readline()
            reader.read(length)
            connection.sendall(reply)

    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()


def compare(name: str, raw: Callable[[], Any], ours: Callable[[], Any]) -> None:
    """Print what a chunk costs in both ways."""
    times: dict[str, list[float]] = {"raw": [], "ours": []}
    for _ in range(ROUNDS):
        for way, read in (("raw", raw), ("ours", ours)):
            start = time.process_time()
            read()
            times[way].append((time.process_time() - start) / EVENTS * 1e6)
    best = {way: min(values) for way, values in times.items()}
    pairs = statistics.median(b / a for a, b in zip(times["raw"], times["ours"], strict=True))
    ratio = best["ours"] / best["raw"]
    print(f"{name:24} raw {best['raw']:6.1f} us  ours {best['ours']:6.1f} us  ratio {ratio:.3f} (pairs {pairs:.3f})")


def main() -> None:
    """Compare all."""
    for name, content_type, events in (
        ("cohere", "text/event-stream", cohere_events()),
        ("bedrock", "application/vnd.amazon.eventstream", bedrock_events()),
    ):
        listener = socket.create_server(("127.0.0.1", 0))
        server = multiprocessing.Process(target=serve, args=(listener, content_type, events), daemon=True)
        server.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        (of_cohere if name == "cohere" else of_bedrock)(url)
        server.terminate()


def of_cohere(url: str) -> None:
    """Compare Cohere's."""
    client = cohere_sdk.ClientV2("key", base_url=url)
    asked: Any = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}

    @cohere.call("m", client=client, stream=True)
    def say() -> str:
        return "Hi"

    async def araw() -> None:
        async with cohere_sdk.AsyncClientV2("key", base_url=url) as client:
            async for _ in client.chat_stream(**asked):
                pass

    async def aours() -> None:
        async with cohere_sdk.AsyncClientV2("key", base_url=url) as client:

            @cohere.call("m", client=client, stream=True)
            async def say() -> str:
                return "Hi"

            async for chunk, _ in say():
                assert chunk.content is not None

    compare("cohere sync", lambda: [None for _ in client.chat_stream(**asked)], lambda: [c.content for c, _ in say()])
    compare("cohere async", lambda: asyncio.run(araw()), lambda: asyncio.run(aours()))


def of_bedrock(url: str) -> None:
    """Compare Bedrock's; boto3 has nothing async."""
    client = boto3.client(
        "bedrock-runtime", endpoint_url=url, region_name="x", aws_access_key_id="x", aws_secret_access_key="x"
    )
    messages = [{"role": "user", "content": [{"text": "Hi"}]}]

    @bedrock.call("m", client=client, stream=True)
    def say() -> str:
        return "Hi"

    @bedrock.call("m", client=client, stream=True)
    async def asay() -> str:
        return "Hi"

    async def aours() -> None:
        async for chunk, _ in asay():
            assert chunk.content is not None

    def raw() -> list[Any]:
        return [
            (event.get("contentBlockDelta") or {}).get("delta")
            for event in client.converse_stream(modelId="m", messages=messages)["stream"]
        ]

    compare("bedrock sync", raw, lambda: [chunk.content for chunk, _ in say()])
    compare("bedrock async (thread)", raw, lambda: asyncio.run(aours()))


if __name__ == "__main__":
    main()
