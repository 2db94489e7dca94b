"""`response_of`: the response that a parsed value was read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like.core import ResponseParseError, StreamNotConsumedError, google, response_of
from tests.harness.server import Server
from tests.structured.apis import Api, Call, cut


class Book(BaseModel):
    title: str


@dataclass
class Author:
    title: str


def asked(api: Api, client: Any, **options: Any) -> Any:
    @api.module.call("m", client=client, **options)
    def recommend() -> str:
        return "Recommend a book"

    return recommend()


@pytest.mark.parametrize("kind", [Book, Author])
def test_a_value_has_its_response(kind: Any, api: Api, client: Any, server: Server) -> None:
    server.reply(api.whole(None, Call(kind.__name__, cut('{"title": "Dune"}'))))
    book = asked(api, client, response_model=kind)
    response = response_of(book)
    assert response is book._response
    assert response_of(book, type(response)) is response
    with pytest.raises(TypeError, match=f"the response is a {type(response).__name__}, not a GoogleCallResponse"):
        response_of(book, google.GoogleCallResponse)


def test_a_stream_and_an_error_have_their_response(api: Api, client: Any, server: Server) -> None:
    server.reply(api.stream((), Call("Book", cut('{"title": "Dune"}'))))
    stream = asked(api, client, response_model=Book, stream=True)
    next(stream)
    with pytest.raises(StreamNotConsumedError):
        response_of(stream)
    book = stream.collect()
    assert response_of(stream) == response_of(book)
    server.reply(api.whole(None, Call("Book", cut('{"name": "Dune"}'))))
    with pytest.raises(ResponseParseError) as caught:
        asked(api, client, response_model=Book)
    assert response_of(caught.value) is caught.value.response


@pytest.mark.parametrize("value", [Book(title="Dune"), 3, ["Dune"]])
def test_other_values_have_none(value: Any) -> None:
    with pytest.raises(TypeError, match=f"a {type(value).__name__} has no response"):
        response_of(value)
