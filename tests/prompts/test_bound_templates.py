"""A template method that is already bound to its object can be decorated with a call, as in Mirascope v1."""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from mirascope_like.core import anthropic, openai, prompt_template
from mirascope_like.core.base.prompts import PromptFunction
from tests.conformance.contract import BaseRow
from tests.conformance.rows import ROWS
from tests.conformance.wires.answer import Answer
from tests.harness.server import Server

rows = pytest.mark.parametrize(
    "row", [row for row in ROWS if row.id in ("openai", "anthropic")], ids=lambda row: row.id
)


@dataclass
class Librarian:
    name: str
    all: ClassVar[str] = "Librarians"

    @prompt_template("{self.name} recommends a {genre} book")
    def recommend(self, genre: str, *, limit: int = 3) -> Any:
        return {"metadata": {"limit": limit}}

    @prompt_template("{self.name} recommends a {genre} book")
    async def arecommend(self, genre: str) -> Any: ...

    @classmethod
    @prompt_template("{cls.all} recommend a {genre} book")
    def everybody(cls, genre: str) -> Any: ...

    def plain(self, genre: str) -> str:
        return f"{self.name} recommends a {genre} book"


def module(row: BaseRow) -> Any:
    return {"openai": openai, "anthropic": anthropic}[row.id]


def sent(server: Server) -> list[str]:
    return [one["content"] for request in server.requests for one in request.json["messages"]]


@rows
def test_a_sync_method(row: BaseRow, server: Server) -> None:
    server.reply(row.wire.answered(Answer("Dune")), row.wire.streamed(Answer("Dune")), row.wire.answered(Answer("x")))
    ann = Librarian("Ann")
    with row.client(server) as client:
        options: Any = {"client": client, "call_params": {"max_tokens": 9}}
        call = module(row).call("m", **options)(ann.recommend)
        response = call("crime", limit=2)
        assert (response.fn_args["genre"], response.fn_args["limit"]) == ("crime", 2)
        assert response.metadata == {"limit": 2}
        stream = module(row).call("m", stream=True, **options)(ann.recommend)("sea")
        assert "".join(chunk.content for chunk, _ in stream) == "Dune"
        module(row).call("m", **options)(Librarian.everybody)("good")
    assert sent(server) == [
        "Ann recommends a crime book",
        "Ann recommends a sea book",
        "Librarians recommend a good book",
    ]
    assert list(inspect.signature(call).parameters) == ["genre", "limit"]
    with pytest.raises(TypeError, match="genre"):
        call()


@rows
def test_an_async_method(row: BaseRow, server: Server) -> None:
    server.reply(row.wire.answered(Answer("Dune")))

    async def main() -> str:
        async with row.aclient(server) as client:
            options: Any = {"client": client, "call_params": {"max_tokens": 9}}
            call = module(row).call("m", **options)(Librarian("Bob").arecommend)
            found: str = (await call("crime")).content
            return found

    assert asyncio.run(main()) == "Dune"
    assert sent(server) == ["Bob recommends a crime book"]


def test_a_method_without_a_template() -> None:
    assert PromptFunction(Librarian("Ann").plain).bind(("sea",), {}) == {"genre": "sea"}
