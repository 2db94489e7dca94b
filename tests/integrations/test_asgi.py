"""Server-sent events from a stream, through a real server, to a client that may go away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from mirascope_like.core import openai
from mirascope_like.integrations.asgi import EventStreamResponse
from tests.conformance.providers import OPENAI
from tests.harness.server import CloseEarly, Reply, Server, Stall

uvicorn = pytest.importorskip("uvicorn", reason="needs an ASGI server: uvicorn")


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an ASGI application; give its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        limit = monotonic() + 20
        while not server.started and monotonic() < limit:
            sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def address(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await EventStreamResponse(openai.model("m").stream_async("Hi"))(scope, receive, send)

    with serving(app) as address:
        yield address


def test_text_and_end(server: Server, address: str) -> None:
    server.reply(OPENAI.text("Hel\n", "lö"))
    answer = httpx.get(address)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == (
        'event: text\ndata: "Hel\\n"\n\nevent: text\ndata: "lö"\n\n'
        'event: done\ndata: {"finish_reasons": ["stop"], "output_tokens": 5}\n\n'
    )
    assert server.wait_until(lambda: server.served[0].state == "sent")


@pytest.mark.parametrize("reply", [Reply.error(400, "a secret"), None], ids=["refused", "broken off"])
def test_errors_are_told_by_name_alone(server: Server, address: str, reply: Reply | None) -> None:
    server.reply(reply or OPENAI.streamed(*OPENAI.texts("Hel", finish=None), CloseEarly()))
    said = httpx.get(address).text
    name = "BadRequestError" if reply else "StreamInterruptedError"
    assert said.endswith(f'event: error\ndata: "{name}"\n\n')
    assert "secret" not in said


def test_browser_that_goes(server: Server, address: str) -> None:
    server.reply(OPENAI.streamed(*OPENAI.texts("Hel", finish=None), Stall()))
    with httpx.stream("GET", address) as answer:
        assert next(answer.iter_lines()) == "event: text"
    assert server.wait_closed()
    assert server.aborted == 1


def test_without_a_server(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    server.reply(OPENAI.text("Hello"))
    sent: list[Any] = []

    async def main() -> None:
        forever = asyncio.Event()

        async def receive() -> Any:
            await forever.wait()

        async def send(message: Any) -> None:
            sent.append(message)

        await EventStreamResponse(openai.model("m").stream_async("Hi"))({}, receive, send)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert [one["type"] for one in sent] == ["http.response.start", *["http.response.body"] * 3]
