"""Tool objects of other frameworks are errors that name them, where the call is decorated."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import ConfigurationError, openai


class Arguments(BaseModel):
    query: str


class StructuredTool(BaseModel):
    """As `langchain_core.tools.StructuredTool`: a model that can be called with an input and callbacks."""

    __module__ = "langchain_core.tools.structured"

    name: str = "search"
    args_schema: Any = Arguments

    def __call__(self, tool_input: str, callbacks: Any = None) -> str:
        return tool_input


class FunctionTool:
    """As `llama_index.core.tools.FunctionTool`: its facts are in `metadata`."""

    __module__ = "llama_index.core.tools.function_tool"

    def __init__(self) -> None:
        self.metadata = SimpleNamespace(name="search", fn_schema=Arguments)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return kwargs


class Like:
    """A tool object of a framework that the library does not list."""

    name = "search"
    args_schema = Arguments

    def __call__(self, query: str) -> str:
        return query


class Search(StructuredTool):
    """A user's tool of LangChain; the test passes its class instead of an object."""

    __module__ = "__main__"


@pytest.mark.parametrize(
    ("tool", "framework"),
    [
        (StructuredTool(), r"'search' is a tool of LangChain \(a StructuredTool\)"),
        (FunctionTool(), r"'search' is a tool of LlamaIndex \(a FunctionTool\)"),
        (Search, r"'Search' is a class of tools of LangChain"),
        (Like(), r"'search' is a tool of another framework \(a Like\)"),
    ],
    ids=["langchain", "llama_index", "class", "unknown"],
)
def test_is_named(tool: Any, framework: str) -> None:
    for call in (openai.call, llm.call):
        with pytest.raises(ConfigurationError, match=f"{framework}.*pass the function"):
            call("openai:m" if call is llm.call else "m", tools=[tool])


def test_callable_objects_without_a_schema_are_tools_still() -> None:
    class Search:
        """Search."""

        __name__ = "search"

        def __call__(self, query: str) -> str:
            return query

    assert openai.call("m", tools=[Search()])
