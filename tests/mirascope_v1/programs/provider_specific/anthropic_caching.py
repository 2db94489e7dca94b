"""Marks up to which Anthropic may cache a prompt, in both styles, and with tools.

Providers: openai
Model: The sea.
Model: The sea.
Model: call Note {}
Prints: The sea.
Prints: True
Prints: The sea.
Prints: True
Prints: noted
Prints: {'type': 'ephemeral'}
"""

from mirascope import CacheControlPart, Messages, prompt_template
from mirascope.core import BaseTool, anthropic
from mirascope.core.anthropic import AnthropicToolConfig

PARAMS = {"max_tokens": 1024, "extra_headers": {"anthropic-beta": "prompt-caching-2024-07-31"}}


@anthropic.call("claude-sonnet-5", call_params=PARAMS)
def returned(query: str, report: str) -> Messages.Type:
    return [
        Messages.System(
            [f"You read reports: {report}", CacheControlPart(type="cache_control", cache_type="ephemeral")]
        ),
        Messages.User(query),
    ]


@anthropic.call("claude-sonnet-5", call_params=PARAMS)
@prompt_template(
    """
    SYSTEM:
    You read reports: {report}

    {:cache_control}

    USER: {query}
    """
)
def written(query: str, report: str): ...


for ask in (returned, written):
    response = ask("What is it about?", "Gannets at sea")
    print(response)
    print(response.call_kwargs["system"][-1]["cache_control"] == {"type": "ephemeral"})


class Note(BaseTool):
    """Takes a note."""

    tool_config = AnthropicToolConfig(cache_control={"type": "ephemeral"})

    def call(self) -> str:
        return "noted"


@anthropic.call("claude-sonnet-5", tools=[Note], call_params=PARAMS)
def take_note() -> str:
    return "Take a note"


response = take_note()
if tool := response.tool:
    print(tool.call())
print(response.call_kwargs["tools"][-1]["cache_control"])
