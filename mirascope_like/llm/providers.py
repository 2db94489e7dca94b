"""Providers by their names. Knows where each stands; loads one when it is first asked for."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from .. import core
from ..core.base.errors import ConfigurationError
from ..core.base.provider import Provider as BaseProvider

Provider: TypeAlias = Literal[
    "anthropic",
    "azure",
    "azure.responses",
    "bedrock",
    "cerebras",
    "cohere",
    "deepseek",
    "fireworks",
    "gemini",
    "google",
    "groq",
    "huggingface",
    "lmstudio",
    "local",
    "mistral",
    "ollama",
    "openai",
    "openai.responses",
    "openrouter",
    "openrouter.responses",
    "perplexity",
    "together",
    "vllm",
    "vllm.responses",
    "xai",
    "xai.responses",
    "zai",
]
"""The names of all providers."""
LocalProvider: TypeAlias = Literal["lmstudio", "local", "ollama", "vllm"]
"""The names of those that run on this machine."""


_FORMS = ("responses",)
"""Forms of messages that a provider may have besides its first."""


def named(text: str) -> tuple[str | None, str]:
    """Return the provider and the model of "openai:gpt-4o-mini"; no provider where none is named ("llama3.2:1b")."""
    name, colon, model = text.partition(":")
    home, _, form = name.partition(".")
    known = bool(colon) and home in core.PROVIDERS and (not form or form in _FORMS)
    return (name, model) if known else (None, text)


@lru_cache
def provider_named(name: str) -> BaseProvider[Any, Any, Any]:
    """Return the provider of this name, such as "openai", "ollama" or, in a form of its own, "openai.responses".

    Raises `ConfigurationError` for an unknown name, and `MissingSDKError` where its SDK is not installed.
    """
    home, _, form = name.partition(".")
    if home not in core.PROVIDERS:
        near = get_close_matches(name, core.PROVIDERS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigurationError(f"there is no provider {name!r}: {hint}There are {', '.join(sorted(core.PROVIDERS))}")
    speaker = getattr(core, home)
    if form and (form not in _FORMS or (speaker := getattr(speaker, form, None)) is None):
        raise ConfigurationError(f"there is no provider {name!r}: {home} has no form {form!r}")
    provider: BaseProvider[Any, Any, Any] = speaker.call.provider
    return provider
