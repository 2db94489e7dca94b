"""Server-sent events from a stream, through a real server, to a client that may go away."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import httpx
import pytest
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.routing import Route

from mirascope_like.core import AsyncStream, ConfigurationError, openai
from mirascope_like.integrations.asgi import EventStreamResponse, sse
from tests.conformance.providers import OPENAI
from tests.harness.clocks import PATIENCE
from tests.harness.server import CloseEarly, Reply, Server, Stall

uvicorn = pytest.importorskip("uvicorn", reason="needs an ASGI server: uvicorn")


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an ASGI application; yield its address."""
    started = threading.Event()

    class Announced(uvicorn.Server):  # type: ignore[misc, name-defined]
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Announced(uvicorn.Config(app, port=0, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert started.wait(PATIENCE)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


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
def test_errors_are_sent_by_name_only(server: Server, address: str, reply: Reply | None) -> None:
    server.reply(reply or OPENAI.streamed(*OPENAI.texts("Hel", finish=None), CloseEarly()))
    body = httpx.get(address).text
    name = "BadRequestError" if reply else "StreamInterruptedError"
    assert body.endswith(f'event: error\ndata: "{name}"\n\n')
    assert "secret" not in body


def test_browser_that_goes(server: Server, address: str) -> None:
    server.reply(OPENAI.streamed(*OPENAI.texts("Hel", finish=None), Stall()))
    with httpx.stream("GET", address) as answer:
        assert next(answer.iter_lines()) == "event: text"
    assert server.wait_closed()
    assert server.aborted == 1


@contextmanager
def application(kind: str) -> Iterator[tuple[str, list[str]]]:
    """Serve the same response by Starlette or FastAPI; yield the address, and the list of background tasks that ran."""
    done: list[str] = []

    async def write(request: Request) -> EventStreamResponse:
        answer = EventStreamResponse(openai.model("m").stream_async("Hi"), headers={"X-Mine": "yes"})
        answer.background = BackgroundTask(done.append, "afterwards")
        return answer

    if kind == "starlette":
        app: Any = Starlette(routes=[Route("/write", write)], middleware=[Middleware(GZipMiddleware)])
    else:
        app = pytest.importorskip("fastapi").FastAPI(middleware=[Middleware(GZipMiddleware)])
        write.__annotations__ = {"request": Request, "return": EventStreamResponse}  # it looks them up in the module
        app.get("/write")(write)
    with serving(app) as address:
        yield f"{address}/write", done


frameworks = pytest.mark.parametrize("kind", ["starlette", "fastapi"])


@frameworks
def test_response_of_a_framework(server: Server, address: str, kind: str) -> None:
    server.reply(OPENAI.text("Hel", "lö"))
    with application(kind) as (url, done):
        answer = httpx.get(url)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["x-mine"] == "yes"
        assert answer.text.startswith('event: text\ndata: "Hel"\n\nevent: text\ndata: "lö"\n\nevent: done\n')
        assert server.wait_until(lambda: done == ["afterwards"])


def test_async_call_as_a_route(server: Server, address: str) -> None:
    server.reply(Reply.json(OPENAI.whole("Hello")))
    loops: list[Any] = []

    async def write(topic: str) -> str:
        loops.append(asyncio.get_running_loop())
        return topic

    app: Any = pytest.importorskip("fastapi").FastAPI()
    call = openai.call("m", output_parser=lambda response: response.content)(write)
    assert inspect.iscoroutinefunction(call)
    app.get("/write")(call)
    with serving(app) as url:
        assert httpx.get(f"{url}/write", params={"topic": "the sea"}).json() == "Hello"
    assert len(loops) == 1
    assert server.request.json["messages"] == [{"role": "user", "content": "the sea"}]


def test_response_that_a_framework_changes() -> None:
    answer: Any = EventStreamResponse(openai.model("m").stream_async("Hi"), headers={"Cache-Control": "private"})
    answer.headers["x-mine"] = "yes"
    answer.set_cookie("seen", "1")
    assert answer.headers["cache-control"] == "private"
    assert [name for name, _ in answer.raw_headers] == [
        *(b"content-type", b"cache-control", b"x-accel-buffering", b"x-mine", b"set-cookie"),
    ]


@frameworks
def test_browser_that_goes_from_a_framework(server: Server, address: str, kind: str) -> None:
    server.reply(OPENAI.streamed(*OPENAI.texts("Hel", finish=None), Stall()))
    with application(kind) as (url, _):
        with httpx.stream("GET", url) as answer:
            assert next(answer.iter_lines()) == "event: text"
        assert server.wait_closed()


@pytest.mark.parametrize("starlette", [True, False], ids=["with Starlette", "without it"])
def test_without_a_server(server: Server, monkeypatch: pytest.MonkeyPatch, starlette: bool) -> None:
    response_type: Any = EventStreamResponse
    if not starlette:
        monkeypatch.setitem(sys.modules, "starlette.responses", None)
        monkeypatch.delitem(sys.modules, EventStreamResponse.__module__)
        response_type = import_module(EventStreamResponse.__module__).EventStreamResponse
        assert response_type.__bases__ == (object,)
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

        await response_type(openai.model("m").stream_async("Hi"))({}, receive, send)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert [one["type"] for one in sent] == ["http.response.start", *["http.response.body"] * 3]


class Book(BaseModel):
    title: str


def test_what_cannot_be_sent() -> None:
    @openai.call("m", stream=True, response_model=Book)
    async def structured() -> str:
        return "Hi"

    for stream, kind in ((openai.model("m").stream("Hi"), "OpenAIStream"), (structured(), "AsyncStructuredStream")):
        given: Any = stream
        with pytest.raises(ConfigurationError, match=f"a {kind} cannot be sent: pass the stream of an async call"):
            EventStreamResponse(given)


@pytest.mark.parametrize(("text", "error"), [({"by": "words"}, ConfigurationError), ({"bye": "word"}, TypeError)])
def test_arguments_that_text_does_not_take(text: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        EventStreamResponse(openai.model("m").stream_async("Hi"), **text)


def test_errors_are_logged(server: Server, address: str, caplog: pytest.LogCaptureFixture) -> None:
    server.reply(Reply.error(400, "what is wrong"))
    httpx.get(address)
    (logged,) = [one for one in caplog.records if one.name == "mirascope_like.integrations.asgi"]
    assert logged.levelname == "ERROR"
    assert logged.exc_info is not None
    assert "what is wrong" in str(logged.exc_info[1])


@pytest.mark.parametrize("header", [{"x-a": "1\r\nset-cookie: a=b"}, {"x-a\n": "1"}, {"x-a": "1\0"}, {"x\r": ""}])
def test_line_breaks_in_headers(header: dict[str, str]) -> None:
    """RFC 9110, section 5.5: CR, LF and NUL in field values are invalid, and dangerous."""
    stream: Any = object.__new__(AsyncStream)
    stream.text = lambda **_: None
    with pytest.raises(ConfigurationError, match="line break or a NUL"):
        EventStreamResponse(stream, headers=header)


def test_line_breaks_in_names_of_events() -> None:
    with pytest.raises(ConfigurationError, match="line break or a NUL"):
        sse("text\ndata: 1", "a")
    assert sse("text", "a\r\nb") == b'event: text\ndata: "a\\r\\nb"\n\n'
