"""What our calls send is what the SDK's own call sends: path, headers and body."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mirascope_like.core import ConfigurationError
from tests.conformance.providers import ANTHROPIC, OPENAI, RESPONSES, Row, openai_like
from tests.harness.server import Reply, Request, Server

HI = [{"role": "user", "content": "Hi"}]
openai_clients = pytest.mark.parametrize("row", [OPENAI, RESPONSES], ids=lambda row: row.apis[0])
"""Runs a test for every provider that is called with OpenAI's own client."""
RAW = {"x-stainless-raw-response"}
"""What says that the SDK's raw door was taken."""

CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "parameters": {"temperature": 0.5, "top_p": 0.9},
    "headers": {"extra_headers": {"x-mine": "1", "user-agent": "me"}},
    "header-left-out": {"extra_headers": {"x-stainless-os": ""}},
    "query": {"extra_query": {"a": "1", "b": ["2", "3"]}},
    "body": {"extra_body": {"a": {"b": [1]}, "temperature": 0.1}},
    "timeout": {"timeout": 12.5},
    "no-timeout": {"timeout": None},
    "all": {
        "extra_headers": {"x-mine": "1"},
        "extra_query": {"a": "1"},
        "extra_body": {"b": 2},
        "timeout": 7,
    },
}


def sent(server: Server) -> Request:
    return server.requests[-1]


def check_equal(row: Row, ours: Request, theirs: Request) -> None:
    assert (ours.method, ours.path) == (theirs.method, theirs.path)
    assert ours.json == theirs.json
    headers = [{k: v for k, v in request.headers.items() if k not in RAW} for request in (ours, theirs)]
    assert headers[0] == headers[1]


def parameters(row: Row, case: str) -> dict[str, Any]:
    """Return the call parameters of a case."""
    return dict(CASES[case])


def as_the_sdk_takes_them(row: Row, given: dict[str, Any]) -> dict[str, Any]:
    """Return them for the SDK's own call. Anthropic's SDK has no argument `temperature`; it goes into `extra_body`."""
    if row is not ANTHROPIC:
        return given
    known = {key: value for key, value in given.items() if key not in ("temperature", "top_p")}
    unknown = {key: value for key, value in given.items() if key in ("temperature", "top_p")}
    if unknown:
        known["extra_body"] = {**unknown, **(known.get("extra_body") or {})}
    return known


@openai_like
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_equal(row: Row, case: str, stream: bool, asynchronous: bool, server: Server) -> None:
    reply = row.text("Hello") if stream else Reply.json(row.whole("Hello"))
    server.always(reply)
    given = parameters(row, case)
    theirs = {"model": "m", "messages": HI, **row.demands, **as_the_sdk_takes_them(row, given)}
    if stream:
        theirs["stream"] = True
        if "chat" in row.path and row.name != "groq":  # Groq tells usage unasked
            theirs["stream_options"] = {"include_usage": True}

    async def main() -> tuple[Request, Request]:
        async with row.aclient(server) as client:
            asked = row.astream(client, call_params=given).collect() if stream else row.aask(client, call_params=given)
            await asked
            ours = sent(server)
            answer = await row.create(client)(**theirs)
            if stream:
                await answer.close()
        return ours, sent(server)

    if asynchronous:
        ours, sdks = asyncio.run(main())
    else:
        with row.client(server) as client:
            row.stream(client, call_params=given).collect() if stream else row.ask(client, call_params=given)
            ours = sent(server)
            answer = row.create(client)(**theirs)
            if stream:
                answer.close()
            sdks = sent(server)
    check_equal(row, ours, sdks)
    assert given == CASES[case]


@openai_like
def test_options_of_the_client_are_kept(row: Row, server: Server) -> None:
    server.always(Reply.json(row.whole("Hello")))
    options = {"default_headers": {"x-team": "a"}, "default_query": {"version": "1"}, "timeout": 33.0}
    with row.client(server, **options) as client:
        row.ask(client)
        ours = sent(server)
        row.create(client)(model="m", messages=HI, **row.demands)
    check_equal(row, ours, sent(server))
    assert ours.headers["x-team"] == "a"
    assert "version=1" in ours.path


def test_organization_and_project(server: Server) -> None:
    server.always(Reply.json(OPENAI.whole("Hello")))
    with OPENAI.client(server, organization="org", project="proj") as client:
        OPENAI.ask(client)
    assert (server.request.headers["openai-organization"], server.request.headers["openai-project"]) == ("org", "proj")


def test_key_that_is_a_function(server: Server) -> None:
    keys = iter(["sk-1", "sk-2"])
    server.always(OPENAI.text("Hello"))
    with OPENAI.client(server, api_key=lambda: next(keys)) as client:
        OPENAI.stream(client).collect()
        OPENAI.stream(client).collect()
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer sk-1", "Bearer sk-2"]


@openai_clients
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_the_key_of_an_administrator_is_not_sent(row: Row, asynchronous: bool, server: Server) -> None:
    given = {"api_key": None, "admin_api_key": "sk-admin"}

    async def main() -> None:
        async with row.aclient(server, **given) as client:
            with pytest.raises(TypeError, match="admin_api_key"):
                await row.create(client)(model="m", messages=HI)
            with pytest.raises(ConfigurationError, match=row.key):
                await row.aask(client)
            with pytest.raises(ConfigurationError, match=row.key):
                await row.astream(client).collect()

    if asynchronous:
        asyncio.run(main())
    else:
        with row.client(server, **given) as client:
            with pytest.raises(TypeError, match="admin_api_key"):
                row.create(client)(model="m", messages=HI)
            with pytest.raises(ConfigurationError, match=row.key):
                row.ask(client)
            with pytest.raises(ConfigurationError, match=row.key):
                row.stream(client).collect()
    assert not server.requests


@openai_clients
def test_the_key_beside_that_of_an_administrator(row: Row, server: Server) -> None:
    server.reply(Reply.json(row.whole("Hello")), row.text("Hello"))
    with row.client(server, admin_api_key="sk-admin") as client:
        row.ask(client)
        row.stream(client).collect()
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer sk-test"] * 2


def test_a_retry_sends_its_count(server: Server) -> None:
    server.reply(Reply.error(500, retry_after_ms="1"), OPENAI.text("Hello"))
    with OPENAI.client(server, max_retries=1) as client:
        OPENAI.stream(client).collect()
    assert server.request.headers["x-stainless-retry-count"] == "1"


@openai_like
def test_values_that_the_sdk_marks_as_not_given_are_not_sent(row: Row, server: Server) -> None:
    sdk = row.sdk
    server.reply(Reply.json(row.whole("Hello")), row.text("Hello"))
    given = {"temperature": sdk.omit, "top_p": sdk.NOT_GIVEN, "timeout": sdk.NOT_GIVEN}
    with row.client(server) as client:
        row.ask(client, call_params=given)
        row.stream(client, call_params={**given, "service_tier": sdk.omit}).collect()
    for request in server.requests:
        assert not {"temperature", "top_p", "timeout", "service_tier"} & set(request.json)


def test_the_sdk_raises_for_a_body_that_json_cannot_hold(server: Server) -> None:
    with OPENAI.client(server) as client, pytest.raises(TypeError, match="JSON"):
        OPENAI.ask(client, call_params={"user": object()})
    assert not server.requests
