"""Base class of providers with OpenAI's chat format, whose requests are sent by OpenAI's SDK or a similar one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, ClassVar, TypeVar

from ...base.messages import CallForm, Part
from ...base.provider import AsyncSource, Source
from ...base.request import Request, Strategy, Structure
from ...base.response import Accumulator, BaseCallResponse
from ...base.tools import BaseTool, tool_description, tool_name
from ..schemas import OPENAI_WORDS, add_answer_tool, is_closed, strict_schema, tool_arguments
from ..transport import SDK_OPTIONS, SDKProvider
from .accumulator import ChatAccumulator
from .chunk import BaseChatChunk
from .custom_tools import custom_type
from .messages import encode_messages, encode_part

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseChatChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


_REASONING = re.compile(r"(?:ft:)?(?:o\d|gpt-(?:[5-9]|\d\d)|codex-|computer-use)")
"""Names of OpenAI's models that reject `max_tokens`. Source: the reference of chat completions ("not compatible with
o-series models"), and the error of GPT-5.
"""
_UNKNOWN = "(?i:unsupported|unknown|unrecognized|unexpected|not permitted|extra inputs)"
"""Matches error messages about a parameter that the host does not support."""


@lru_cache(maxsize=1000)
def openai_limit_names(model: str) -> tuple[str, ...]:
    """Return the parameter names under which a model of OpenAI accepts the token limit, the preferred one first."""
    return ("max_completion_tokens",) if _REASONING.match(model) else ("max_tokens", "max_completion_tokens")


class ChatProvider(SDKProvider[ResponseT, ChunkT, ToolT]):
    """A provider with OpenAI's chat format."""

    accumulator_type: type[Accumulator[Any, Any]] = ChatAccumulator
    method = "chat.completions.create"
    path: ClassVar[str] = "/chat/completions"
    """The URL path of the endpoint, relative to the client's base URL."""
    cache_marks: bool = False
    """True if the host accepts Anthropic's `cache_control` on parts. For other hosts, cache marks are left out."""
    returns_images: bool = False
    """True if the host returns images in `images` of the assistant's message, and accepts them back there."""
    # Source: OpenAI's "Invalid 'messages[1].tool_calls[0].id': string too long. Expected ... maximum length 40".
    call_form: ClassVar[CallForm] = CallForm(ids=re.compile("(?s).{1,40}"))
    refuses_usage: bool = False
    """True if the host rejects `stream_options` (which requests the usage), or always sends the usage."""

    def known_params(self) -> frozenset[str]:
        module = import_module(f"{self.sdk.__name__}.types.chat.completion_create_params")
        named = getattr(module, "CompletionCreateParamsBase", None) or module.CompletionCreateParams
        known = super().known_params().union(named.__annotations__, SDK_OPTIONS)
        refused = {"stream_options"} if self.refuses_usage else set[str]()
        return known - refused - {"messages", "model", "tools", "stream"}

    def encode(self, request: Request) -> dict[str, Any]:
        payload: dict[str, Any] = {
            "model": request.model,
            "messages": encode_messages(
                request.messages,
                self.encode_part,
                cache_marks=self.cache_marks,
                returns_images=self.returns_images,
            ),
            **request.call_params,
        }
        custom = {tool_name(kind) for kind in self.native_tool_types(request.native_tools)}
        declared = [encode_tool(tool) for tool in request.tools if tool_name(tool) not in custom]
        if tools := [*request.native_tools, *declared]:
            payload["tools"] = tools
        if request.json_mode:
            payload.setdefault("response_format", {"type": "json_object"})
        if request.stream and not self.refuses_usage:
            payload["stream_options"] = {"include_usage": True, **(payload.get("stream_options") or {})}
        return payload

    def native_tool_types(self, tools: Sequence[Mapping[str, Any]]) -> list[type[BaseTool]]:
        return [kind for tool in tools if (kind := custom_type(tool)) is not None]

    def encode_part(self, part: Part) -> dict[str, Any]:
        """Return a part in the provider's format.

        Raises `PromptError` for a part that the provider does not accept.
        """
        return encode_part(part, self.name)

    def strategy(self, request: Request, preferred: Strategy) -> Strategy:
        return preferred

    def structure(self, payload: dict[str, Any], structure: Structure) -> None:
        encode_structure(payload, structure)

    def http(self, client: Any, payload: dict[str, Any], *, stream: bool, once: bool = False) -> Any:
        return self.post(client, self.path, payload, stream=stream, once=once)

    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        try:
            return super().send(request, payload)
        except self.sdk.APIStatusError as error:
            return super().send(request, self.corrected(request, payload, error))

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        try:
            return await super().asend(request, payload)
        except self.sdk.APIStatusError as error:
            return await super().asend(request, self.corrected(request, payload, error))

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        try:
            return super().open(request, payload)
        except self.sdk.APIStatusError as error:
            return super().open(request, self.corrected(request, payload, error))

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        try:
            return await super().aopen(request, payload)
        except self.sdk.APIStatusError as error:
            return await super().aopen(request, self.corrected(request, payload, error))

    def corrected(self, request: Request, payload: dict[str, Any], error: Any) -> dict[str, Any]:
        """Return the payload without the parameter that the host rejected, to send the request again; raise any other
        error.

        The parameter is `stream_options`, which we added, or the token limit, whose name depends on the model. OpenAI
        reports the latter as "Unsupported parameter: 'max_tokens' is not supported with this model. Use
        'max_completion_tokens' instead."
        """
        if error.status_code in (400, 422):
            text = str(error)
            if "stream_options" in payload and "stream_options" not in request.call_params and "stream_options" in text:
                return {key: value for key, value in payload.items() if key != "stream_options"}
            other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
            refused = next((name for name in other if name in payload), "")
            if refused and re.search(rf"\b{refused}\b", text) and re.search(rf"\b{other[refused]}\b|{_UNKNOWN}", text):
                return {other.get(key, key) if key == refused else key: value for key, value in payload.items()}
        raise error


def encode_tool(tool: type[BaseTool]) -> dict[str, Any]:
    """Return a tool in OpenAI's format."""
    function: dict[str, Any] = {"name": tool_name(tool), "description": tool_description(tool)}
    function["parameters"] = tool_arguments(tool)
    if (strict := tool.tool_config.get("strict")) is not None:
        function["strict"] = strict
    return {"type": "function", "function": function}


def encode_structure(payload: dict[str, Any], structure: Structure, words: frozenset[str] = OPENAI_WORDS) -> None:
    """Add the request for a structured output to a payload in OpenAI's format. `words` are the schema keywords that
    the provider accepts.
    """
    named = {"name": structure.name, "description": structure.description}
    if structure.strategy == "tool":
        tool = {"type": "function", "function": {**named, "parameters": structure.schema}}
        this = {"type": "function", "function": {"name": structure.name}}
        add_answer_tool(payload, tool, alone=this, beside="required")
    elif structure.strategy == "schema":
        strict = is_closed(structure.schema)
        schema = strict_schema(structure.schema, words) if strict else structure.schema
        payload["response_format"] = {
            "type": "json_schema",
            "json_schema": {**named, "schema": schema, "strict": strict},
        }
