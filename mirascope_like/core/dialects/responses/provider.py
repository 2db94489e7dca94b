"""Base class of providers with OpenAI's Responses format. Requests are sent by OpenAI's SDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import ModuleType
from typing import Any, TypeVar

from openai.types.responses.response_create_params import ResponseCreateParamsBase

from ...base.provider import Clients
from ...base.request import Request, Strategy, Structure
from ...base.response import Accumulator
from ...base.tools import BaseTool, tool_description, tool_name
from ..schemas import add_answer_tool, is_closed, strict_schema, tool_arguments
from ..transport import SDK_OPTIONS, ClientProvider, SDKProvider
from .accumulator import ResponsesAccumulator
from .messages import encode_messages
from .native_calls import native_types, not_native
from .params import ResponsesCallParams
from .types import ResponsesCallResponse, ResponsesChunk

ResponseT = TypeVar("ResponseT", bound="ResponsesCallResponse[Any]")
ChunkT = TypeVar("ChunkT", bound=ResponsesChunk)
ToolT = TypeVar("ToolT", bound=BaseTool)


class ResponsesProvider(SDKProvider[ResponseT, ChunkT, ToolT]):
    """Sends Responses requests with the clients of a chat completions provider."""

    accumulator_type: type[Accumulator[Any, Any]] = ResponsesAccumulator
    params_type: type[Any] = ResponsesCallParams
    method = "responses.create"
    cache_marks: bool = True
    """True to send cache marks, as `prompt_cache_breakpoint`. False to leave them out."""

    def __init__(self, chat: ClientProvider[Any, Any, Any]) -> None:
        self._chat = chat
        self.takes_developer: bool = chat.takes_developer
        self.name: str = chat.name
        self.sdk: ModuleType = chat.sdk
        self.clients: tuple[str, str] = chat.clients
        self.environment: tuple[str, ...] = chat.environment
        self.endpoints: tuple[str, ...] = chat.endpoints

    @cached_property
    def _defaults(self) -> Clients:
        return self._chat._defaults

    def missing_key_error(self, error: Exception) -> Exception | None:
        return self._chat.missing_key_error(error)

    def known_params(self) -> frozenset[str]:
        known = super().known_params().union(ResponseCreateParamsBase.__annotations__, SDK_OPTIONS)
        return known - {"input", "model", "tools"}

    def encode(self, request: Request) -> dict[str, Any]:
        params = dict(request.call_params)
        if (most := params.pop("max_tokens", None)) is not None:
            params.setdefault("max_output_tokens", most)
        items = encode_messages(request.messages, cache_marks=self.cache_marks)
        payload: dict[str, Any] = {"model": request.model, "input": items, **params}
        if tools := [*request.native_tools, *map(encode_tool, not_native(request.tools, request.native_tools))]:
            payload["tools"] = tools
        if request.json_mode:
            payload["text"] = {"format": {"type": "json_object"}, **(payload.get("text") or {})}
        return payload

    def native_tool_types(self, tools: Sequence[Mapping[str, Any]]) -> list[type[BaseTool]]:
        return native_types(tools)

    def strategy(self, request: Request, preferred: Strategy) -> Strategy:
        return preferred

    def structure(self, payload: dict[str, Any], structure: Structure) -> None:
        named = {"name": structure.name, "description": structure.description}
        if structure.strategy == "tool":
            tool = {"type": "function", **named, "parameters": dict(structure.schema), "strict": False}
            add_answer_tool(payload, tool, alone={"type": "function", "name": structure.name}, beside="required")
        elif structure.strategy == "schema":
            strict = is_closed(structure.schema)
            schema = strict_schema(structure.schema) if strict else dict(structure.schema)
            text = {"type": "json_schema", **named, "schema": schema, "strict": strict}
            payload["text"] = {**(payload.get("text") or {}), "format": text}

    def http(self, client: Any, payload: dict[str, Any], *, stream: bool, once: bool = False) -> Any:
        return self.post(client, "/responses", payload, stream=stream, once=once)


def encode_tool(tool: type[BaseTool]) -> dict[str, Any]:
    """Return a tool in the Responses format. In this format tools are strict by default, so `strict` is always set."""
    return {
        "type": "function",
        "name": tool_name(tool),
        "description": tool_description(tool),
        "parameters": tool_arguments(tool),
        "strict": bool(tool.tool_config.get("strict")),
    }
