"""The names of all providers, as types."""

from __future__ import annotations

from typing import Literal, TypeAlias

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
    "litellm",
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
    "vertex",
    "vllm",
    "vllm.responses",
    "xai",
    "xai.responses",
    "zai",
]
"""The names of all providers."""
LocalProvider: TypeAlias = Literal["lmstudio", "local", "ollama", "vllm"]
"""The names of providers that run on this machine."""
