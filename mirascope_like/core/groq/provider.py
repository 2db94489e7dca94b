"""Groq's chat completions: the provider of `groq.call`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import groq

from ..base.messages import AudioPart, DocumentPart, Part
from ..base.parsing import as_object
from ..base.request import Request, Strategy
from ..base.response import Accumulator
from ..dialects.chat_completions import ChatAccumulator, ChatProvider, refused
from .params import GroqCallParams
from .types import GroqCallResponse, GroqCallResponseChunk, GroqTool


class GroqAccumulator(ChatAccumulator[GroqCallResponseChunk, GroqTool]):
    """Combines Groq's chunks into a response. Raises the errors that Groq reports in `x_groq`."""

    def add(
        self, chunk: GroqCallResponseChunk, data: Mapping[str, Any]
    ) -> Iterator[tuple[GroqCallResponseChunk, GroqTool | None]]:
        error = data.get("error") or as_object(data.get("x_groq")).get("error")
        yield from super().add(chunk, {**data, "error": error} if error else data)


class GroqProvider(ChatProvider[GroqCallResponse, GroqCallResponseChunk, GroqTool]):
    """Sends requests to Groq, or to the address of the client that was passed."""

    name = "groq"
    sdk: ModuleType = groq
    clients: tuple[str, str] = ("Groq", "AsyncGroq")
    environment: tuple[str, ...] = ("GROQ_API_KEY", "GROQ_BASE_URL", "GROQ_CUSTOM_HEADERS")
    path = "/openai/v1/chat/completions"
    refuses_usage = True
    response_type = GroqCallResponse
    chunk_type = GroqCallResponseChunk
    tool_type = GroqTool
    accumulator_type: type[Accumulator[Any, Any]] = GroqAccumulator
    params_type = GroqCallParams

    def limit_names(self, model: str) -> tuple[str, ...]:
        return ("max_tokens", "max_completion_tokens")

    def encode_part(self, part: Part) -> dict[str, Any]:
        if isinstance(part, AudioPart | DocumentPart):
            raise refused(part, self.name)
        return super().encode_part(part)

    def strategy(self, request: Request, preferred: Strategy) -> Strategy:
        # Groq's structured outputs support neither streams nor tools. Source: its documentation of them.
        beside = request.stream or request.tools or request.native_tools
        return "tool" if preferred == "schema" and beside else preferred
