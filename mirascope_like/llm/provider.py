"""The provider of `llm`. It sends nothing itself: for each call, `resolve` returns the provider to use."""

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
    """A set that contains every name. The valid call parameters are known only when the provider of a call is known."""

    def __contains__(self, name: object) -> bool:
        return True


def _unresolved(self: AnyProvider, *_: Any) -> NoReturn:
    raise TypeError(f"{self.name} cannot send requests: `resolve` returns the provider that a call uses")


class AnyProvider(Provider[CallResponse, CallResponseChunk, Tool]):
    """Represents all providers. It sends nothing itself: for each call, `resolve` returns the provider to use."""

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
        """Return the provider and the model of a call, and the settings that replace the call's own.

        The provider is the one set by `llm.context` or `llm.override`, or else the one that the call names, as
        `provider` or inside `model`. Raises `ConfigurationError` if no provider is named or the name is unknown, and
        `MissingSDKError` if the provider's SDK is not installed.
        """
        own, _ = _chosen(model, provider, {})
        name, model = _chosen(model, provider, overrides)
        if name is None:
            if ":" in model:
                provider_named(model.partition(":")[0])  # raises an error that suggests the right name
            raise ConfigurationError(
                'llm.call needs a provider: llm.call(provider="openai", model="gpt-4o-mini"), or "openai:gpt-4o-mini"'
            )
        settings = {key: one for key, one in overrides.items() if key not in ("provider", "model", "client")}
        client = overrides.get("client")
        if client is not None or name != own:  # a client can be used only for its own provider
            settings["client"] = client
        return Target(with_common_answers(name), model, settings)

    encode: Any = _unresolved
    send: Any = _unresolved
    asend: Any = _unresolved
    open: Any = _unresolved
    aopen: Any = _unresolved
    failure: Any = _unresolved


NeutralProvider = AnyProvider
"""An earlier name of the class. Old pickles of models contain it."""


def _chosen(model: str, provider: str | None, overrides: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return (provider name, model name) of a call. The provider name is None if the call and the settings name no
    provider.
    """
    if not provider:
        provider, model = named(model)
    return overrides.get("provider") or provider, overrides.get("model") or model
