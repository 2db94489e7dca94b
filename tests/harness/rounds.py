"""Scripted answers of two providers that call tools, whole and streamed, and how to call them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import anthropic as anthropic_sdk
import openai as openai_sdk

from mirascope_like.core import anthropic, openai
from tests.harness.server import Reply, Server

JSON = dict[str, Any]
Call = tuple[str, str, str]
"""The id, name and arguments (JSON text) of a call."""

_CHAT: JSON = {"id": "chatcmpl-1", "created": 1, "model": "m-1"}
_MESSAGE: JSON = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m-1", "stop_sequence": None}


def chat(text: str = "", *calls: Call) -> Reply:
    """A whole chat completion."""
    message: JSON = {"role": "assistant", "content": text or None}
    if calls:
        message["tool_calls"] = [
            {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
            for id, name, arguments in calls
        ]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return Reply.json({**_CHAT, "object": "chat.completion", "choices": [choice], "usage": usage})


def chat_stream(text: str = "", *calls: Call) -> Reply:
    """The same, streamed: a piece for each word."""
    deltas: list[JSON] = [{"role": "assistant", "content": ""}, *({"content": piece} for piece in pieces(text))]
    for index, (id, name, arguments) in enumerate(calls):
        start = {"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}
        deltas += [
            {"tool_calls": [start]},
            {"tool_calls": [{"index": index, "function": {"arguments": arguments}}]},
        ]
    choices: list[JSON] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": "tool_calls" if calls else "stop"})
    head = {**_CHAT, "object": "chat.completion.chunk"}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return Reply.chat(*({**head, "choices": [choice]} for choice in choices), {**head, "choices": [], "usage": usage})


def message(text: str = "", *calls: Call) -> Reply:
    """A whole message of Anthropic's."""
    blocks: list[JSON] = [{"type": "text", "text": text}] if text else []
    blocks += [{"type": "tool_use", "id": id, "name": name, "input": json.loads(args)} for id, name, args in calls]
    reason = "tool_use" if calls else "end_turn"
    usage = {"input_tokens": 10, "output_tokens": 5}
    return Reply.json({**_MESSAGE, "content": blocks, "stop_reason": reason, "usage": usage})


def message_stream(text: str = "", *calls: Call) -> Reply:
    """The same, streamed: a piece for each word."""
    start = {**_MESSAGE, "content": [], "stop_reason": None, "usage": {"input_tokens": 10, "output_tokens": 1}}
    events: list[JSON] = [{"type": "message_start", "message": start}]
    blocks: list[tuple[JSON, list[JSON]]] = []
    if text:
        blocks.append(({"type": "text", "text": ""}, [{"type": "text_delta", "text": one} for one in pieces(text)]))
    for id, name, arguments in calls:
        block = {"type": "tool_use", "id": id, "name": name, "input": {}}
        blocks.append((block, [{"type": "input_json_delta", "partial_json": arguments}]))
    for index, (block, deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    reason = {"stop_reason": "tool_use" if calls else "end_turn", "stop_sequence": None}
    events.append({"type": "message_delta", "delta": reason, "usage": {"output_tokens": 5}})
    return Reply.messages(*events, {"type": "message_stop"})


def pieces(text: str) -> list[str]:
    """A text in pieces of a word each, with the space before it."""
    words = text.split(" ")
    return [word if number == 0 else f" {word}" for number, word in enumerate(words)] if text else []


@dataclass(frozen=True)
class Side:
    """A provider, and its scripted answers."""

    name: str
    module: ModuleType
    whole: Callable[..., Reply]
    streamed: Callable[..., Reply]
    _clients: list[Any] = field(default_factory=list[Any], compare=False)

    def client(self, server: Server) -> Any:
        """A client of the SDK for the server; `close` closes it."""
        if self.name == "openai":
            made: Any = openai_sdk.OpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0)
        else:
            made = anthropic_sdk.Anthropic(api_key="k", base_url=server.url, max_retries=0)
        self._clients.append(made)
        return made

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients:
            client.close()
        self._clients.clear()

    def aclient(self, server: Server) -> Any:
        """`client`, async."""
        if self.name == "openai":
            return openai_sdk.AsyncOpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0)
        return anthropic_sdk.AsyncAnthropic(api_key="k", base_url=server.url, max_retries=0)

    def results(self, body: JSON) -> list[tuple[str, str, bool]]:
        """Return the results of tools in a request: the id, the text, and whether it is an error."""
        if self.name == "openai":
            return [(one["tool_call_id"], one["content"], False) for one in body["messages"] if one["role"] == "tool"]
        return [
            (block["tool_use_id"], block["content"], block.get("is_error", False))
            for one in body["messages"]
            if one["role"] == "user" and isinstance(one["content"], list)
            for block in one["content"]
            if block["type"] == "tool_result"
        ]

    def untooled(self, body: JSON) -> bool:
        """Whether a request keeps the model from calling tools."""
        return body.get("tool_choice") == {"type": "none"} or "tools" not in body


SIDES = (
    Side("openai", openai, chat, chat_stream),
    Side("anthropic", anthropic, message, message_stream),
)
