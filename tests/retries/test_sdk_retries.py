"""With `retry=`, a stream is sent as often as it says: the retries of the SDKs are off."""

from __future__ import annotations

import asyncio

import pytest

from mirascope_like.core import ServerError
from mirascope_like.testing import error, fake
from tests.testing.rows import ROWS, Row


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
@pytest.mark.parametrize("status", [500, 503])
def test_the_sdk_adds_no_retries_to_those_of_a_stream(row: Row, status: int) -> None:
    def prompt(text: str) -> str:
        return text

    call = row.call("m", stream=True, retry=1)(prompt)
    with fake(*[error(status)] * 2) as model, pytest.raises(ServerError):
        call("a").collect()
    assert len(model.requests) == 2


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_sdk_adds_no_retries_to_those_of_an_async_stream(row: Row) -> None:
    async def prompt(text: str) -> str:
        return text

    async def main() -> None:
        await (await row.call("m", stream=True, retry=1)(prompt)("a")).collect()

    with fake(*[error(503)] * 2) as model, pytest.raises(ServerError):
        asyncio.run(main())
    assert len(model.requests) == 2
