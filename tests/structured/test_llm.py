"""Structured answers of a provider chosen by name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import ResponseParseError
from tests.harness.server import Server
from tests.structured.apis import Api, Call, OpenAI, cut


class Book(BaseModel):
    title: str
    pages: int


DUNE = '{"title": "Dune", "pages": 412}'


def asked(api: Api, client: Any, **options: Any) -> Any:
    @llm.call(provider=api.name, model="m", response_model=Book, client=client, **options)
    def recommend() -> str:
        return "One, please"

    return recommend()


@pytest.mark.parametrize("json_mode", [False, True])
def test_whole_and_streamed(api: Api, client: Any, server: Server, json_mode: bool) -> None:
    call = Call("Book", cut(DUNE))
    server.reply(api.whole(DUNE) if json_mode else api.whole(None, call))
    book = asked(api, client, json_mode=json_mode)
    assert book == Book(title="Dune", pages=412)
    assert isinstance(book._response, llm.CallResponse)
    assert book._response.tools is None
    server.reply(api.stream(cut(DUNE)) if json_mode else api.stream(["Let me see."], call))
    stream = asked(api, client, json_mode=json_mode, stream=True)
    shown = list(stream)
    assert len(shown) > 2
    assert shown[-1] == book
    assert isinstance(stream.response, llm.CallResponse)
    assert stream.stream.tools is None


def test_asked_again(api: Api, client: Any, server: Server) -> None:
    server.reply(api.whole(None, Call("Book", ['{"title": "Dune"}'])), api.whole(None, Call("Book", cut(DUNE))))
    book = asked(api, client, max_retries=1)
    assert len(book._response.attempts) == 2
    assert "Field required" in str(server.request.json["messages"])


def test_refused(server: Server) -> None:
    api = OpenAI()
    server.reply(api.whole(None, refusal="No."))
    with api.client(server) as client, pytest.raises(ResponseParseError, match="the model refused"):
        asked(api, client)


def test_json_mode_of_a_context(api: Api, client: Any, server: Server) -> None:
    server.reply(api.whole(DUNE), api.whole(DUNE))
    with llm.context(json_mode=True):

        @llm.call(provider=api.name, model="m", client=client)
        def recommend() -> str:
            return "One, please"

        assert recommend().content == DUNE
        assert "JSON" in (api.system(server.request.json) or "")
        assert asked(api, client) == Book(title="Dune", pages=412)
        assert "tools" not in server.request.json
