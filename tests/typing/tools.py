"""The attributes of tools, for type checkers."""

from __future__ import annotations

from typing import Any, assert_type

from anthropic.types import ToolUseBlock
from cohere import ToolCallV2
from google.genai import types
from groq.types import chat as groq_chat
from mistralai.client.models import ToolCall
from openai.types.chat import ChatCompletionMessageToolCall
from openai.types.responses import ResponseFunctionToolCall

from mirascope_like import llm
from mirascope_like.core import (
    BaseTool,
    ToolError,
    anthropic,
    azure,
    bedrock,
    cohere,
    gemini,
    google,
    groq,
    hosts,
    litellm,
    local,
    mistral,
    openai,
    vertex,
)


def read(response: openai.OpenAICallResponse, stream: openai.OpenAIStream) -> None:
    for tool in [*(response.tools or []), *(stream.tools or [])]:
        assert_type(tool, openai.OpenAITool)
        assert_type(tool.args, dict[str, Any])
        assert_type(tool.name, str)
        assert_type(tool.id, str | None)
        assert_type(tool.delta, str | None)
        assert_type(tool.error, ToolError | None)
        assert_type(tool.tool_call, ChatCompletionMessageToolCall)
        print(tool.call())  # only the tool knows what it returns
        print(tool.arg)  # error


def every_provider(
    a: anthropic.AnthropicTool,
    b: bedrock.BedrockTool,
    c: cohere.CohereTool,
    g: google.GoogleTool,
    q: groq.GroqTool,
    m: mistral.MistralTool,
    t: llm.Tool,
) -> None:
    for tool in (a, b, c, g, q, m, t):
        assert_type(tool.args, dict[str, Any])
        assert_type(tool.name, str)
    assert_type(a.tool_call, ToolUseBlock)
    assert_type(b.tool_call, dict[str, Any])
    assert_type(c.tool_call, ToolCallV2)
    assert_type(g.tool_call, types.FunctionCall)
    assert_type(q.tool_call, groq_chat.ChatCompletionMessageToolCall)
    assert_type(m.tool_call, ToolCall)


def other_forms(
    r: openai.responses.OpenAIResponsesTool,
    z: azure.AzureTool,
    h: hosts.HostTool,
    n: local.LocalTool,
    x: litellm.LiteLLMTool,
    v: vertex.VertexTool,
    gone: gemini.GeminiTool,
) -> None:
    assert_type(r.tool_call, ResponseFunctionToolCall)
    for tool in (z, h, n, x):
        assert_type(tool.tool_call, ChatCompletionMessageToolCall)
    assert_type(v.tool_call, types.FunctionCall)
    assert_type(gone.tool_call.name, str)


class Run(BaseTool):
    """Run a program. A tool's own fields may have any of these names."""

    name: str
    args: list[str]
    id: int
    error: str

    def call(self) -> int:
        return len(self.args)


assert_type(Run(name="ls", args=["-l"], id=1, error="").call(), int)
assert_type(Run(name="ls", args=["-l"], id=1, error="").args, list[str])


class Format(openai.OpenAITool):
    """Format a book."""

    title: str

    def call(self) -> str:
        return self.title


assert_type(Format(title="Emma").call(), str)
assert_type(Format(title="Emma").args, dict[str, Any])
Format()  # error


class Find(BaseTool):
    """Find a book."""

    title: str

    def call(self) -> int:
        return len(self.title)


def one_of_several(response: anthropic.AnthropicCallResponse) -> None:
    for tool in response.tools or []:
        if isinstance(tool, Find):
            assert_type(tool.call(), int)
            assert_type(tool.title, str)
            print(tool.titel)  # error
    if (first := response.tool) and isinstance(first, Find):  # mypy takes it for unreachable without `first and`
        print(first.titel)  # error
