"""Each kind of call with `transport="direct"`: its requests and its response are those of the SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like import budget
from mirascope_like.core import BaseMessageParam, ImagePart, ResponseModelConfigDict, TextPart, ToolLoop
from mirascope_like.scale import Done
from tests.conformance.wires.answer import PNG, Answer, Call, Text
from tests.harness.server import Server
from tests.scale.direct.rows import EACH, Row, arun, closed, in_order


class Book(BaseModel):
    title: str


class StrictBook(BaseModel):
    model_config = ResponseModelConfigDict(strict=True)

    title: str


def look(where: str | None = None, *, again: bool = False) -> str:
    """Look at a place. É"""
    return f"looked at {where}, É"


def conversation(text: str) -> Any:
    return [
        BaseMessageParam(role="system", content="Be brief."),
        BaseMessageParam(role="user", content="One"),
        BaseMessageParam(role="assistant", content="1"),
        BaseMessageParam(role="user", content=text),
    ]


def picture(text: str) -> Any:
    parts = [TextPart(text=text), ImagePart(media_type="image/png", image=PNG)]
    return [BaseMessageParam(role="user", content=parts)]


def plain(text: str) -> Any:
    return text


CALLED, TITLE = Call("callabcde", "look", '{"where": "there"}'), '{"title": "Emma"}'
KINDS: dict[str, tuple[Callable[[str], Any], dict[str, Any], list[Any]]] = {
    "plain": (plain, {}, [Text("Hello, É")]),
    "a conversation": (conversation, {}, [Text("2")]),
    "a picture": (picture, {}, [Text("A point")]),
    "a tool": (plain, {"tools": [look]}, [CALLED]),
    "a tool loop": (plain, {"tools": [look], "tool_loop": ToolLoop()}, [CALLED, CALLED, Text("It is there")]),
    "structured, in JSON": (plain, {"response_model": Book, "json_mode": True}, [Text(TITLE)]),
    "structured, by its schema": (plain, {"response_model": StrictBook}, [Text(TITLE)]),
    "structured, by a tool": (plain, {"response_model": Book}, [Call("callabcde", "Book", TITLE)]),
}


@EACH
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_kinds_of_calls(row: Row, kind: tuple[Callable[[str], Any], dict[str, Any], list[Any]]) -> None:
    function, options, parts = kind
    replies = [row.wire.answered(Answer(part)) for part in parts]
    with Server(*replies, *replies) as server, budget(tokens=10**6) as spent:
        client = row.client(server)

        @row.call("gpt-4o-mini", client=client, **options)
        async def ask(text: str) -> Any:
            return function(text)

        async def main() -> Any:
            async with closed(client):
                (by_sdk,), by_itself = await arun(ask, transport="sdk")
                (direct,), sent = await arun(ask)
            assert by_itself == 0
            return by_sdk, direct, sent

        by_sdk, direct, sent = asyncio.run(main())
        requests = [in_order(one) for one in server.requests]
    assert isinstance(direct, Done), direct.error
    assert sent == len(requests) / 2
    assert requests[sent:] == requests[:sent]
    assert spent.spent.requests == 2 * sent
    assert direct.response.response == by_sdk.response.response
    assert type(direct.value) is type(by_sdk.value)
    assert (direct.cost, direct.usage, direct.key) == (by_sdk.cost, by_sdk.usage, by_sdk.key)
