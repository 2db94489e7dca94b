"""The attributes of tools, for type checkers."""

from __future__ import annotations

from typing import Any, assert_type

from mirascope_like import llm
from mirascope_like.core import BaseTool, ToolError, anthropic, bedrock, cohere, google, groq, mistral, openai


def read(response: openai.OpenAICallResponse, stream: openai.OpenAIStream) -> None:
    for tool in [*(response.tools or []), *(stream.tools or [])]:
        assert_type(tool, openai.OpenAITool)
        assert_type(tool.args, dict[str, Any])
        assert_type(tool.name, str)
        assert_type(tool.id, str | None)
        assert_type(tool.delta, str | None)
        assert_type(tool.error, ToolError | None)
        print(tool.call(), tool.tool_call)  # only the tool knows what it returns
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
