"""Calls to the embedded model: the main job, end to end, on a real answer."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from pydantic import BaseModel

pytest.importorskip("xllamacpp", reason="runs where the embedded model is installed (the extra `local`)")

from mirascope_like.core import Messages, local, prompt_template
from mirascope_like.core.base.parsing import dumped
from tests.harness.oracles import same

PARAMS: local.LocalCallParams = {"temperature": 0, "max_tokens": 12}
TEMPLATE = "Recommend a {genre} book"
VARYING = ("id", "created", "timings")


@local.call("smollm2-135m", call_params=PARAMS)
@prompt_template(TEMPLATE)
def whole(genre: str): ...  # type: ignore[no-untyped-def]  # as users write templates


@local.call("smollm2-135m", stream=True, call_params=PARAMS)
@prompt_template(TEMPLATE)
def streamed(genre: str): ...  # type: ignore[no-untyped-def]  # as users write templates


@local.call("smollm2-135m", stream=True, call_params=PARAMS)
async def astreamed(genre: str) -> str:
    return f"Recommend a {genre} book"


def constant(response: Any) -> dict[str, Any]:
    return {key: value for key, value in dumped(response).items() if key not in VARYING}


def test_a_streamed_answer_is_rebuilt_to_the_unstreamed_one() -> None:
    expected = whole("fantasy")
    stream = streamed("fantasy")
    pieces = [chunk.content for chunk, tool in stream if tool is None]
    response = stream.construct_call_response()
    assert len([piece for piece in pieces if piece]) > 5
    assert "".join(pieces) == response.content == expected.content
    same(constant(response.response), constant(expected.response))
    assert response.finish_reasons == ["length"]
    assert response.usage is not None
    assert response.usage.completion_tokens == 12
    assert response.cost == 0.0
    assert response.model == "smollm2-135m"


def test_an_async_stream_is_rebuilt_to_the_same() -> None:
    async def main() -> Any:
        return await astreamed("fantasy").collect()

    same(constant(asyncio.run(main()).response), constant(whole("fantasy").response))


def test_a_dump_validates_back_and_holds_no_key() -> None:
    response = whole("fantasy")
    text = response.model_dump_json()
    assert type(response).model_validate_json(text) == response
    assert local.engine("smollm2-135m").api_key not in text


def test_threads_share_one_engine() -> None:
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(whole("fantasy").content)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert len(set(answers)) == 1


def add(a: int, b: int) -> int:
    """Add two numbers.

    Args:
        a: The first number.
        b: The second number.
    """
    return a + b


TOOL_PARAMS: local.LocalCallParams = {"temperature": 0, "max_tokens": 80, "tool_choice": "required"}


@local.call("smollm2-135m", tools=[add], call_params=TOOL_PARAMS)
def calculate(question: str) -> str:
    return question


@local.call("smollm2-135m", tools=[add], stream=True, call_params=TOOL_PARAMS)
def calculating(question: str) -> str:
    return question


@local.call("smollm2-135m", call_params=PARAMS)
def answer(history: list[Any]) -> list[Any]:
    return [*history, Messages.User("Say the result.")]


def test_an_agent_calls_a_real_tool_and_answers() -> None:
    response = calculate("Add 17 and 25")
    tool = response.tool
    assert tool is not None
    assert tool.args == {"a": 17, "b": 25}
    assert tool.call() == 42
    assert response.finish_reasons == ["tool_calls"]
    assert response.content == ""
    history = [response.user_message_param, response.message_param]
    history += response.tool_message_params([(tool, tool.call())])
    assert "42" in answer(history).content


def test_a_streamed_tool_is_rebuilt_to_the_unstreamed_one() -> None:
    stream = calculating("Add 17 and 25")
    tools = [tool for _, tool in stream if tool is not None]
    assert [tool.args for tool in tools] == [{"a": 17, "b": 25}]
    streamed, unstreamed = (constant(one.response) for one in (stream.collect(), calculate("Add 17 and 25")))
    for raw in (streamed, unstreamed):
        raw["choices"][0]["message"]["tool_calls"][0]["id"] = "call"
    same(streamed, unstreamed)


def test_words_are_words_where_the_choice_is_free() -> None:
    @local.call("smollm2-135m", tools=[add], stream=True, call_params={**PARAMS, "tool_choice": "none"})
    def hello() -> str:
        return "Say hello"

    stream = hello()
    assert {tool for _, tool in stream} == {None}
    assert stream.content


class Book(BaseModel):
    title: str
    author: str


def test_structured_output() -> None:
    @local.call("smollm2-135m", response_model=Book, call_params={"temperature": 0, "max_tokens": 80})
    def extract(text: str) -> str:
        return text

    assert extract("The Hobbit by Tolkien").title == "The Hobbit"


def test_structured_stream() -> None:
    @local.call("smollm2-135m", response_model=Book, stream=True, call_params={"temperature": 0, "max_tokens": 80})
    def extract(text: str) -> str:
        return text

    steps = list(extract("The Hobbit by Tolkien"))
    assert isinstance(steps[-1], Book)
    assert steps[-1].title == "The Hobbit"
    assert any(step.author is None for step in steps[:-1])
