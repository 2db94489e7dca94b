"""Recorded errors: each is an instance of the SDK's class and of ours, and has the SDK's message."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mirascope_like.core import AuthenticationError, BadRequestError, NotFoundError, ProviderError
from tests.conformance.providers import Exchange, Row, every_exchange, ways
from tests.harness.server import Reply, Server

OURS = {400: BadRequestError, 401: AuthenticationError, 404: NotFoundError}


def failed(row: Row, server: Server, *, asynchronous: bool, stream: bool) -> Any:
    """The error that one call raises."""

    with pytest.raises(ProviderError) as caught:
        asyncio.run(_acall(row, server, stream)) if asynchronous else _call(row, server, stream)
    return caught.value


def _call(row: Row, server: Server, stream: bool) -> None:
    with row.client(server) as client:
        list(row.stream(client)) if stream else row.ask(client)


async def _acall(row: Row, server: Server, stream: bool) -> None:
    async with row.aclient(server) as client:
        await (row.astream(client).collect() if stream else row.aask(client))


@every_exchange(error=True)
@ways()
@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
def test_is_the_sdks_and_ours(
    row: Row, exchange: Exchange, asynchronous: bool, cut: int | None, stream: bool, server: Server
) -> None:
    reply = Reply.from_exchange(exchange)
    server.reply(reply, reply)
    with row.client(server) as client, pytest.raises(row.theirs("APIStatusError")) as caught:
        row.create(client)(model="m", messages=[], **row.demands)
    theirs: Any = caught.value
    ours = failed(row, server, asynchronous=asynchronous, stream=stream)
    status = exchange.response.status
    assert isinstance(ours, OURS[status])
    assert isinstance(ours, type(theirs))
    assert isinstance(ours, row.base_error)
    assert str(ours) == str(theirs)
    assert (ours.provider, ours.model, ours.status_code) == (row.name, "m", status)
    assert (ours.body, ours.message) == (theirs.body, theirs.message)
    assert ours.request_id == getattr(theirs, "request_id", None)
    assert ours.retry_after is None
    assert ours.response.content == exchange.response.body
    assert "sk-test" not in f"{ours} {ours!r} {ours.body}"
    assert server.wait_closed()
