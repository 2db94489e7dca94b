"""The base class of wrappers of a provider (a limit, a budget, a cache), and the open responses that they hold.

A wrapper is a provider with a concern around it: each request of a call passes it, also in retries and tool loops.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any

from .provider import AsyncSource, Provider, Source, Target


class ProviderWrapper:
    """Wraps a provider. All attributes are the provider's, except those that a subclass defines."""

    def __init__(self, provider: Provider[Any, Any, Any]) -> None:
        self._provider = provider

    @property
    def inner_provider(self) -> Any:
        """The provider that is wrapped. It may be a wrapper, too."""
        return self._provider

    @abstractmethod
    def around(self, provider: Provider[Any, Any, Any]) -> Any:
        """Return a wrapper like this one around another provider."""

    def innermost(self, wrap: Callable[[Provider[Any, Any, Any]], Any]) -> Any:
        """Return a wrapper like this one, with the result of `wrap` inside it and inside all wrappers in it."""
        return self.around(innermost(self._provider, wrap))

    def resolve(self, model: str, provider: str | None, overrides: Mapping[str, Any]) -> Target:
        """Return the target of a call, with a wrapper like this one around its provider."""
        target = self._provider.resolve(model, provider, overrides)
        return target._replace(provider=self.around(target.provider))

    def __getattr__(self, name: str) -> Any:
        if name == "_provider":  # of a copy that has no state yet
            raise AttributeError(name)
        return getattr(self._provider, name)


def innermost(provider: Any, wrap: Callable[[Provider[Any, Any, Any]], Any]) -> Any:
    """Return the provider with the result of `wrap` in place of the provider inside all its wrappers."""
    return provider.innermost(wrap) if isinstance(provider, ProviderWrapper) else wrap(provider)


def unwrapped(provider: Any) -> Any:
    """Return the provider inside all its wrappers."""
    while isinstance(provider, ProviderWrapper):
        provider = provider.inner_provider
    return provider


class HeldSource:
    """An open response, and a function that is called once, when the response has been closed."""

    typed: bool
    response: Any

    def __init__(self, source: Source, closed: Callable[[], object]) -> None:
        self._source = source
        self._closed = [closed]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return iter(self._source)

    def drain(self) -> None:
        """Read the few bytes after the final event."""
        self._source.drain()

    def close(self) -> None:
        """Release the connection; then call the function."""
        try:
            self._source.close()
        finally:
            if self._closed:
                self._closed.pop()()


class AsyncHeldSource:
    """Async version of `HeldSource`."""

    typed: bool
    response: Any

    def __init__(self, source: AsyncSource, closed: Callable[[], object]) -> None:
        self._source = source
        self._closed = [closed]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def __aiter__(self) -> AsyncIterator[Sequence[Any]]:
        return aiter(self._source)

    async def drain(self) -> None:
        """Read the few bytes after the final event."""
        await self._source.drain()

    async def close(self) -> None:
        """Release the connection; then call the function."""
        try:
            await self._source.close()
        finally:
            if self._closed:
                self._closed.pop()()
