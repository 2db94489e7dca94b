"""A provider in Mirascope v1's form, `programs/new_provider/aviary.py`, in every mode of a call.

The expected values are what the same calls return with `mirascope==1.25.7`, where no comment says otherwise.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from mirascope_like.core import BaseMessageParam, ToolLoop, base, prompt_template
from mirascope_like.core.base.errors import ConfigurationError
from tests.mirascope_v1.alias import aliased

SOURCE = Path(__file__).parent / "programs" / "new_provider" / "aviary.py"
EMMA = '{"title": "Emma", "pages": 3}'
FOUND = [("1", "found", '{"title": "Emma", "year": 1}'), ("2", "found", '{"title": "Dune", "year": 3}')]


class Book(BaseModel):
    """A book."""

    title: str
    pages: int


def found(title: str, year: int) -> str:
    """Find a book."""
    return f"{title} {year}"


@pytest.fixture(scope="module", params=["typed", "untyped"])
def aviary(request: pytest.FixtureRequest) -> Iterator[Any]:
    module = ModuleType("aviary_of_v1")
    sys.modules[module.__name__] = module
    source = SOURCE.read_text()
    if request.param == "untyped":  # base classes without type parameters
        source, count = re.subn(
            r"(BaseCallResponse|BaseCallResponseChunk|BaseStream)\[.*?\](?=\s*\):)", r"\1", source, flags=re.S
        )
        assert count == 3
    with aliased():
        exec(compile(source, str(SOURCE), "exec"), module.__dict__)
    yield module
    del sys.modules[module.__name__]


def asking(call: Any, text: str = "x") -> Any:
    """The result of a sync call with a prompt."""
    return call(lambda: text)()


def aasking(call: Any) -> Any:
    """The result of an async call with a prompt: a list of (chunk, tool) pairs beside a stream."""

    async def prompt() -> str:
        return "x"

    async def run() -> Any:
        result = await call(prompt)()
        return (result, [one async for one in result]) if hasattr(result, "__aiter__") else result

    return asyncio.run(run())


def test_a_response(aviary: Any) -> None:
    nest = aviary.Nest("Hi you")

    @aviary.aviary_call("wren-1", client=nest)
    @prompt_template("SYSTEM: Be {mood}.\nUSER: Hi {name}")
    def greet(name: str, mood: str = "nice") -> None: ...

    response = greet("Bo")
    sent = [{"role": "system", "content": "Be nice."}, {"role": "user", "content": "Hi Bo"}]
    assert isinstance(response, aviary.AviaryCallResponse)
    assert str(response) == response.content == "Hi you"
    assert (response.provider, response.model, response.id) == ("aviary", "wren-1", "song-1")
    assert (response.usage, response.input_tokens, response.output_tokens) == ((3, 5), 3, 5)
    assert response.common_usage is not None
    assert response.common_usage.total_tokens == 8
    assert (response.finish_reasons, response.common_finish_reasons) == (["done"], ["stop"])
    assert response.message_param == {"role": "assistant", "content": "Hi you"}
    assert response.messages == sent
    assert response.user_message_param == sent[-1]
    assert response.call_params == {"volume": 2}
    assert response.call_kwargs == {"volume": 2, "bird": "wren-1", "messages": sent}
    assert response.fn_args == {"name": "Bo", "mood": "nice"}
    assert response.prompt_template == "SYSTEM: Be {mood}.\nUSER: Hi {name}"
    assert response.common_message_param == BaseMessageParam(role="assistant", content="Hi you")
    assert response.common_user_message_param == BaseMessageParam(role="user", content="Hi Bo")
    assert [one.role for one in response.common_messages] == ["system", "user"]
    assert (response.tools, response.tool) == (None, None)
    assert response.cost is None  # v1 raises an error: it knows no price
    assert list(response.model_dump())[:2] == ["metadata", "response"]
    assert nest.asked == [response.call_kwargs]


def test_tools(aviary: Any) -> None:
    nest = aviary.Nest(FOUND, "Ok")

    @aviary.aviary_call("wren-1", client=nest, tools=[found])
    def find(history: list[Any]) -> list[Any]:
        return [BaseMessageParam(role="user", content="Find"), *history]

    response = find([])
    assert [(one.args, one.id, one.call()) for one in response.tools] == [
        ({"title": "Emma", "year": 1}, "1", "Emma 1"),
        ({"title": "Dune", "year": 3}, "2", "Dune 3"),
    ]
    assert isinstance(response.tool, aviary.AviaryTool)
    outputs = response.tool_message_params([(one, one.call()) for one in response.tools])
    assert outputs[1] == {"role": "tool", "call": "2", "name": "found", "content": "Dune 3"}
    assert find([response.message_param, *outputs]).content == "Ok"
    properties = {"title": {"type": "string"}, "year": {"type": "integer"}}
    takes = {"properties": properties, "required": ["title", "year"], "type": "object"}
    assert nest.asked[0]["tools"] == [{"name": "found", "about": "Find a book.", "takes": takes}]
    assert nest.asked[1]["messages"] == [{"role": "user", "content": "Find"}, response.message_param, *outputs]


def test_a_tool_loop_which_v1_does_not_have(aviary: Any) -> None:
    nest = aviary.Nest(FOUND, "Both are there.")
    response = asking(aviary.aviary_call("wren-1", client=nest, tools=[found], tool_loop=ToolLoop()))
    assert response.content == "Both are there."
    assert [one["content"] for one in nest.asked[1]["messages"][-2:]] == ["Emma 1", "Dune 3"]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(
    ("options", "song", "expected"),
    [
        ({}, "Hi you", "Hi you"),
        ({"output_parser": lambda one: one.content.split()}, "a b", ["a", "b"]),
        ({"response_model": Book}, [("1", "Book", EMMA)], Book(title="Emma", pages=3)),
        ({"response_model": Book, "output_parser": lambda one: one.title}, [("1", "Book", EMMA)], "Emma"),
        ({"response_model": list[str]}, [("1", "list", '{"value": ["a"]}')], ["a"]),
        ({"response_model": Book, "json_mode": True}, EMMA, Book(title="Emma", pages=3)),
        ({"response_model": Book, "tools": [found]}, EMMA, Book(title="Emma", pages=3)),
        ({"json_mode": True}, EMMA, EMMA),
    ],
    ids=["text", "parser", "model", "model and parser", "built-in", "json model", "model and tools", "json"],
)
def test_results(aviary: Any, options: dict[str, Any], song: Any, expected: Any, is_async: bool) -> None:
    nest = (aviary.AsyncNest if is_async else aviary.Nest)(song)
    call = aviary.aviary_call("wren-1", client=nest, **options)
    result = aasking(call) if is_async else asking(call)
    assert (result.content if isinstance(expected, str) and not isinstance(result, str) else result) == expected
    (asked,) = nest.asked
    by_tool = "response_model" in options and "json_mode" not in options and "tools" not in options
    assert ("must_call" in asked) == by_tool
    in_json = "json_mode" in options or "tools" in options  # with tools, v1 asks for JSON
    assert (asked.get("form") == "json") == in_json
    assert [one["role"] for one in asked["messages"]] == ["user"]  # the provider's own words, once
    assert asked["messages"][0]["content"].count("output ONLY a valid JSON dict") == in_json


def test_a_response_model_and_a_call_of_a_tool(aviary: Any) -> None:
    nest = aviary.Nest(FOUND)
    response = asking(aviary.aviary_call("wren-1", client=nest, response_model=Book, tools=[found]))
    assert response.tool.args == {"title": "Emma", "year": 1}


@pytest.mark.parametrize("song", [[("1", "Book", '{"title": "Emma"}')], "no", '{"title": 1'], ids=str)
def test_an_output_that_does_not_validate(aviary: Any, song: Any) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # v1 raises pydantic's error, or this one
        asking(aviary.aviary_call("wren-1", client=aviary.Nest(song), response_model=Book))
    error: Any = caught.value
    assert isinstance(error, ValidationError) == isinstance(song, list)
    assert error._response.id == "song-1"


def test_an_error_of_the_sdk_is_raised_unchanged(aviary: Any) -> None:
    gone = OSError("gone")
    call = aviary.aviary_call
    for options in ({}, {"stream": True}):
        with pytest.raises(OSError, match="gone") as caught:
            list(asking(call("wren-1", client=aviary.Nest(gone), **options)))
        assert caught.value is gone
    with pytest.raises(OSError, match="gone"):
        aasking(call("wren-1", client=aviary.AsyncNest(gone)))


def check_stream(aviary: Any, stream: Any, chunks: list[Any], nest: Any) -> None:
    assert isinstance(stream, aviary.AviaryStream)
    assert {type(chunk) for chunk in chunks} == {aviary.AviaryCallResponseChunk}
    assert [chunk.content for chunk in chunks] == ["Hi", " dear", " you", ""]
    assert stream.content == "Hi dear you"
    assert (stream.provider, stream.model, stream.id) == ("aviary", "wren-1", "song-1")
    assert (stream.input_tokens, stream.output_tokens, stream.finish_reasons) == (3, 5, ["done"])
    assert stream.cost_metadata.output_tokens == 5
    assert stream.message_param == {"role": "assistant", "content": "Hi dear you"}
    assert stream.user_message_param == {"role": "user", "content": "x"}
    assert stream.messages == [{"role": "user", "content": "x"}]
    assert stream.call_kwargs == {"volume": 2, "bird": "wren-1", "messages": stream.messages}
    assert (stream.metadata, stream.tool_types, stream.fn_args, stream.call_params) == ({}, None, {}, {"volume": 2})
    response = stream.construct_call_response()
    assert isinstance(response, aviary.AviaryCallResponse)
    assert (response.content, response.usage) == ("Hi dear you", (3, 5))
    assert 0 < response.start_time <= response.end_time
    assert nest.closed


def test_a_stream(aviary: Any) -> None:
    nest = aviary.Nest("Hi dear you")
    stream = asking(aviary.aviary_call("wren-1", client=nest, stream=True))
    check_stream(aviary, stream, [chunk for chunk, _ in stream], nest)


def test_an_async_stream(aviary: Any) -> None:
    nest = aviary.AsyncNest("Hi dear you")
    stream, pairs = aasking(aviary.aviary_call("wren-1", client=nest, stream=True))
    check_stream(aviary, stream, [chunk for chunk, _ in pairs], nest)


def test_what_every_stream_has_here(aviary: Any) -> None:
    call = aviary.aviary_call("wren-1", client=aviary.Nest(*["Hi dear you"] * 4), stream=True)
    assert list(asking(call).text()) == ["Hi", " dear", " you"]
    assert asking(call).collect().content == "Hi dear you"
    nest = aviary.Nest("Hi dear you")
    with asking(aviary.aviary_call("wren-1", client=nest, stream=True)) as stream:
        with pytest.raises(AttributeError, match="first chunk"):
            _ = stream.song
        assert stream.call_kwargs["bird"] == "wren-1"
        next(stream)
    assert nest.closed
    assert stream.construct_call_response(partial=True).content == "Hi"


def test_streamed_tools(aviary: Any) -> None:
    stream = asking(aviary.aviary_call("wren-1", client=aviary.Nest(FOUND), stream=True, tools=[found]))
    assert [tool.call() for _, tool in stream if tool] == ["Emma 1", "Dune 3"]
    assert [one["id"] for one in stream.message_param["calls"]] == ["1", "2"]
    response = stream.construct_call_response()
    assert [one.args["title"] for one in response.tools] == ["Emma", "Dune"]
    assert stream.tool_message_params([(response.tool, "y")])[0]["content"] == "y"
    nest = aviary.AsyncNest(FOUND)
    _, pairs = aasking(aviary.aviary_call("wren-1", client=nest, stream=True, tools=[found]))
    assert [tool.args["year"] for _, tool in pairs if tool] == [1, 3]


@pytest.mark.parametrize("json_mode", [False, True])
def test_structured_streams(aviary: Any, json_mode: bool) -> None:
    options = {"stream": True, "response_model": Book, "json_mode": json_mode}
    song: Any = EMMA if json_mode else [("1", "Book", EMMA)]
    stream = asking(aviary.aviary_call("wren-1", client=aviary.Nest(song), **options))
    states = list(stream)
    assert [(one.title, one.pages) for one in states if one.title == "Emma"] == [("Emma", None), ("Emma", 3)]
    assert states[-1] == stream.constructed_response_model == Book(title="Emma", pages=3)
    _, states = aasking(aviary.aviary_call("wren-1", client=aviary.AsyncNest(song), **options))
    assert states[-1] == Book(title="Emma", pages=3)


def test_a_dynamic_config(aviary: Any) -> None:
    nest, other = aviary.Nest(), aviary.Nest("Dyn")

    @aviary.aviary_call("wren-1", client=nest)
    def ask() -> Any:
        messages = [BaseMessageParam(role="user", content="Hey")]
        options = {"client": other, "call_params": {"volume": 9}, "tools": [found], "metadata": {"tags": {"a"}}}
        return {"messages": messages, **options}

    response = ask()
    assert (response.content, response.metadata) == ("Dyn", {"tags": {"a"}})
    (asked,) = other.asked
    assert (asked["volume"], asked["messages"]) == (9, [{"role": "user", "content": "Hey"}])
    assert [one["name"] for one in asked["tools"]] == ["found"]


@pytest.mark.parametrize(
    ("params", "volume"), [(None, 2), ({"volume": 5}, 5), ({"max_tokens": 7}, 7)], ids=["default", "own", "common"]
)
def test_call_params(aviary: Any, params: Any, volume: int) -> None:
    nest = aviary.Nest("x")
    asking(aviary.aviary_call("wren-1", client=nest, call_params=params))
    assert nest.asked[0]["volume"] == volume


def test_classes_in_another_form(aviary: Any) -> None:
    parts = dict.fromkeys(("setup_call", "get_json_output", "handle_stream", "handle_stream_async"))
    kinds: dict[str, Any] = {
        "TCallResponse": aviary.AviaryCallResponse,
        "TCallResponseChunk": base.BaseCallResponseChunk,
        "TToolType": aviary.AviaryTool,
        "TStream": aviary.AviaryStream,
    }
    make: Any = base.call_factory
    with pytest.raises(ConfigurationError, match=r"BaseCallResponseChunk must define `model` itself, or be"):
        make(**kinds, **parts, default_call_params={})
