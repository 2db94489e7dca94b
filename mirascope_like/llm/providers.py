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
    "openrouter",
    "perplexity",
    "together",
    "vllm",
    "xai",
    "zai",
]
"""The names of all providers."""
LocalProvider: TypeAlias = Literal["lmstudio", "local", "ollama", "vllm"]
"""The names of those that run on this machine."""


@lru_cache
def provider_named(name: str, form: str | None = None) -> BaseProvider[Any, Any, Any]:
    """Return the provider of this name, such as "openai" or "ollama", or the one that speaks a form of its own there.

    Raises `ConfigurationError` for an unknown name or form, and `MissingSDKError` where its SDK is not installed.
    """
    if name not in core.PROVIDERS:
        near = get_close_matches(name, core.PROVIDERS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigurationError(f"there is no provider {name!r}: {hint}There are {', '.join(sorted(core.PROVIDERS))}")
    speaker = getattr(core, name)
    if form is not None and (speaker := getattr(speaker, form, None)) is None:
        raise ConfigurationError(f"{name} has no form {form!r} of messages")
    provider: BaseProvider[Any, Any, Any] = speaker.call.provider
    return provider
