"""Placeholder keys and settings, so that a test needs none."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Lock
from typing import Any

PLACEHOLDER = "fake-key"
"""The key that a client of a test is given."""

SETTINGS: dict[tuple[str, ...], str] = {
    **{
        (name,): PLACEHOLDER
        for name in (
            *("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GROQ_API_KEY", "MISTRAL_API_KEY", "XAI_API_KEY"),
            *("CEREBRAS_API_KEY", "DEEPSEEK_API_KEY", "FIREWORKS_API_KEY", "HF_TOKEN", "OPENROUTER_API_KEY"),
            *("PERPLEXITY_API_KEY", "TOGETHER_API_KEY", "ZAI_API_KEY"),
        )
    },
    ("CO_API_KEY", "COHERE_API_KEY"): PLACEHOLDER,
    ("GOOGLE_API_KEY", "GEMINI_API_KEY"): PLACEHOLDER,
    ("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN", "AZURE_INFERENCE_CREDENTIAL"): PLACEHOLDER,
    ("AZURE_OPENAI_ENDPOINT", "AZURE_INFERENCE_ENDPOINT"): "https://fake.openai.azure.com",
    ("OPENAI_API_VERSION", "AZURE_INFERENCE_ENDPOINT"): "2024-10-21",
    ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK"): PLACEHOLDER,
    ("AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK"): PLACEHOLDER,
    ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"): "us-east-1",
}
"""The variables to set, by the names of which none is set; the first name is set."""

_lock = Lock()
_set: dict[str, int] = {}
"""How many blocks need each variable that was set here."""
_blocks: list[Callable[[], None]] = []
"""What restores the state of Google's retired SDK after the last block, once for each block."""


@contextmanager
def placeholder_keys() -> Generator[None]:
    """Context manager: set the keys of all providers that are unset to a placeholder. Blocks may overlap."""
    with _lock:
        ours = [names[0] for names in SETTINGS if names[0] in _set]
        new = [names[0] for names in SETTINGS if not any(os.environ.get(name) for name in names)]
        for name in new:
            os.environ[name] = _placeholder(name)
        for name in (*ours, *new):
            _set[name] = _set.get(name, 0) + 1
        _blocks.append(_blocks[0] if _blocks else _configure_gemini())
    try:
        yield
    finally:
        with _lock:
            restore = _blocks.pop()
            if not _blocks:
                restore()
            for name in (*ours, *new):
                _set[name] -= 1
                if not _set[name]:
                    del _set[name]
                    if os.environ.get(name) == _placeholder(name):  # else the test has set it meanwhile
                        del os.environ[name]


def _placeholder(name: str) -> str:
    return next(value for names, value in SETTINGS.items() if names[0] == name)


_GEMINI = "google.generativeai.client"


def _configure_gemini() -> Callable[[], None]:
    """Configure Google's retired SDK with the placeholder, if it has no key: it reads its variable on import only.

    Returns a function that restores its state. Reads names of the SDK that are not public, if they exist.
    """
    module: Any = sys.modules.get(_GEMINI)
    before: Any = getattr(module, "_client_manager", None)
    if before is not None and not _has_key(before):
        module._client_manager = type(before)()
        module.configure(api_key=PLACEHOLDER)

    def restore() -> None:
        module: Any = sys.modules.get(_GEMINI)
        manager: Any = getattr(module, "_client_manager", None)
        if before is not None:
            module._client_manager = before
        elif manager is not None and _has_key(manager, PLACEHOLDER):  # it was imported in the block
            module._client_manager = type(manager)()

    return restore


def _has_key(manager: Any, key: str | None = None) -> bool:
    config: dict[str, Any] = getattr(manager, "client_config", {})
    found = getattr(config.get("client_options"), "api_key", None)
    return bool(found or config.get("credentials")) if key is None else found == key
