"""No error shows a key of its request: keys that a server or a library repeats, in all that a log or a span would hold.

Sources: OpenAI's 401 repeats the key ("Incorrect API key provided: ..."), and gateways repeat headers; h11 repeats the
value of a header that it refuses ("Illegal header value b'Bearer ...\\n'"), which is a key read from a file with its
line break.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import anthropic as anthropic_sdk
import openai as openai_sdk
import pytest

from mirascope_like.core import AuthenticationError, MirascopeLikeError, anthropic, openai
from mirascope_like.core.dialects.transport import without
from mirascope_like.core.dialects.transport.keys import is_key, secrets_of
from tests.conformance.contract import BaseRow
from tests.conformance.providers import ANTHROPIC, OPENAI, RESPONSES, Row, openai_like
from tests.conformance.rows import EVERY
from tests.harness.server import Reply, Server

REMOTE = [row for row in EVERY if row.name != "local"]
KEY = "sk-test"
"""The key of the clients of the conformance suite."""


def shown(error: BaseException) -> str:
    """All that logs, tracers and debuggers show of an error and of those that caused it."""
    texts = ["".join(traceback.format_exception(error)), str(pickle.dumps(error))]
    following: list[BaseException | None] = [error]
    while following:
        one = following.pop()
        if one is not None:
            texts += [repr(one), str(one), str(vars(one)), *getattr(one, "__notes__", ())]
            following += [one.__cause__, one.__context__]
    return "\n".join(texts)


def refused(row: BaseRow, key: str = KEY) -> Reply:
    """A refusal that repeats the key, also as it stands in a URL."""
    reply = row.wire.failed(401)
    message = f"Incorrect API key: {key}. Called: https://a.example/?key={key}".encode()
    return replace(reply, pieces=(reply.body.replace(b"scripted error", message),))


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("row", REMOTE, ids=lambda row: row.id)
def test_a_key_that_the_server_repeats(row: BaseRow, asynchronous: bool, stream: bool, server: Server) -> None:
    server.always(refused(row))

    async def acall() -> Any:
        async with row.aclient(server) as client:
            return await (row.astream(client).collect() if stream else row.aask(client))

    def call() -> Any:
        with row.client(server) as client:
            return row.stream(client).collect() if stream else row.ask(client)

    with pytest.raises(MirascopeLikeError) as caught:
        asyncio.run(acall()) if asynchronous else call()
    assert isinstance(caught.value, AuthenticationError)
    assert "Incorrect API key: ***. Called" in str(caught.value)
    assert KEY not in shown(caught.value)


@pytest.mark.parametrize("row", [OPENAI, RESPONSES, ANTHROPIC], ids=lambda row: row.id)
def test_a_key_in_an_error_event(row: Row, server: Server) -> None:
    error = {"type": "error", "code": "x", "message": f"no such key: {KEY}", "param": None}
    event = error if row is RESPONSES else {"type": "error", "error": error}
    server.reply(row.streamed(*row.texts("Hel", finish=None), event))
    with row.client(server) as client, pytest.raises(MirascopeLikeError) as caught:
        row.stream(client).collect()
    assert "no such key: ***" in str(caught.value)
    assert KEY not in shown(caught.value)


@openai_like
def test_a_header_that_the_server_repeats(row: Row, server: Server) -> None:
    """All values of `extra_headers` and `extra_query` count as keys, whatever their names."""
    server.reply(refused(row, "tenant 7/b"))
    params = {"extra_headers": {"x-tenant": "tenant 7/b"}, "extra_query": {"where": "region-1"}}
    with row.client(server) as client, pytest.raises(MirascopeLikeError) as caught:
        row.ask(client, call_params=params)
    assert "tenant" not in shown(caught.value)


@pytest.mark.parametrize("row", [OPENAI, ANTHROPIC], ids=lambda row: row.id)
def test_a_key_of_the_environment(row: Row, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {row.key: "sk-environment-1", row.base_url: row.url(server)}.items():
        monkeypatch.setenv(name, value)
    server.reply(refused(row, "sk-environment-1"))
    with pytest.raises(MirascopeLikeError) as caught:
        row.ask()
    assert "Incorrect API key: ***" in str(caught.value)
    assert "sk-environment" not in shown(caught.value)


@pytest.mark.parametrize(
    "key",
    ["sk-line-break-1\n", "sk-line-break-1\nline-break-2", "sk-\u201cquoted\u201d-1"],
    ids=["line break", "two lines", "not ASCII"],
)
@pytest.mark.parametrize("row", [OPENAI, ANTHROPIC], ids=lambda row: row.id)
def test_a_key_that_no_header_can_hold(row: Row, key: str, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Errors of h11 and of the codec, which hold the value of the header."""
    caplog.set_level(logging.WARNING)
    server.always(row.wire.failed(401))  # some SDKs send it all the same
    with row.client(server, api_key=key) as client, pytest.raises((MirascopeLikeError, UnicodeEncodeError)) as caught:
        row.ask(client)
    for piece in ("line-break", "quoted"):
        assert piece not in shown(caught.value)
        assert piece not in caplog.text


def test_where_keys_are_found() -> None:
    client = openai_sdk.OpenAI(api_key="sk-1-abc", default_headers={"X-Gateway-Token": "gw-2-abc"})
    params = {"extra_headers": {"x": "any-3-abc"}, "request_options": {"additional_headers": {"y": "any-4-abc"}}}
    found = secrets_of(client, params)
    assert {"sk-1-abc", "gw-2-abc", "any-3-abc", "any-4-abc"} <= set(found)
    client.close()
    assert "sk-5-abc" in secrets_of(anthropic_sdk.Anthropic(api_key="sk-5-abc"), {})


@pytest.mark.parametrize(
    ("text", "found"), [("none", False), ("EMPTY", False), ("ollama", False), ("sk-abc1", True), ("a" * 40, True)]
)
def test_what_is_a_key(text: str, found: bool) -> None:
    """Placeholders of local servers are words, and stay readable in messages."""
    assert is_key(text) is found


def test_forms_of_a_key() -> None:
    assert without("a b/c+d, a%20b%2Fc%2Bd, a%20b/c%2Bd", ["a b/c+d"]) == "***, ***, ***"
    key = "a\tb\u00e9c"
    assert without(f"{key} {key!r} {key.encode()!r}", [key]) == "*** '***' b'***'"


class TheirError(Exception):
    """An error of a client that is not the SDK's."""


@pytest.mark.parametrize("call", [openai.call, anthropic.call], ids=["openai", "anthropic"])
def test_an_error_of_another_client(call: Any) -> None:
    class Client:
        api_key = "class attributes are not keys of a call"

        def __init__(self) -> None:
            self.token = "sk-foreign-1"
            self.chat = self.completions = self.messages = self

        def create(self, **_: Any) -> Any:
            raise TheirError(f"refused {self.token}", {"headers": [self.token]})

    with pytest.raises(TheirError) as caught:
        call("m", client=Client())(lambda: "Hi")()
    assert "sk-foreign" not in shown(caught.value)


PLACES: dict[str, Callable[[str], Reply]] = {
    "name in a body": lambda key: Reply.json({"error": {"message": "no", "tried": {key: 1}}}, 401),
    "JSON text": lambda key: Reply.json(f"no: {key}", 401),
    "page": lambda key: Reply((f"<html>{key}</html>".encode(),), 401, {"content-type": "text/html"}, "length"),
    "not JSON": lambda key: Reply((f"no {key}".encode(),), 200, {"content-type": "application/json"}, "length"),
    "no answer": lambda key: Reply.json({"strange": key}),
}
"""Answers that repeat a key in odd places."""


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("row", [OPENAI, ANTHROPIC], ids=lambda row: row.id)
def test_places_of_a_key(row: Row, place: str, server: Server) -> None:
    """Pydantic's error of a body that is not JSON shows the body and cannot be changed: it is no cause then."""
    server.reply(PLACES[place]("sk-placed-1"))
    with row.client(server, api_key="sk-placed-1") as client, pytest.raises(MirascopeLikeError) as caught:
        row.ask(client)
    assert "sk-placed" not in shown(caught.value)


@pytest.mark.parametrize(
    "url", ["http://user:sk-placed-1@{}/v1", "http://{}/v1?key=sk-placed-1"], ids=["user", "query"]
)
def test_a_key_in_a_base_url(url: str, server: Server) -> None:
    server.always(Reply.error(500))
    for where in (server.url.removeprefix("http://"), "127.0.0.1:9"):
        with OPENAI.client(server, base_url=url.format(where)) as client, pytest.raises(MirascopeLikeError) as caught:
            OPENAI.ask(client)
        assert "sk-placed" not in shown(caught.value)
        request: Any = caught.value
        assert "sk-" not in f"{request.request.headers.multi_items()} {request.request.url}"


def test_the_password_of_a_proxy(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.always(Reply.error(407, "denied: proxy-word-1"))
    address = server.url.removeprefix("http://")
    monkeypatch.setenv("HTTP_PROXY", f"http://user:proxy-word-1@{address}")
    monkeypatch.setenv("OPENAI_API_KEY", f"sk-{address}")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://a.example/v1")
    with pytest.raises(MirascopeLikeError) as caught:
        OPENAI.ask()
    assert "denied: ***" in str(caught.value)
    assert "proxy-word" not in shown(caught.value)
