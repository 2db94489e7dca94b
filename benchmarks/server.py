"""A loopback server in its own process that streams synthetic replies as cheaply as it can, for benchmarks.

    python -m benchmarks.server        prints its port, and serves until its input is closed
    with benchmarks.server.start() as base_url: ...

`POST .../chat/completions` answers like OpenAI (Groq's and Mistral's SDKs read it too), `POST .../messages`
like Anthropic. With `"stream": true` a request gets `x-chunks` events with text (a header; else 2000), each
in an HTTP chunk of its own: many in one write to the socket, or one every `x-pace-ms` milliseconds. Any
other request gets the same reply whole, of `x-chunks` pieces of text (else 20). With `x-close: 1` the
connection is closed afterwards.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

SENTENCE = "The quick brown fox, who had read the report twice, jumps over 17 lazy dogs — and says: “done”."
PIECES = [f" {word}" for word in SENTENCE.split()]
PADDING = "Qz7LmX2"
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nrequest-id: req_bench\r\n"
    b"x-request-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n"
)
WRITE_SIZE = 1 << 16
END = b"0\r\n\r\n"


def texts(count: int) -> list[str]:
    """So many pieces of text, as a model would stream them."""
    return list(itertools.islice(itertools.cycle(PIECES), count))


def chat_events(count: int) -> list[bytes]:
    """The events of a chat completion with `count` deltas of text, as OpenAI sends them with usage."""
    head = {
        "id": "chatcmpl-BmK2xQ9pYvT0bEnChMaRk00000000",
        "object": "chat.completion.chunk",
        "created": 1764000000,
        "model": "gpt-4o-mini-2024-07-18",
        "service_tier": "default",
        "system_fingerprint": "fp_560af6e559",
    }

    def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        padding = PADDING[: 1 + len(delta.get("content") or "") % 7]
        return _sse({**head, "choices": [choice], "usage": None, "obfuscation": padding})

    return [
        chunk({"role": "assistant", "content": "", "refusal": None}),
        *(chunk({"content": text}) for text in texts(count)),
        chunk({}, "stop"),
        _sse({**head, "choices": [], "usage": _chat_usage(count)}),
        b"data: [DONE]\n\n",
    ]


def chat_answer(count: int) -> dict[str, Any]:
    """The same reply, not streamed."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(texts(count)),
        "refusal": None,
        "annotations": [],
    }
    return {
        "id": "chatcmpl-BmK2xQ9pYvT0bEnChMaRk00000000",
        "object": "chat.completion",
        "created": 1764000000,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": _chat_usage(count),
        "service_tier": "default",
        "system_fingerprint": "fp_560af6e559",
    }


def _chat_usage(count: int) -> dict[str, Any]:
    generated = {"reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0}
    return {
        "prompt_tokens": 19,
        "completion_tokens": count,
        "total_tokens": 19 + count,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {**generated, "rejected_prediction_tokens": 0},
    }


def message_events(count: int) -> list[bytes]:
    """The events of an Anthropic message with `count` deltas of text."""
    start: dict[str, Any] = {**message_answer(0), "content": [], "stop_reason": None}

    def delta(text: str) -> bytes:
        body = {"type": "text_delta", "text": text}
        return _named({"type": "content_block_delta", "index": 0, "delta": body})

    return [
        _named({"type": "message_start", "message": start}),
        _named({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        _named({"type": "ping"}),
        *(delta(text) for text in texts(count)),
        _named({"type": "content_block_stop", "index": 0}),
        _named(
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn", "stop_sequence": None},
                "usage": {
                    "input_tokens": 19,
                    "cache_creation_input_tokens": 0,
                    "cache_read_input_tokens": 0,
                    "output_tokens": count,
                },
            }
        ),
        _named({"type": "message_stop"}),
    ]


def message_answer(count: int) -> dict[str, Any]:
    """The same reply, not streamed."""
    return {
        "model": "claude-sonnet-4-5-20250929",
        "id": "msg_01BenchmarkBenchmarkBench00",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": "".join(texts(count))}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 19,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": max(1, count),
            "service_tier": "standard",
        },
    }


def _sse(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def _named(data: dict[str, Any]) -> bytes:
    return f"event: {data['type']}\n".encode() + _sse(data)


@cache
def stream_chunks(api: str, count: int) -> tuple[bytes, ...]:
    """The HTTP chunks of a streamed reply."""
    events = message_events(count) if api == "messages" else chat_events(count)
    return tuple(b"%x\r\n%b\r\n" % (len(event), event) for event in events)


@cache
def stream_writes(api: str, count: int) -> tuple[bytes, ...]:
    """A streamed reply in few large pieces, head and end included."""
    whole = STREAM_HEAD + b"".join(stream_chunks(api, count)) + END
    return tuple(whole[start : start + WRITE_SIZE] for start in range(0, len(whole), WRITE_SIZE))


@cache
def whole_reply(api: str, count: int) -> bytes:
    """A reply that is not streamed, head included."""
    body = json.dumps(message_answer(count) if api == "messages" else chat_answer(count)).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return f"{head}request-id: req_bench\r\nx-request-id: req_bench\r\n\r\n".encode() + body


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, EOFError, asyncio.CancelledError):
        while await _serve_one(reader, writer):
            pass
    writer.close()


async def _serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    path = first.split(" ")[1].partition("?")[0]
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = json.loads(await _body(reader, headers) or b"{}")
    await _answer(writer, "messages" if path.endswith("/messages") else "chat", body.get("stream"), headers)
    return "x-close" not in headers and headers.get("connection", "").lower() != "close"


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers.get("content-length", 0)))
    pieces: list[bytes] = []
    while size := int(await reader.readline(), 16):
        pieces.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(pieces)


async def _answer(writer: asyncio.StreamWriter, api: str, stream: bool | None, headers: dict[str, str]) -> None:
    pace = float(headers.get("x-pace-ms", 0)) / 1000
    if not stream:
        writer.write(whole_reply(api, int(headers.get("x-chunks", 20))))
        await writer.drain()
        return
    count = int(headers.get("x-chunks", 2000))
    if not pace:
        for piece in stream_writes(api, count):
            writer.write(piece)
            await writer.drain()
        return
    writer.write(STREAM_HEAD)
    loop = asyncio.get_running_loop()
    due = loop.time()
    for chunk in stream_chunks(api, count):
        due += pace  # from the schedule, not from the last write: being late once delays nothing else
        await asyncio.sleep(max(0.0, due - loop.time()))
        writer.write(chunk)
        await writer.drain()
    writer.write(END)
    await writer.drain()


async def _main() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait_for_end_of_input() -> None:
        sys.stdin.buffer.read()  # the end of our input is the end of who started us
        loop.call_soon_threadsafe(stop.set)

    server = await asyncio.start_server(_serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    threading.Thread(target=wait_for_end_of_input, daemon=True).start()
    await stop.wait()
    server.close()


@contextmanager
def start() -> Generator[str]:
    """Run the server as a subprocess; gives `http://127.0.0.1:port` (OpenAI's base URL adds `/v1`)."""
    command = [sys.executable, "-m", "benchmarks.server"]
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main())
