"""A prompt without text and parts is a `PromptError` before anything is sent, and a session's too."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mirascope_like.core import BaseMessageParam, Conversation, Messages, PromptError, TextPart, prompt_template
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.harness.rounds import Side
from tests.harness.server import Server

EMPTY: list[Any] = [
    "",
    [],
    (),
    [""],
    [[]],
    Messages.User(""),
    [Messages.System(""), Messages.User("")],
    [TextPart(text="")],
    BaseMessageParam(role="user", content=[]),
    {"messages": []},
    {"messages": ""},
]


@pytest.mark.parametrize("prompt", EMPTY, ids=lambda value: repr(value)[:40])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_an_empty_prompt(prompt: Any, stream: bool, side: Side, server: Server) -> None:
    call = side.module.call("m", client=side.client(server), stream=stream)

    async def empty() -> Any:
        return prompt

    async def main() -> None:
        async with side.aclient(server) as client:
            made = side.module.call("m", client=client, stream=stream)(empty)()
            await (made.collect() if stream else made)

    with pytest.raises(PromptError, match="the prompt of <lambda> is empty"):
        call(lambda: prompt)()
    with pytest.raises(PromptError, match="the prompt of empty is empty"):
        asyncio.run(main())
    assert not server.requests


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_of_every_provider(row: BaseRow, server: Server) -> None:
    with row.client(server) as client, pytest.raises(PromptError, match="is empty: its template"):
        row.ask(client, "")
    assert not server.requests


@pytest.mark.parametrize("template", ["{text}", "USER: {text}", "SYSTEM: {text}\nUSER: {text}", "MESSAGES: {history}"])
def test_a_template_that_comes_out_empty(template: str, side: Side, server: Server) -> None:
    @side.module.call("m", client=side.client(server))
    @prompt_template(template)
    def ask(text: str, history: list[Any]) -> None: ...

    with pytest.raises(PromptError, match="the prompt of ask is empty"):
        ask("", [])


def test_a_system_prompt_alone_is_no_empty_one(side: Side, server: Server) -> None:
    server.reply(side.whole("Hello"))
    made = side.module.call("m", client=side.client(server))(lambda: [Messages.System("Be brief")])()
    assert made.content == "Hello"


def test_a_session(side: Side, server: Server) -> None:
    model = side.module.model("m", client=side.client(server))
    for empty in ([], "", [[]]):
        with pytest.raises(PromptError, match="empty prompt: pass text or parts"):
            model.session(Conversation().user("Hi")).send(empty)
    with pytest.raises(PromptError, match="is empty: its template"):
        model.session().send()
    assert not server.requests
