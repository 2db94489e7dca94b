"""Finds providers by name, and imports each when it is first used. `llm.call` and fallbacks use it."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from .. import core
from ..core.base.errors import ConfigurationError
from ..core.base.legacy_names import LocalProvider as LocalProvider
from ..core.base.legacy_names import Provider as Provider
from ..core.base.provider import Provider as BaseProvider

_FORMS = ("responses",)
"""Names of message formats that a provider may have in addition to its default format. They follow its name:
"openai.responses".
"""


def named(text: str) -> tuple[str | None, str]:
    """Split "openai:gpt-4o-mini" into (provider, model). The provider is None if the text does not begin with the
    name of a provider ("llama3.2:1b").
    """
    name, colon, model = text.partition(":")
    home, _, form = name.partition(".")
    known = bool(colon) and home in core.PROVIDERS and (not form or form in _FORMS)
    return (name, model) if known else (None, text)


@lru_cache
def provider_named(name: str) -> BaseProvider[Any, Any, Any]:
    """Return the provider with this name. The name may be followed by a message format, as in "openai.responses".

    Raises `ConfigurationError` for an unknown name, and `MissingSDKError` if the provider's SDK is not installed.
    """
    home, _, form = name.partition(".")
    if home not in core.PROVIDERS:
        near = get_close_matches(name, core.PROVIDERS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        known = ", ".join(sorted(core.PROVIDERS))
        raise ConfigurationError(f"unknown provider {name!r}: {hint}Known providers: {known}")
    speaker = getattr(core, home)
    if form and (form not in _FORMS or (speaker := getattr(speaker, form, None)) is None):
        raise ConfigurationError(f"unknown provider {name!r}: {home} has no format {form!r}")
    provider: BaseProvider[Any, Any, Any] = speaker.call.provider
    return provider
