"""`llm.override` of a function that was pickled by value, as functions of a script or a notebook are."""

from __future__ import annotations

import functools
from typing import Any

import cloudpickle
import pytest
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.testing import fake

SCRIPT = """
from mirascope_like import llm


@llm.call("openai", "m")
def ask(text: str) -> str:
    return text
"""


class Book(BaseModel):
    title: str


def around(function: Any) -> Any:
    @functools.wraps(function)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return inner


@pytest.fixture(params=["function", "used", "overridden", "within another decorator"])
def ask(request: pytest.FixtureRequest) -> Any:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(SCRIPT, "script.py", "exec"), names)
    function = names["ask"]
    if request.param == "used":
        with fake("hello"):
            function("a")
    if request.param == "overridden":
        function = llm.override(function, model="other")
    if request.param == "within another decorator":
        function = around(function)
    return cloudpickle.loads(cloudpickle.dumps(function))


def test_another_form(ask: Any) -> None:
    with fake('{"title": "Emma"}', "hello") as model:
        assert llm.override(ask, response_model=Book, provider="anthropic")("a") == Book(title="Emma")
        assert llm.override(ask, output_parser=lambda response: response.content.upper())("a") == "HELLO"
    assert model.requests[0].provider == "anthropic"


def test_new_settings_take_precedence(ask: Any) -> None:
    with fake("hello") as model:
        llm.override(ask, model="newest")("a")
    assert model.requests[0].model == "newest"
