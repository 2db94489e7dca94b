"""Bodies of other kinds: files, audio, gRPC; and requests that are not for a model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import httpx2
import openai as openai_sdk
import pytest
import requests

from mirascope_like.core import gemini
from mirascope_like.testing import ReplayError, record, replay
from tests.gemini.test_grpc import STATUSES, client, stream
from tests.harness.server import Reply, Server
from tests.testing.senders import BODY, PATH

assert client  # a fixture


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "x.jsonl"


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_an_upload_and_audio(server: Server, file: Path) -> None:
    """A multipart body has a random boundary; the response is bytes."""
    sound = b"ID3\xff\xfb\x90\x00" * 9
    sdk = openai_sdk.OpenAI(base_url=f"{server.url}/v1", api_key="sk-mine", max_retries=0)
    server.reply(Reply.json({"text": "Hi"}), Reply((sound[:20], sound[20:]), 200, {"content-type": "audio/mpeg"}))

    def calls() -> tuple[str, bytes]:
        transcription = sdk.audio.transcriptions.create(model="w", file=("a.mp3", BytesIO(sound), "audio/mpeg"))
        return transcription.text, sdk.audio.speech.create(model="t", voice="alloy", input="Hi").content

    with record(file, hosts=["127.0.0.1"]):
        live = calls()
    assert live == ("Hi", sound)
    with replay(file, pace=0) as played:
        assert calls() == live
    assert len(server.requests) == 2
    assert played.requests[0].headers["content-type"] == "multipart/form-data; boundary=boundary"
    assert sound in played.requests[0].body
    changed = BytesIO(b"other")
    with pytest.raises(ReplayError, match=r"-\d+ bytes, SHA-256 \w{64}\n\+--boundary"), replay(file, pace=0):
        sdk.audio.transcriptions.create(model="w", file=("a.mp3", changed, "audio/mpeg"))
    sdk.close()


def test_bodies_that_can_be_read_once(server: Server, file: Path) -> None:
    """They are sent whole, after they were recorded."""
    body = json.dumps(BODY).encode()
    url, kind = f"{server.url}{PATH}", {"content-type": "application/json"}

    def pieces() -> Iterator[bytes]:
        yield body[:9]
        yield body[9:]

    async def apieces() -> Any:
        for piece in pieces():
            yield piece

    async def with_aiohttp(data: Any) -> Any:
        async with aiohttp.ClientSession() as session, session.post(url, data=data, headers=kind) as response:
            return await response.json()

    async def with_httpx() -> Any:
        async with httpx.AsyncClient() as http:
            return (await http.post(url, content=apieces(), headers=kind)).json()

    def calls() -> list[Any]:
        return [
            httpx2.post(url, content=pieces(), headers=kind).json(),
            asyncio.run(with_httpx()),
            requests.post(url, data=pieces(), headers=kind, timeout=60).json(),
            requests.post(url, data=BytesIO(body), headers=kind, timeout=60).json(),
            asyncio.run(with_aiohttp(apieces())),
            asyncio.run(with_aiohttp(BytesIO(body))),
        ]

    server.always(Reply.json({"a": 1}))
    with record(file):
        assert calls() == [{"a": 1}] * 6
    assert [request.json for request in server.requests] == [BODY] * 6
    with replay(file, pace=0) as played:
        assert calls() == [{"a": 1}] * 6
    assert [request.body for request in played.requests] == [BODY] * 6
    assert len(server.requests) == 6


def form() -> aiohttp.FormData:
    data = aiohttp.FormData({"model": "w"})
    data.add_field("file", BytesIO(b"ID3\xff\xfb"), filename="a.mp3", content_type="audio/mpeg")
    return data


def parts() -> aiohttp.MultipartWriter:
    writer = aiohttp.MultipartWriter("form-data")
    writer.append("w", {"Content-Type": "text/plain"}).set_content_disposition("form-data", name="model")
    return writer


@pytest.mark.parametrize(
    ("made", "changed", "kind", "sent"),
    [
        (form, lambda: aiohttp.FormData({"model": "v"}, default_to_multipart=True), "multipart/form-data", b"\xff\xfb"),
        (parts, lambda: aiohttp.MultipartWriter("form-data"), "multipart/form-data", b'name="model"\r\n\r\nw\r\n'),
        (lambda: {"model": "w"}, lambda: {"model": "v"}, "application/x-www-form-urlencoded", b"model=w"),
    ],
)
def test_a_form_of_aiohttp(made: Any, changed: Any, kind: str, sent: bytes, server: Server, file: Path) -> None:
    """Its boundary is random, its files can be read once, and it is sent as without a recording."""

    async def post(data: Any) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{server.url}/v1/audio/transcriptions", data=data) as response,
        ):
            return await response.json()

    server.always(Reply.json({"text": "Hi"}))
    with record(file, hosts=["127.0.0.1"]):
        assert asyncio.run(post(made())) == {"text": "Hi"}
    assert server.request.headers["content-type"].partition(";")[0] == kind
    assert sent in server.request.body
    with replay(file, pace=0) as played:
        assert asyncio.run(post(made())) == {"text": "Hi"}
    body = played.requests[0].body
    assert sent in (body if isinstance(body, bytes) else body.encode())
    with pytest.raises(ReplayError, match="difference to request 1"), replay(file, pace=0):
        asyncio.run(post(changed()))
    assert len(server.requests) == 1


def test_a_form_of_aiohttp_that_is_not_recorded(server: Server, file: Path) -> None:
    server.reply(Reply.json({"a": 1}))

    async def post() -> Any:
        async with aiohttp.ClientSession() as session, session.post(f"{server.url}/form", data=form()) as response:
            return await response.json()

    with record(file):
        assert asyncio.run(post()) == {"a": 1}
    assert b"ID3\xff\xfb\r\n" in server.request.body


def test_a_request_without_a_body_is_known_by_its_query(server: Server, file: Path) -> None:
    server.reply(*(Reply.json({"page": number}) for number in (1, 2)))
    with record(file, hosts=["127.0.0.1"]):
        for after in "ab":
            httpx2.get(f"{server.url}/v1/files?after={after}&limit=2")
    with replay(file, pace=0):
        found = [httpx2.get(f"https://api.openai.com/v1/files?limit=2&after={after}").json() for after in "ba"]
    assert found == [{"page": 2}, {"page": 1}]


def test_requests_that_are_not_for_a_model_are_not_recorded(server: Server, file: Path) -> None:
    """A page that a tool fetches; a token that a client gets: nobody knows what keys are in them."""
    server.reply(*(Reply.json({"access_token": "abc"}) for _ in range(2)))
    with record(file) as made:
        httpx2.get(f"{server.url}/token")
        httpx2.post(f"{server.url}{PATH}", json={"other": "form"})
    assert made.requests == []
    assert rows(file) == [{"recording": 1}]


# gRPC


def test_grpc(client: Any, file: Path) -> None:
    @gemini.call("m", client=client)
    def say() -> str:
        return "Hi"

    def calls() -> list[Any]:
        whole, streamed = say(), stream(client, "Hi").collect()
        return [whole.response.to_dict(), streamed.response.to_dict()]

    with record(file):
        live = calls()
    recorded = rows(file)
    with replay(file, pace=0) as played:
        assert calls() == live
    assert [one.path for one in played.requests] == [
        "/v1beta/models/m:generateContent",
        "/v1beta/models/m:streamGenerateContent",
    ]
    assert [row["how"] for row in recorded if "end" in row] == ["complete", "complete"]
    assert len([row for row in recorded if "piece" in row]) == 2


@pytest.mark.parametrize("status", STATUSES)
def test_errors_of_grpc(client: Any, status: str, file: Path) -> None:
    @gemini.call("m", client=client, call_params={"request_options": {"retry": None}})
    def say() -> str:
        return status

    def errors() -> list[Any]:
        found: list[Any] = []
        for call in (say, stream(client, status).collect):
            with pytest.raises(STATUSES[status][0]) as raised:
                call()
            found.append((type(raised.value), str(raised.value)))
        return found

    live = errors()
    with record(file):
        assert errors() == live
    with replay(file, pace=0):
        assert errors() == live


def test_a_grpc_stream_that_is_closed(client: Any, file: Path) -> None:
    with record(file):
        held = stream(client, "hold")
        assert next(held)[0].content == "Hel"
        held.close()
    assert [row["how"] for row in rows(file) if "end" in row] == ["closed"]
    assert len([row for row in rows(file) if "body" in row]) == 1
    with replay(file, pace=0):
        held = stream(client, "hold")
        assert next(held)[0].content == "Hel"
        held.close()
