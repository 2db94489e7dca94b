"""Calls to log, answered from memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import openai as openai_sdk

from mirascope_like.core import openai


def client(reply: Callable[[dict[str, Any]], str | int] = lambda body: "hello", key: str = "sk-secret") -> Any:
    """Return a client of OpenAI's SDK whose requests are answered by `reply`: a text, or the status of an error."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        body: dict[str, Any] = json.loads(request.content)
        answer = reply(body)
        if isinstance(answer, int):
            return httpx2.Response(answer, json={"error": {"message": f"scripted {answer}"}})
        if body.get("stream"):
            return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=Events(answer))
        headers = {"content-type": "application/json"}
        return httpx2.Response(200, headers=headers, content=json.dumps(completion(answer, body["model"])))

    transport = httpx2.MockTransport(handle)
    return openai_sdk.OpenAI(
        api_key=key, base_url="http://memory/v1", http_client=httpx2.Client(transport=transport), max_retries=0
    )


def completion(text: str, model: str) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    head = {"id": "c", "object": "chat.completion", "created": 1, "model": model}
    return {**head, "choices": [choice], "usage": usage}


class Events(httpx2.SyncByteStream):
    """A streamed answer: a read for each word."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __iter__(self) -> Iterator[bytes]:
        head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini"}
        words = self._text.split(" ")
        deltas = [{"content": word if number == 0 else f" {word}"} for number, word in enumerate(words)]
        for delta in deltas:
            yield event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        yield event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        yield event({**head, "choices": [], "usage": usage})
        yield b"data: [DONE]\n\n"


def event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def asking(reply: Callable[[dict[str, Any]], str | int] = lambda body: "hello", **options: Any) -> Any:
    """Return a call of OpenAI whose prompt is its argument."""
    options = {"client": client(reply), **options}
    call: Any = openai.call

    @call("gpt-4o-mini", **options)
    def ask(text: str) -> str:
        return text

    return ask
