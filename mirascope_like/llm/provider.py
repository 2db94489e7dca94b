"""The provider of `llm`: each call chooses a provider by name, and `resolve` returns it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from ..core.base.errors import ConfigurationError
from ..core.base.provider import Provider, Target
from ..core.base.request import OVERRIDES, CommonCallParams
from .adapted_provider import with_common_answers
from .answers import CallResponse, CallResponseChunk, Tool
from .providers import named, provider_named


class EveryName(frozenset[str]):
    """Contains every name: the valid names of call parameters are only known once a provider is chosen."""

    def __contains__(self, name: object) -> bool:
        return True


def _unresolved(self: AnyProvider, *_: Any) -> NoReturn:
    raise TypeError(f"{self.name} stands for any provider: `resolve` returns the one that answers a call")


class AnyProvider(Provider[CallResponse, CallResponseChunk, Tool]):
    """Stands for all providers that can be named. It sends nothing: `resolve` returns the provider that a call uses."""

    name = "llm"
    open_choice = True
    response_type = CallResponse
    chunk_type = CallResponseChunk
    tool_type = Tool

    def origin(self, model: str) -> str:
        provider, _ = _chosen(model, None, OVERRIDES.get())
        return provider or self.name

    def named(self, model: str) -> tuple[str | None, str]:
        return named(model)

    def known_params(self) -> frozenset[str]:
        return EveryName(CommonCallParams.__annotations__)

    def resolve(self, model: str, provider: str | None, overrides: Mapping[str, Any]) -> Target:
        """Return the provider that a call uses: the one set by `llm.context` or `llm.override`, else the call's own.

        The call names its own as `provider`, or inside `model`. Raises `ConfigurationError` if no provider is named, or
        an unknown one, and `MissingSDKError` if its SDK is not installed.
        """
        own, _ = _chosen(model, provider, {})
        name, model = _chosen(model, provider, overrides)
        if name is None:
            if ":" in model:
                provider_named(model.partition(":")[0])  # its error suggests the right name
            raise ConfigurationError(
                'llm.call needs a provider: llm.call(provider="openai", model="gpt-4o-mini"), or "openai:gpt-4o-mini"'
            )
        settings = {key: one for key, one in overrides.items() if key not in ("provider", "model", "client")}
        client = overrides.get("client")
        if client is not None or name != own:  # a client is for its own provider alone
            settings["client"] = client
        return Target(with_common_answers(name), model, settings)

    encode: Any = _unresolved
    send: Any = _unresolved
    asend: Any = _unresolved
    open: Any = _unresolved
    aopen: Any = _unresolved
    failure: Any = _unresolved


NeutralProvider = AnyProvider
"""The former name of the class; older pickles of models contain it."""


def _chosen(model: str, provider: str | None, overrides: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the name of the provider that a call uses (None if none is named), and the name of the model."""
    if not provider:
        provider, model = named(model)
    return overrides.get("provider") or provider, overrides.get("model") or model
