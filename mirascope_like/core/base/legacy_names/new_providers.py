"""`call_factory` of Mirascope v1, which says how to add a provider here."""

from __future__ import annotations

from typing import Any, NoReturn

from ..errors import ConfigurationError


def call_factory(**parts: Any) -> NoReturn:
    """Raise `ConfigurationError`: a provider is added in another way than in Mirascope v1.

    The parts of v1 (classes of responses, `setup_call`, `handle_stream`) do not fit, because responses here are built
    from events. A host with an OpenAI-compatible API is a `core.hosts.Host`.
    """
    raise ConfigurationError(
        "call_factory of Mirascope v1 is not included: for a host with an OpenAI-compatible API use "
        "`core.hosts.Host(name, base_url, key)`, for any other call `core.litellm`, or add a provider as "
        "CONTRIBUTING.md describes"
    )
