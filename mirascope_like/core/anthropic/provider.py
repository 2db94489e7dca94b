"""Anthropic's Messages API: the provider of `anthropic.call`."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import replace
from functools import cached_property
from inspect import signature
from types import ModuleType
from typing import Any, ClassVar

import anthropic
from anthropic.resources import Messages

from ..base.errors import ConfigurationError, adopt
from ..base.messages import CallForm
from ..base.parsing import as_object
from ..base.request import Prefill, Request, Strategy, Structure
from ..base.response import Accumulator
from ..base.tools import BaseTool, tool_description, tool_name
from ..dialects.schemas import ANTHROPIC_WORDS, add_answer_tool, is_closed, strict_schema, tool_arguments
from ..dialects.transport import KeepAlive, SDKProvider, without_retries
from .accumulator import AnthropicAccumulator
from .messages import as_blocks, encode_messages
from .params import AnthropicCallParams
from .types import AnthropicCallResponse, AnthropicCallResponseChunk, AnthropicTool

MAX_TOKENS = 1024
"""The default value of `max_tokens`. Anthropic requires a value."""


class AnthropicProvider(SDKProvider[AnthropicCallResponse, AnthropicCallResponseChunk, AnthropicTool]):
    """Sends requests to Anthropic, or to the address of the client that was passed."""

    name = "anthropic"
    sdk: ModuleType = anthropic
    clients: tuple[str, str] = ("Anthropic", "AsyncAnthropic")
    environment: tuple[str, ...] = (
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_BASE_URL",
        "ANTHROPIC_PROFILE",
        "ANTHROPIC_CUSTOM_HEADERS",
    )
    keep_alive: ClassVar[KeepAlive | None] = KeepAlive(idle=60, interval=60, probes=5)
    response_type = AnthropicCallResponse
    chunk_type = AnthropicCallResponseChunk
    tool_type = AnthropicTool
    accumulator_type: type[Accumulator[Any, Any]] = AnthropicAccumulator
    params_type = AnthropicCallParams
    method = "messages.create"
    # Source: the API's "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'".
    call_form: ClassVar[CallForm] = CallForm(ids=re.compile("[a-zA-Z0-9_-]+"))

    def known_params(self) -> frozenset[str]:
        return super().known_params() | self._accepted - {"messages", "model", "stream", "tools"}

    @cached_property
    def _accepted(self) -> frozenset[str]:
        return frozenset(signature(Messages.create).parameters) - {"self"}

    def encode(self, request: Request) -> dict[str, Any]:
        system, messages = encode_messages(request.messages)
        params = dict(request.call_params)
        if (stop := params.pop("stop", None)) is not None:
            params["stop_sequences"] = [stop] if isinstance(stop, str) else list(stop)
        if params.get("max_tokens") is None:
            params["max_tokens"] = MAX_TOKENS
        payload: dict[str, Any] = {"model": request.model, "messages": messages, **params}
        if system is not None:
            given = params.get("system")
            payload["system"] = system if given is None else [*as_blocks(given), *as_blocks(system)]
        if tools := [*request.native_tools, *(encode_tool(tool) for tool in request.tools)]:
            payload["tools"] = tools
        return self._escaped(payload)

    def prefill(self, request: Request) -> Prefill | None:
        # Models since Claude Opus 4.6 reject a prefill with status 400.
        return Prefill()

    def strategy(self, request: Request, preferred: Strategy) -> Strategy:
        # Anthropic does not allow a forced tool call while thinking is enabled.
        thinking = as_object(request.call_params.get("thinking"))
        return "json" if preferred == "tool" and thinking.get("type") in ("enabled", "adaptive") else preferred

    def structure(self, payload: dict[str, Any], structure: Structure) -> None:
        if structure.strategy == "schema" and is_closed(structure.schema):
            schema = strict_schema(structure.schema, ANTHROPIC_WORDS, all_required=False)
            config: dict[str, Any] = payload.get("output_config") or {}
            payload["output_config"] = {**config, "format": {"type": "json_schema", "schema": schema}}
            self._escaped(payload)
        elif structure.strategy != "json":
            tool = {"name": structure.name, "description": structure.description, "input_schema": structure.schema}
            this = {"type": "tool", "name": structure.name}
            add_answer_tool(payload, tool, alone=this, beside={"type": "any"})

    def untooled(self, request: Request) -> Request:
        # Anthropic requires the tools as long as the messages contain calls of them.
        if request.structure is not None and request.structure.strategy == "tool":
            return super().untooled(request)
        return replace(request, call_params={**request.call_params, "tool_choice": {"type": "none"}})

    def _escaped(self, payload: dict[str, Any]) -> dict[str, Any]:
        # Parameters that the installed SDK does not have (2.x has no `temperature`) are sent in `extra_body`.
        unnamed = {key: payload.pop(key) for key in list(payload) if key not in self._accepted}
        if unnamed:
            payload["extra_body"] = {**unnamed, **(payload.get("extra_body") or {})}
        return payload

    def _own(self, client: Any) -> bool:
        return super()._own(client) and not _is_traced(client)

    def is_patched(self, client: Any) -> bool:
        return not super()._own(client)

    def _client(self, request: Request) -> Any:
        return self._untraced(super()._client(request), request)

    async def _aclient(self, request: Request) -> Any:
        return self._untraced(await super()._aclient(request), request)

    def _untraced(self, client: Any, request: Request) -> Any:
        """Return a copy of a client that records no spans, if a span of the library records the request.

        A client that was given a tracer provider of its own, or whose own methods were patched, is returned itself.
        """
        if not request.traced or not _is_traced(client) or client.open_telemetry.get("tracer_provider") is not None:
            return client
        copy = client.with_options(open_telemetry=False)
        return copy if self.is_patched(copy) == self.is_patched(client) else client

    def http(self, client: Any, payload: dict[str, Any], *, stream: bool, once: bool = False) -> Any:
        # The SDK's own method is fast here, and rejects unstreamed requests that would take too long. It has no
        # parameter for the number of retries.
        if once and client.max_retries:
            client = without_retries(client)
        return client.messages.with_raw_response.create(**payload, **({"stream": True} if stream else {}))

    def head_depends_on(self, payload: dict[str, Any]) -> Hashable:
        return payload.get("max_tokens")  # requests that would take too long are refused

    def failure(self, error: Exception, request: Request, source: Any = None) -> Exception:
        if type(error) is ValueError and str(error).startswith("Streaming is"):
            refused = ValueError(
                "Anthropic's SDK sends no unstreamed request that may take longer than 10 minutes, and a request with "
                f"max_tokens={request.call_params.get('max_tokens') or MAX_TOKENS} may: use stream=True, fewer "
                "max_tokens, or a timeout in call_params"
            )
            refused.__cause__ = error
            return adopt(refused, ConfigurationError, provider=self.name, model=request.model)
        return super().failure(error, request, source)

    def reported(self, message: str, response: Any, body: Any = None) -> Exception:
        if response is None or body is None:
            return super().reported(message, response, body)
        return anthropic.APIStatusError(message, response=response, body=body)


def encode_tool(tool: type[BaseTool]) -> dict[str, Any]:
    """Return a tool in Anthropic's format."""
    encoded: dict[str, Any] = {
        "name": tool_name(tool),
        "description": tool_description(tool),
        "input_schema": tool_arguments(tool, ANTHROPIC_WORDS, all_required=False),
    }
    return {**encoded, **{key: value for key, value in tool.tool_config.items() if value is not None}}


def _is_traced(client: Any) -> bool:
    """Return True if the client itself records OpenTelemetry spans, which are complete only for responses that the
    SDK parses.
    """
    options: Any = getattr(client, "open_telemetry", None)  # SDKs before 2.12 have no spans
    if options is None or not options["traces"]["enabled"]:
        return False
    from opentelemetry import trace  # a dependency of every SDK version that has spans

    provider = options.get("tracer_provider") or trace.get_tracer_provider()
    return not isinstance(provider, (trace.NoOpTracerProvider, trace.ProxyTracerProvider))
