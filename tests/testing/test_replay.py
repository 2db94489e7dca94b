"""Which recorded response a request gets, when, and what is reported where there is none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import openai as openai_sdk
import pytest
import requests

from mirascope_like.core import RateLimitError, StreamInterruptedError, openai
from mirascope_like.testing import ReplayError, block_requests, fake, replay
from mirascope_like.testing.interception.body import AsyncLine
from tests.harness.clocks import set_clock
from tests.harness.server import Reply, Server
from tests.testing.senders import PATH, Received, each_sender

URL = f"http://127.0.0.1:9{PATH}"
"""An address at which nobody listens."""


def exchange(number: int, body: Any, *pieces: Any, how: str = "complete", status: int = 200) -> list[dict[str, Any]]:
    """The rows of an exchange whose pieces arrive a second apart."""
    kind = "application/json" if not isinstance(pieces[0] if pieces else "", str) else "text/event-stream"
    if kind == "application/json":
        data = json.dumps(pieces[0])
        found = [{"body": number, "json": pieces[0], "style": "spaced", "pieces": [[1, len(data)]]}]
    else:
        found = [{"piece": number, "time": at + 1, "text": piece} for at, piece in enumerate(pieces)]
    return [
        {"request": number, "method": "POST", "url": URL, "headers": {}, "json": body},
        {"response": number, "time": 1, "status": status, "headers": {"content-type": kind}},
        *found,
        {"end": number, "time": len(pieces) + 1, "how": how},
    ]


def completion(text: str, **usage: Any) -> dict[str, Any]:
    """A chat completion."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


def asked(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **more}


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a recording of the given exchanges."""

    def write(*exchanges: list[dict[str, Any]]) -> Path:
        file = tmp_path / "x.jsonl"
        rows = [{"recording": 1}, *(row for one in exchanges for row in one)]
        file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        return file

    return write


@openai.call("m")
def ask(prompt: str) -> str:
    return prompt


@openai.call("m")
async def aask(prompt: str) -> str:
    return prompt


def posted(body: Any) -> Any:
    return httpx2.post(URL, json=body).json()


def test_the_order_of_keys_and_the_spelling_of_numbers_do_not_matter(write: Write) -> None:
    file = write(exchange(1, asked("Hi", temperature=1.0, top_p=0.5), {"a": 1}))
    with replay(file, pace=0):
        assert posted({"top_p": 0.5, "temperature": 1, **asked("Hi")}) == {"a": 1}


def test_true_is_not_1(write: Write) -> None:
    with pytest.raises(ReplayError), replay(write(exchange(1, asked("Hi", stream=True), {"a": 1})), pace=0):
        posted(asked("Hi", stream=1))


def test_requests_are_matched_whatever_their_order(write: Write) -> None:
    file = write(exchange(1, asked("a"), completion("A")), exchange(2, asked("b"), completion("B")))
    with replay(file, pace=0) as played:
        assert [ask("b").content, ask("a").content] == ["B", "A"]
    assert [one["messages"][0]["content"] for one in played.requests] == ["b", "a"]
    assert played.path == file


def test_equal_requests_are_answered_in_order(write: Write) -> None:
    file = write(exchange(1, asked("a"), completion("1")), exchange(2, asked("a"), completion("2")))
    with pytest.raises(ReplayError) as raised, replay(file, pace=0):  # noqa: PT012
        assert [ask("a").content, ask("a").content] == ["1", "2"]
        ask("a")
    assert str(raised.value) == (
        f"{file} has no answer for request 3: POST /v1/chat/completions\n"
        "The program has already had all 2 answers that the recording has for it."
    )


def test_the_sdk_repeats_a_request_that_was_repeated(write: Write) -> None:
    limited = exchange(1, asked("a"), {"error": {"message": "slow down"}}, status=429)
    limited[1]["headers"]["retry-after-ms"] = "1"
    with replay(write(limited, exchange(2, asked("a"), completion("A"))), pace=0) as played:
        assert ask("a").content == "A"
    assert len(played.requests) == 2
    client = openai_sdk.OpenAI(api_key="k", max_retries=0)
    with replay(played.path, pace=0):

        @openai.call("m", client=client)
        def once(prompt: str) -> str:
            return prompt

        with pytest.raises(RateLimitError, match="slow down"):
            once("a")


def test_the_difference_is_shown(write: Write) -> None:
    other = asked("Something else", temperature=0.5, stream=True, tools=[{"a": 1}])
    file = write(exchange(1, other, completion("x")), exchange(2, asked("Hello"), completion("A")))
    with pytest.raises(ReplayError) as raised, replay(file, pace=0):
        posted(asked("Hi \x1b[2J\x9b\u202e"))
    assert str(raised.value) == (
        f"{file} has no answer for request 1: POST /v1/chat/completions\n"
        "Its difference to request 2 of the recording (- recorded, + sent):\n"
        "@@ -2,5 +2,5 @@\n"
        '   "messages": [\n'
        "     {\n"
        '-      "content": "Hello",\n'
        '+      "content": "Hi \\u001b[2J\\u009b\\u202e",\n'
        '       "role": "user"\n'
        "     }"
    )


def test_another_path(write: Write) -> None:
    file = write(exchange(1, asked("Hello"), completion("A")))
    with pytest.raises(ReplayError) as raised, replay(file, pace=0):
        httpx2.post(URL.replace("v1", "v2"), json=asked("Hello"))
    assert str(raised.value) == (
        f"{file} has no answer for request 1: POST /v2/chat/completions\n"
        "The recording has requests to:\n"
        "  POST /v1/chat/completions"
    )


def test_a_program_that_suppresses_the_error_fails_all_the_same(write: Write) -> None:
    with pytest.raises(ReplayError, match="has no answer for request 1"), replay(write(), pace=0):  # noqa: SIM117
        with suppress(BaseException):
            ask("x")


def test_nothing_leaves_the_machine(write: Write, server: Server) -> None:
    server.reply(Reply.json({"page": 1}))
    with pytest.raises(ReplayError) as raised, replay(write(), pace=0):  # noqa: PT012
        assert requests.get(f"{server.url}/page", timeout=60).json() == {"page": 1}
        requests.get("https://example.org/page?key=secret", timeout=60)
    assert str(raised.value) == "GET https://example.org/page is not sent during a replay"


@pytest.mark.parametrize("library", [httpx2, requests])
def test_a_recording_chooses_no_request_to_this_machine(library: Any, write: Write, server: Server) -> None:
    """A file that somebody else has written, with a redirect to a service of this machine."""
    hostile = exchange(1, asked("Hi"), {}, status=307)
    hostile[1]["headers"]["location"] = f"{server.url}/shutdown"
    follow: Any = {"follow_redirects": True} if library is httpx2 else {"timeout": 60}
    with pytest.raises(ReplayError, match=r"redirects to .*/shutdown, but"):  # noqa: SIM117
        with replay(write(hostile), pace=0):
            library.post(URL, json=asked("Hi"), **follow)
    assert server.requests == []


def test_blocked_requests_and_scripted_models_around(write: Write) -> None:
    with block_requests(), replay(write(exchange(1, asked("a"), completion("A"))), pace=0):
        with fake("scripted"):
            assert ask("a").content == "scripted"
        assert ask("a").content == "A"


# Times


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Stops the clock. The function lets seconds pass."""
    now = [1000.0]
    set_clock(monkeypatch, monotonic=lambda: now[0])

    def passes(seconds: float) -> None:
        now[0] += seconds

    return passes


def test_times_are_those_of_the_recording(
    write: Write, passes: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At pace 2.0, the pieces, a second apart, come two seconds apart: by the clock, not by the machine."""
    waits: list[float] = []

    def wait(condition: Any, seconds: float) -> None:
        waits.append(round(seconds, 1))
        passes(seconds)

    set_clock(monkeypatch, wait=wait)
    file = write(exchange(1, asked("Hi"), "data: 1\n\n", "data: 2\n\n", "data: 3\n\n"))
    for pace, expected in ((2.0, [2.0, 2.0, 2.0]), (1.0, [1.0, 1.0, 1.0]), (0, [])):
        waits.clear()
        with replay(file, pace=pace), httpx2.stream("POST", URL, json=asked("Hi"), timeout=None) as response:
            assert list(response.iter_raw()) == [b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n"]
        assert waits == expected


def test_times_of_an_async_replay(
    write: Write, passes: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def wait(self: AsyncLine, seconds: float) -> bool:
        waits.append(round(seconds, 1))
        passes(seconds)
        return True

    monkeypatch.setattr(AsyncLine, "wait", wait)
    file = write(exchange(1, asked("Hi"), "data: 1\n\n", "data: 2\n\n"))

    async def main() -> None:
        async with (
            replay(file),
            httpx2.AsyncClient(timeout=None) as client,
            client.stream("POST", URL, json=asked("Hi")) as response,
        ):
            assert [piece async for piece in response.aiter_raw()] == [b"data: 1\n\n", b"data: 2\n\n"]

    asyncio.run(main())
    assert waits == [1.0, 1.0]


def test_a_slow_reader_does_not_wait_longer(
    write: Write, passes: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has arrived while the program did something else is there at once, as on the wire."""
    waits: list[float] = []

    def wait(condition: Any, seconds: float) -> None:
        waits.append(round(seconds, 1))
        passes(100)  # the program is late

    set_clock(monkeypatch, wait=wait)
    file = write(exchange(1, asked("Hi"), "data: 1\n\n", "data: 2\n\n"))
    with replay(file, pace=10), httpx2.stream("POST", URL, json=asked("Hi"), timeout=None) as response:
        assert list(response.iter_raw()) == [b"data: 1\n\n", b"data: 2\n\n"]
    assert waits == [10.0]


@pytest.mark.parametrize(("pace", "cut_after"), [(-1, None), (float("nan"), None), (float("inf"), None), (1, -1)])
def test_options_that_make_no_sense(write: Write, pace: float, cut_after: int | None) -> None:
    with pytest.raises(ValueError, match=r"^(pace|cut_after) is a"):
        replay(write(), pace, cut_after)


# Cuts


@each_sender
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_cuts(send: Any, count: int, write: Write) -> None:
    file = write(
        exchange(1, {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}, "a", "b", "c")
    )
    with replay(file, pace=0, cut_after=count):
        found = Received(send, URL.removesuffix(PATH))
    assert found.pieces == [b"a", b"b", b"c"][:count]
    assert (found.error is None) == (count == 3)


def test_what_the_program_sees_of_a_cut(write: Write) -> None:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    deltas = [{"role": "assistant", "content": "Once"}, {"content": " upon"}]
    pieces = [
        f"data: {json.dumps({**chunk, 'choices': [{'index': 0, 'delta': delta, 'finish_reason': None}]})}\n\n"
        for delta in deltas
    ]
    body = asked("Hi", stream=True, stream_options={"include_usage": True})

    @openai.call("m", stream=True)
    def story(prompt: str) -> str:
        return prompt

    with replay(write(exchange(1, body, *pieces, "data: [DONE]\n\n")), pace=0, cut_after=1):
        stream = story("Hi")
        with pytest.raises(StreamInterruptedError) as raised:
            list(stream)
    assert raised.value.partial.content == "Once"


# Concurrency


def test_threads(write: Write) -> None:
    file = write(*(exchange(number, asked(f"{number % 10}"), completion(f"{number}")) for number in range(1, 101)))
    with replay(file, pace=0), ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda number: (number % 10, ask(f"{number % 10}").content), range(100)))
    assert sorted(int(text) for _, text in found) == list(range(1, 101))
    assert all(int(text) % 10 == key for key, text in found)


def test_tasks_that_each_have_a_replay(tmp_path: Path) -> None:
    files = []
    for name in "ab":
        file = tmp_path / f"{name}.jsonl"
        rows = [{"recording": 1}, *exchange(1, asked("x"), completion(name))]
        file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        files.append(file)

    async def one(file: Path, both: asyncio.Barrier) -> str:
        async with replay(file, pace=0):
            await both.wait()
            return (await aask("x")).content

    async def main() -> list[str]:
        both = asyncio.Barrier(2)
        return await asyncio.gather(*(one(file, both) for file in files))

    assert asyncio.run(main()) == ["a", "b"]


def test_a_replay_is_entered_once(write: Write) -> None:
    played = replay(write(), pace=0)
    with played:
        pass
    with pytest.raises(RuntimeError, match="can be entered once"), played:
        pass
