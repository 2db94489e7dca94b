"""OpenAI and Anthropic as these tests need them: answers of a structure, whole and in pieces, and clients."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import anthropic as anthropic_sdk
import openai as openai_sdk

from mirascope_like.core import anthropic, openai
from tests.harness.server import Reply, Server

JSON = dict[str, Any]


def cut(text: str, width: int = 4) -> list[str]:
    return [text[at : at + width] for at in range(0, len(text), width)]


def tool_name(kind: Any) -> str:
    """The name under which a type is asked for: as in Mirascope v1 the name of the class, without its parameters."""
    inner = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    origin = get_origin(inner) or inner
    return "answer" if origin in (Literal, Union, UnionType) else origin.__name__


@dataclass(frozen=True)
class Call:
    """A call of a tool, and the pieces of its arguments."""

    name: str
    pieces: Sequence[str]

    @property
    def arguments(self) -> str:
        return "".join(self.pieces)


class OpenAI:
    """OpenAI's side."""

    name = "openai"
    module: ModuleType = openai

    def client(self, server: Server) -> Any:
        return openai_sdk.OpenAI(base_url=f"{server.url}/v1", api_key="key", max_retries=0)

    def async_client(self, server: Server) -> Any:
        return openai_sdk.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="key", max_retries=0)

    def whole(self, content: str | None = None, *calls: Call, finish: str | None = None, **message: Any) -> Reply:
        answer: JSON = {"role": "assistant", "content": content, **message}
        if calls:
            answer["tool_calls"] = [
                {"id": f"c{at}", "type": "function", "function": {"name": one.name, "arguments": one.arguments}}
                for at, one in enumerate(calls)
            ]
        finish = finish or ("tool_calls" if calls else "stop")
        usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
        choice = {"index": 0, "finish_reason": finish, "message": answer}
        head = {"id": "answer-1", "object": "chat.completion", "created": 1, "model": "m"}
        return Reply.json({**head, "choices": [choice], "usage": usage})

    def stream(self, content: Sequence[str] = (), *calls: Call, finish: str = "stop") -> Reply:
        def chunk(delta: JSON, finish: str | None = None) -> JSON:
            head = {"id": "answer-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
            return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

        deltas: list[JSON] = [{"role": "assistant", "content": None}, *({"content": piece} for piece in content)]
        for at, one in enumerate(calls):
            begun = {"index": at, "id": f"c{at}", "type": "function", "function": {"name": one.name, "arguments": ""}}
            deltas.append({"tool_calls": [begun]})
            deltas += [{"tool_calls": [{"index": at, "function": {"arguments": piece}}]} for piece in one.pieces]
        return Reply.chat(*map(chunk, deltas), chunk({}, finish))

    def system(self, body: JSON) -> str | None:
        first = body["messages"][0]
        return first["content"] if first["role"] == "system" else None

    def tool(self, name: str, schema: JSON, description: str) -> JSON:
        return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}

    def forced(self, name: str) -> Any:
        return {"type": "function", "function": {"name": name}}

    required: Any = "required"


class Anthropic:
    """Anthropic's side."""

    name = "anthropic"
    module: ModuleType = anthropic

    def client(self, server: Server) -> Any:
        return anthropic_sdk.Anthropic(base_url=server.url, api_key="key", max_retries=0)

    def async_client(self, server: Server) -> Any:
        return anthropic_sdk.AsyncAnthropic(base_url=server.url, api_key="key", max_retries=0)

    def _blocks(self, content: Sequence[str], calls: Sequence[Call]) -> list[tuple[JSON, list[JSON]]]:
        blocks: list[tuple[JSON, list[JSON]]] = []
        if content:
            blocks.append(({"type": "text", "text": ""}, [{"type": "text_delta", "text": one} for one in content]))
        for at, call in enumerate(calls):
            begun = {"type": "tool_use", "id": f"c{at}", "name": call.name, "input": {}}
            blocks.append((begun, [{"type": "input_json_delta", "partial_json": one} for one in call.pieces]))
        return blocks

    def _message(self, content: list[JSON], finish: str | None) -> JSON:
        head = {"id": "answer-1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
        usage = {"input_tokens": 3, "output_tokens": 5}
        return {**head, "content": content, "stop_reason": finish, "usage": usage}

    def whole(self, content: str | None = None, *calls: Call, finish: str | None = None) -> Reply:
        blocks: list[JSON] = [{"type": "text", "text": content}] if content else []
        for at, call in enumerate(calls):
            block = {"type": "tool_use", "id": f"c{at}", "name": call.name, "input": json.loads(call.arguments)}
            blocks.append(block)
        stop = {"length": "max_tokens"}.get(finish or "", "tool_use" if calls else "end_turn")
        return Reply.json(self._message(blocks, stop))

    def stream(self, content: Sequence[str] = (), *calls: Call, finish: str = "stop") -> Reply:
        events: list[JSON] = [{"type": "message_start", "message": self._message([], None)}]
        for index, (block, deltas) in enumerate(self._blocks(content, calls)):
            events.append({"type": "content_block_start", "index": index, "content_block": block})
            events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
            events.append({"type": "content_block_stop", "index": index})
        stop = {"length": "max_tokens"}.get(finish, "end_turn")
        delta = {"stop_reason": stop, "stop_sequence": None}
        events.append({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 5}})
        return Reply.messages(*events, {"type": "message_stop"})

    def system(self, body: JSON) -> str | None:
        system: str | None = body.get("system")
        return system

    def tool(self, name: str, schema: JSON, description: str) -> JSON:
        return {"name": name, "description": description, "input_schema": schema}

    def forced(self, name: str) -> Any:
        return {"type": "tool", "name": name}

    @property
    def required(self) -> Any:
        return {"type": "any"}


APIS = [OpenAI(), Anthropic()]
Api = OpenAI | Anthropic
