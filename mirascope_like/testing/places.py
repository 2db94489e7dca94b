"""Recognises the requests for a model among all HTTP requests of a process."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

from ..core.dialects.transport import secret_headers, secrets_in, without
from .request import FakeRequest
from .wires import (
    BedrockFormat,
    BedrockMessagesFormat,
    ChatFormat,
    CohereFormat,
    GeminiArrayFormat,
    GeminiFormat,
    MessagesFormat,
    MistralFormat,
    Reading,
    ResponsesFormat,
    WireFormat,
)

HOSTS = {
    "api.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral",
    "api.cohere.com": "cohere",
    "api.cohere.ai": "cohere",
    "generativelanguage.googleapis.com": "google",
    "aiplatform.googleapis.com": "vertex",
    "amazonaws.com": "bedrock",
    "azure.com": "azure",
    "azure-api.net": "azure",
    "openrouter.ai": "openrouter",
    "api.x.ai": "xai",
    "api.deepseek.com": "deepseek",
    "api.cerebras.ai": "cerebras",
    "api.fireworks.ai": "fireworks",
    "router.huggingface.co": "huggingface",
    "api.perplexity.ai": "perplexity",
    "api.together.xyz": "together",
    "api.z.ai": "zai",
    "localhost:11434": "ollama",
    "127.0.0.1:11434": "ollama",
    "localhost:1234": "lmstudio",
    "localhost:8000": "vllm",
}
"""The providers by the ends of their hosts."""
SHARED = frozenset({"amazonaws.com", "azure.com", "azure-api.net"})
"""Ends of hosts that serve other things than models, too."""


class _ModelResponsesFormat(ResponsesFormat):
    """Responses at an address that only its path marks as one for a model. The body must name the model."""

    content: frozenset[str] = frozenset({"model"})


_CHATS: Mapping[str, WireFormat] = {
    "mistral": MistralFormat(),
    **dict.fromkeys(("groq", "ollama"), ChatFormat("reasoning", whole_calls=True, refusals=False)),
    "openrouter": ChatFormat("reasoning"),
    **dict.fromkeys(("openai", "azure"), ChatFormat()),
}
_CHAT = ChatFormat("reasoning_content")
_RESPONSES, _MESSAGES, _COHERE, _BEDROCK = ResponsesFormat(), MessagesFormat(), CohereFormat(), BedrockFormat()
_BEDROCK_MESSAGES = BedrockMessagesFormat()
_GEMINI, _GEMINI_ARRAY = GeminiFormat(), GeminiArrayFormat()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request for a model goes, and in which format."""

    provider: str
    format: WireFormat | None
    """None for an address of a provider that is not one of a model."""
    url: str
    headers: Mapping[str, str]

    def request(self, body: bytes, number: int) -> FakeRequest | None:
        """Return the decoded request; None if the body is not one for a model."""
        try:
            payload: Any = json.loads(body or b"{}")
        except ValueError:
            payload = {}
        if not isinstance(payload, dict):
            return None
        found = cast("dict[str, Any]", payload)
        if self.format is None:
            reading = Reading(str(found.get("model", "")), [])
            return FakeRequest(self.provider, found, self.url, self.headers, reading, found, number)
        if not self.format.content & found.keys():
            return None
        reading = self.format.read(urlsplit(self.url).path, found)
        settings = {key: value for key, value in found.items() if key not in self.format.settings}
        return FakeRequest(self.provider, found, self.url, self.headers, reading, settings, number)


def recognise(url: str, headers: Mapping[str, str]) -> Place | None:
    """Return the place of a request; None if it is not one for a model or a provider."""
    parts = urlsplit(url)
    host = _host(parts)
    known = next((name for end, name in HOSTS.items() if host == end or host.endswith(f".{end}")), None)
    local = HOSTS.get(f"{host}:{parts.port}") if known is None else None
    named = {name.lower(): value for name, value in headers.items()}
    agent = named.get("user-agent", "").lower()
    for ends, found in _FORMATS:
        if ends.search(parts.path):
            place = found(known or local, parts, named, agent)
            return None if place is None else _place(place[0], place[1], url, named)
    shared = any(host == end or host.endswith(f".{end}") for end in SHARED)
    return _place(known, None, url, named) if known is not None and not shared else None


def _place(provider: str, format: WireFormat | None, url: str, headers: Mapping[str, str]) -> Place:
    public = {name: value for name, value in headers.items() if name not in secret_headers(headers)}
    return Place(provider, format, without(url, secrets_in(headers.items(), url)), public)


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").lower()


_Found = tuple[str, WireFormat] | None
_Finder = Callable[[str | None, SplitResult, Mapping[str, str], str], _Found]


def _openai_like(known: str | None, parts: SplitResult, agent: str) -> str:
    if known is not None:
        return known
    if "api-version=" in parts.query or "/openai/deployments/" in parts.path:
        return "azure"
    return next((name for name in ("groq", "mistral") if name in agent), "openai")


def _chat(known: str | None, parts: SplitResult, headers: Mapping[str, str], agent: str) -> _Found:
    provider = _openai_like(known, parts, agent)
    unknown_host = known is None and provider == "openai"  # such as a gateway to any model
    return provider, _CHAT if unknown_host else _CHATS.get(provider, _CHAT)


def _responses(known: str | None, parts: SplitResult, headers: Mapping[str, str], agent: str) -> _Found:
    provider = _openai_like(known, parts, agent)
    if known is not None or "x-stainless-lang" in headers or "openai" in agent:
        return provider, _RESPONSES
    # Other services have such a path, too: a form with its responses.
    ours = parts.path.rstrip("/").endswith("/v1/responses") or "/openai/" in parts.path
    return (provider, _ModelResponsesFormat()) if ours else None


def _messages(known: str | None, parts: SplitResult, headers: Mapping[str, str], agent: str) -> _Found:
    ours = known is not None or "anthropic-version" in headers or "rawPredict" in parts.path
    return ("anthropic", _MESSAGES) if ours or "streamRawPredict" in parts.path else None


def _cohere(known: str | None, parts: SplitResult, headers: Mapping[str, str], agent: str) -> _Found:
    ours = known is not None or "cohere" in agent or "cohere" in headers.get("x-fern-sdk-name", "")
    return ("cohere", _COHERE) if ours or "cohere" in parts.path or "cohere" in (parts.hostname or "") else None


def _gemini(known: str | None, parts: SplitResult, headers: Mapping[str, str], agent: str) -> _Found:
    if "$alt=" in parts.query or "%24alt=" in parts.query:
        return "gemini", _GEMINI_ARRAY
    vertex = known == "vertex" or "/publishers/" in parts.path or "/projects/" in parts.path
    array = ":stream" in parts.path and "alt=sse" not in parts.query
    return "vertex" if vertex else "google", _GEMINI_ARRAY if array else _GEMINI


def _bedrock(known: str | None, parts: SplitResult, headers: Mapping[str, str], agent: str) -> _Found:
    return "bedrock", _BEDROCK


def _bedrock_messages(known: str | None, parts: SplitResult, headers: Mapping[str, str], agent: str) -> _Found:
    return "anthropic", _BEDROCK_MESSAGES


_FORMATS: list[tuple[re.Pattern[str], _Finder]] = [
    (re.compile(r"/chat/completions/?$"), _chat),
    (re.compile(r"/responses/?$"), _responses),
    (re.compile(r"/messages/?$|:(?:stream)?[rR]awPredict$"), _messages),
    (re.compile(r"/v2/chat/?$"), _cohere),
    (re.compile(r":(?:streamG|g)enerateContent$"), _gemini),
    (re.compile(r"/model/[^/]+/invoke(?:-with-response-stream)?$"), _bedrock_messages),
    (re.compile(r"/model/[^/]+/converse(?:-stream)?$"), _bedrock),
]
