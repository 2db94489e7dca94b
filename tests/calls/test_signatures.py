"""What `inspect.signature`, `help` and frameworks read of `call` and of decorated functions."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pydoc
from collections.abc import Callable
from operator import attrgetter
from typing import Any, Literal, get_type_hints

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from mirascope_like import core, llm
from mirascope_like.core import AsyncStructuredStream, StructuredStream, anthropic, openai, prompt_template
from mirascope_like.integrations import middleware_factory
from tests.harness.rounds import Side
from tests.harness.server import Server

NONE = inspect.Signature.empty


class Book(BaseModel):
    """A book."""

    title: str


def shelf(title: str) -> str:
    """Where a book stands."""
    return "B4"


def length(response: openai.OpenAICallResponse) -> int:
    return len(response.content)


def unknown(response: NotDefined) -> NotDefined:  # type: ignore[name-defined]  # noqa: F821
    return response


Response = openai.OpenAICallResponse
CALLS: list[tuple[dict[str, Any], Any, Any]] = [
    ({}, Response, Response),
    ({"tools": [shelf]}, Response, Response),
    ({"stream": True}, openai.OpenAIStream, openai.OpenAIAsyncStream),
    ({"response_model": Book}, Book, Book),
    ({"response_model": list[Book]}, list[Book], list[Book]),
    ({"response_model": Literal["a", "b"]}, Literal["a", "b"], Literal["a", "b"]),
    ({"response_model": Book, "tools": [shelf]}, Book | Response, Book | Response),
    (
        {"response_model": Book, "stream": True},
        StructuredStream[Book, openai.OpenAIStream],
        AsyncStructuredStream[Book, openai.OpenAIAsyncStream],
    ),
    ({"output_parser": length}, int, int),
    ({"output_parser": Book}, Book, Book),
    ({"output_parser": unknown}, NONE, NONE),
    ({"output_parser": lambda response: response.content}, NONE, NONE),
    ({"response_model": Book, "output_parser": lambda book: book.title, "tools": [shelf]}, NONE, NONE),
]


@pytest.mark.parametrize(("options", "returned", "awaited"), CALLS)
def test_a_call_returns_what_it_returns(options: dict[str, Any], returned: Any, awaited: Any) -> None:
    @openai.call("m", **options)
    @prompt_template("A {genre} book")
    def recommend(genre: str, n: int = 1) -> str: ...

    @openai.call("m", **options)
    async def arecommend(genre: str) -> str:
        return genre

    for call, expected in ((recommend, returned), (arecommend, awaited)):
        signature = inspect.signature(call)
        assert signature.return_annotation == expected
        assert get_type_hints(call) == {
            **({"n": int} if call is recommend else {}),
            "genre": str,
            **({} if expected is NONE else {"return": expected}),
        }
    assert list(inspect.signature(recommend).parameters) == ["genre", "n"]
    assert recommend.__name__ == "recommend"
    assert not inspect.isclass(options.get("response_model")) or options["response_model"].__name__ == "Book"


def test_the_prompt_function_is_left_as_it_is() -> None:
    def recommend(genre: str) -> str:
        return genre

    call = openai.call("m")(recommend)
    assert get_type_hints(recommend) == {"genre": str, "return": str}
    assert inspect.signature(recommend).return_annotation == "str"
    assert get_type_hints(call)["return"] is Response


def test_other_providers_models_and_methods() -> None:
    def recommend(genre: str) -> str:
        return genre

    class Library:
        @anthropic.call("m")
        def recommend(self, genre: str) -> str:
            return genre

    def handle(response: object, fn: Callable[..., Any] | None, context: object) -> None: ...

    assert inspect.signature(Library().recommend).return_annotation is anthropic.AnthropicCallResponse
    assert list(inspect.signature(Library().recommend).parameters) == ["genre"]
    assert inspect.signature(openai.model("m").call(recommend)).return_annotation is Response
    assert inspect.signature(openai.model("m", stream=True).call(recommend)).return_annotation is openai.OpenAIStream
    neutral = llm.call(provider="openai", model="m")(recommend)
    assert inspect.signature(neutral).return_annotation is llm.CallResponse
    watched = middleware_factory(handle_call_response=handle)(openai.call("m")(recommend))
    assert inspect.signature(watched).return_annotation is Response


def test_tasks() -> None:
    def title(topic: str) -> str:
        """Find a title."""
        raise NotImplementedError

    def books(topic: str) -> list[Book]:
        """Find books."""
        raise NotImplementedError

    whole, streaming = openai.model("m"), openai.model("m", stream=True)
    assert inspect.signature(whole.task(title)).return_annotation is str
    assert inspect.signature(whole.task(books)).return_annotation == list[Book]
    assert inspect.signature(streaming.task(title)).return_annotation is openai.OpenAIStream
    assert (
        inspect.signature(streaming.task(books)).return_annotation == StructuredStream[list[Book], openai.OpenAIStream]
    )


async def served(app: FastAPI, *paths: str) -> list[Any]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as browser:
        return [(await browser.get(path)).json() for path in paths]


def endpoints(module: Any, client: Any, prompt: Callable[..., Any]) -> FastAPI:
    app = FastAPI()
    app.get("/call")(module.call("m", client=client)(prompt))
    app.get("/book")(module.call("m", client=client, response_model=Book)(prompt))
    return app


@pytest.mark.parametrize("awaited", [False, True])
def test_fastapi_serves_calls(awaited: bool, side: Side, server: Server) -> None:
    # FastAPI validates what an endpoint returns by its annotation: `-> str` of the prompt made each of these a 500.
    def prompt(genre: str) -> str:
        return f"A {genre} book"

    async def aprompt(genre: str) -> str:
        return f"A {genre} book"

    async def main() -> None:
        async with side.aclient(server) as aclient:
            client = aclient if awaited else side.client(server)
            app = endpoints(side.module, client, aprompt if awaited else prompt)
            response, book, schema = await served(app, "/call?genre=old", "/book?genre=old", "/openapi.json")
        assert response["content"] == "Emma"
        assert book == {"title": "Emma"}
        answer = schema["paths"]["/book"]["get"]["responses"]["200"]["content"]["application/json"]
        assert answer["schema"] == {"$ref": "#/components/schemas/Book"}

    server.reply(side.whole("Emma"))
    server.reply(side.whole('{"title": "Emma"}'))
    asyncio.run(main())


@pytest.mark.parametrize("name", [*core.PROVIDERS, "openai.responses", "azure.responses", "xai.responses", "llm"])
def test_help_lists_the_options(name: str) -> None:
    call: Any = llm.call if name == "llm" else attrgetter(name)(core).call
    assert repr(call) == f"<{name}.call>"
    signature = inspect.signature(call)
    options = ["model", "response_model", "output_parser", "stream", "tools", "max_retries", "fail_fast", "json_mode"]
    options += ["client", "call_params", "tool_loop", "retry", "fallback", "resume", *(["provider"] * (name == "llm"))]
    assert sorted(signature.parameters) == sorted(options)
    assert "CallParams" in str(signature.parameters["call_params"].annotation)
    text = pydoc.render_doc(call, renderer=pydoc.plaintext)
    assert f"{name}.call(model, *, " in text
    for option in options[1:]:
        assert f"\n        {option}: " in text or f"\n    {option}: " in text
    assert (call.__name__, call.__qualname__) == ("call", "call")
    copy.copy(call)
    model: Any = llm.model if name == "llm" else attrgetter(name)(core).model
    assert (repr(model), model.__name__) == (f"<{name}.model>", "model")
    text = pydoc.render_doc(model, renderer=pydoc.plaintext)
    assert f"{name}.model(name, *, " in text
    for option in list(inspect.signature(model).parameters)[1:]:
        assert f"`{option}`" in text


def test_the_class_of_calls_has_its_own_documentation() -> None:
    from mirascope_like.core.base.calls import Call

    assert "The `call` of one provider" in pydoc.render_doc(Call, renderer=pydoc.plaintext)
