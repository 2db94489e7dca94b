"""Base class of providers with Gemini's format. Encodes requests for both of Google's SDKs."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, TypeVar

from ...base.messages import CallForm
from ...base.request import Request, Strategy, Structure
from ...base.tools import BaseTool, tool_description, tool_name
from ..transport import FailingProvider
from .chunk import GeminiChunk
from .messages import encode_contents
from .response import JSON, GeminiResponse, native_content, wire_content

ResponseT = TypeVar("ResponseT", bound="GeminiResponse[Any, Any, Any, Any]")
ChunkT = TypeVar("ChunkT", bound=GeminiChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)

_NAMES = {"max_tokens": "max_output_tokens", "stop": "stop_sequences"}
_BEFORE_3 = re.compile(r"(.*/)?gemini-[12][.-]")
"""Matches models before Gemini 3. They need no signatures for tool calls, and accept no response schema together
with tools.
"""


_SETTINGS = frozenset({"behavior", "response", "response_json_schema"})
"""Fields of a function declaration in addition to name, description and parameters. Source: Google's reference of
`FunctionDeclaration`.
"""


class GeminiSpeaker(FailingProvider[ResponseT, ChunkT, ToolT]):
    """Base class of providers that encode requests in Gemini's format."""

    # Source: Google's reference of `FunctionDeclaration`: 64 letters, digits, underscores, dots, colons and dashes, of
    # which the first is a letter or an underscore.
    call_form: ClassVar[CallForm] = CallForm(names=re.compile("[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}"), required=False)
    config_name: str
    """The name of the SDK's argument for the generation config."""
    all_in_config: bool
    """True if the generation config also contains the tools and the system instruction. False if they are separate
    arguments.
    """
    parameters_name: str
    """The key of a function declaration for the schema of the parameters."""
    answer_name: str
    """The key of the generation config for the response schema."""

    @abstractmethod
    def settings(self, params: dict[str, Any]) -> tuple[JSON, JSON]:
        """Split call parameters into (generation config, other arguments)."""

    def schema(self, schema: Mapping[str, Any]) -> JSON:
        """Return a copy of a JSON schema with only the keywords that the provider accepts."""
        return dict(schema)

    def as_json_content(self, content: Any) -> Any:
        """Convert a message (Gemini calls it a "content") from an object of the SDK to JSON. Messages in the common
        form are returned unchanged.
        """
        return content

    def _divided(self, request: Request) -> tuple[JSON, JSON, JSON]:
        config, rest = self.settings({_NAMES.get(key, key): value for key, value in request.call_params.items()})
        return config, rest, config if self.all_in_config else rest

    def encode(self, request: Request) -> dict[str, Any]:
        messages = [self.as_json_content(message) for message in request.messages]
        system, contents = encode_contents(messages, sign_calls=_BEFORE_3.match(request.model) is None)
        native = partial(native_content, self.response_type)
        config, rest, beside = self._divided(request)
        if isinstance(stop := config.get("stop_sequences"), str):
            config["stop_sequences"] = [stop]
        if system is not None:
            if given := beside.get("system_instruction"):
                system["parts"] = [*wire_content(self.response_type, given)["parts"], *system["parts"]]
            beside["system_instruction"] = native(system)
        declared = [{"function_declarations": [self._tool(tool) for tool in request.tools]}] if request.tools else []
        if tools := [*(beside.get("tools") or ()), *request.native_tools, *declared]:
            beside["tools"] = tools
        elif request.json_mode:  # before Gemini 3, JSON mode cannot be combined with tools
            config.setdefault("response_mime_type", "application/json")
        encoded = {"model": request.model, "contents": [native(content) for content in contents], **rest}
        return {**encoded, self.config_name: config} if config else encoded

    def _tool(self, tool: type[BaseTool]) -> JSON:
        given = tool.tool_config.items()
        settings = {key: value for key, value in given if key in _SETTINGS and value is not None}
        return {**self._declared(tool_name(tool), tool_description(tool), tool.tool_json_schema()), **settings}

    def _declared(self, name: str, description: str, schema: Mapping[str, Any]) -> JSON:
        declared: JSON = {"name": name, "description": description}
        parameters = self.schema(schema)
        # The API of 2025 rejects an object schema without properties; a function without a schema has no arguments.
        return {**declared, self.parameters_name: parameters} if parameters.get("properties") else declared

    def strategy(self, request: Request, preferred: Strategy) -> Strategy:
        if preferred == "json":
            return preferred
        tools = request.tools or request.native_tools or self._divided(request)[2].get("tools")
        # Gemini sends a tool call in one piece, but text while it is generated.
        return "tool" if tools and (preferred == "tool" or _BEFORE_3.match(request.model)) else "schema"

    def structure(self, payload: dict[str, Any], structure: Structure) -> None:
        config = dict(payload.get(self.config_name) or {})
        beside = config if self.all_in_config else payload
        if structure.strategy == "schema":
            config["response_mime_type"] = "application/json"
            config[self.answer_name] = self.schema(structure.schema)
        elif structure.strategy == "tool":
            declared = self._declared(structure.name, structure.description, structure.schema)
            beside["tools"] = [*(beside.get("tools") or ()), {"function_declarations": [declared]}]
            beside.setdefault("tool_config", {"function_calling_config": {"mode": "ANY"}})
        if config:
            payload[self.config_name] = config
