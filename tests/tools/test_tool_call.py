"""`tool.tool_call` is an object of the provider's SDK, whether the response was streamed or not, as in Mirascope v1."""

from __future__ import annotations

from typing import Any

import pytest

from mirascope_like.core import BaseTool, anthropic, openai
from mirascope_like.core.base.tools import ToolCall, partial_tool, tool_type
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer, Call
from tests.harness.server import Server

CALL = Call("call_1", "add", '{"a": 1, "b": 2}')
CHAT = "openai ChatCompletionMessageFunctionToolCall"
KINDS = {
    "anthropic": "anthropic ToolUseBlock",
    "azure": CHAT,
    "azure.responses": "openai ResponseFunctionToolCall",
    "bedrock": "builtins dict",
    "cohere": "cohere ToolCallV2",
    "gemini": "google FunctionCall",
    "google": "google FunctionCall",
    "groq": "groq ChatCompletionMessageToolCall",
    "mistral": "mistralai ToolCall",
    "ollama": CHAT,
    "openai": CHAT,
    "openai.responses": "openai ResponseFunctionToolCall",
    "openrouter": CHAT,
    "vertex": "google FunctionCall",
    "xai.responses": "openai ResponseFunctionToolCall",
}
"""The SDK's package, and its class of a tool call in a response that is not streamed."""


def kind_of(tool: Any) -> str:
    kind = type(tool.tool_call)
    return f"{kind.__module__.partition('.')[0]} {kind.__name__}"


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_a_tool_call_has_the_class_of_the_sdk(row: BaseRow, server: Server, *, streamed: bool) -> None:
    server.reply((row.wire.streamed if streamed else row.wire.answered)(Answer(CALL)))
    with row.client(server) as client:
        ask = row.stream if streamed else row.ask
        found: Any = ask(client, tools=[add])
        tool = (found.collect() if streamed else found).tool
    assert kind_of(tool) == KINDS[row.id]
    named: Any = tool.tool_call.get("toolUse") if row.id == "bedrock" else tool.tool_call
    named = getattr(named, "function", named)
    assert (named["name"] if row.id == "bedrock" else named.name) == "add"


def test_a_custom_tool_call_has_the_class_of_the_sdk() -> None:
    custom = {"id": "c", "type": "custom", "custom": {"name": "add", "input": "1 + 2"}}
    item = {"type": "custom_tool_call", "call_id": "c", "name": "add", "input": "1 + 2"}
    chat, responses = openai.OpenAITool, openai.responses.OpenAIResponsesTool
    for base, native, kind in (
        (chat, custom, "openai ChatCompletionMessageCustomToolCall"),
        (responses, item, "openai ResponseCustomToolCall"),
    ):
        tool: Any = tool_type(add, base).from_call(ToolCall("c", "add", '{"a": 1, "b": 2}', native))
        assert kind_of(tool) == kind


def test_the_class_is_that_of_the_provider_that_was_called() -> None:
    class Add(openai.OpenAITool):
        """Add two numbers."""

        a: int

    block = {"type": "tool_use", "id": "c", "name": "Add", "input": {"a": 1}}
    kind: Any = tool_type(Add, anthropic.AnthropicTool)
    for tool in (
        kind.from_call(ToolCall("c", "Add", '{"a": 1}', block)),
        partial_tool(kind, ToolCall("c", "Add", '{"a', block), "a"),
    ):
        assert kind_of(tool) == "anthropic ToolUseBlock"
        assert isinstance(tool, Add)


def test_a_tool_that_no_model_called_has_no_call() -> None:
    class Add(BaseTool):
        """Add two numbers."""

        a: int

    class OfOpenAI(openai.OpenAITool):
        """Add two numbers."""

        a: int

    assert (Add(a=1).tool_call, OfOpenAI(a=1).tool_call) == (None, None)
