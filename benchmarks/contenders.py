"""What is compared: an SDK's own stream, its accumulating helper, and ours, over the same client.

Each is given twice, sync and async; the words of async are the only difference.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import anthropic as anthropic_sdk
import openai as openai_sdk

from mirascope_like.core import anthropic, openai

SDK, HELPER, OURS = "the SDK's stream", "the SDK's accumulating helper", "ours"
REBUILT, TYPED = "ours, response rebuilt at the end", "ours, chunk.chunk taken on every event"
CALL, OUR_CALL = "the SDK's call", "ours, whole"

QUESTION = "Tell me of the fox."


@dataclass(kw_only=True)
class Entrant(ABC):
    """One provider's SDK and ours."""

    name: str
    model: str
    ours: Any
    demanded: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the SDK demands besides model and messages."""

    @abstractmethod
    def stream(self, client: Any) -> Iterator[Any]:
        """The SDK's own stream."""

    @abstractmethod
    async def astream(self, client: Any) -> AsyncIterator[Any]:
        """The same with an async client."""

    def prompt(self, client: Any, *, stream: bool) -> Callable[[], Any]:
        def ask() -> str:
            return QUESTION

        return self._call(client, stream)(ask)

    def aprompt(self, client: Any, *, stream: bool) -> Callable[[], Any]:
        async def ask() -> str:
            return QUESTION

        return self._call(client, stream)(ask)

    def _call(self, client: Any, stream: bool) -> Callable[[Any], Callable[[], Any]]:
        decorator: Callable[[Any], Callable[[], Any]] = self.ours.call(
            self.model, client=client, stream=stream, call_params=self.demanded
        )
        return decorator


@dataclass(kw_only=True)
class Contest(Entrant):
    """An SDK built like OpenAI's. The clients are made anew for each setting of the server, and kept."""

    sdk: Any
    clients: tuple[str, str]
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the clients demand."""
    path: str
    resource: Callable[[Any], Any]
    messages: str = "messages"
    streamed: dict[str, Any] = field(default_factory=dict[str, Any])
    """What ours asks for in a stream unless told otherwise."""

    def client(self, base_url: str, headers: dict[str, str]) -> Any:
        make = getattr(self.sdk, self.clients[0])
        return make(api_key="k", base_url=base_url + self.path, default_headers=headers, **self.options)

    def async_client(self, base_url: str, headers: dict[str, str], *, aiohttp: bool = False) -> Any:
        make = getattr(self.sdk, self.clients[1])
        options = {**self.options, **({"http_client": self.sdk.DefaultAioHttpClient()} if aiohttp else {})}
        return make(api_key="k", base_url=base_url + self.path, default_headers=headers, **options)

    def arguments(self, **others: Any) -> dict[str, Any]:
        messages = [{"role": "user", "content": QUESTION}]
        return {"model": self.model, self.messages: messages, **self.demanded, **others}

    def stream(self, client: Any) -> Iterator[Any]:
        made: Iterator[Any] = self.resource(client).create(**self.arguments(**self.streamed), stream=True)
        return made

    async def astream(self, client: Any) -> AsyncIterator[Any]:
        made: AsyncIterator[Any] = await self.resource(client).create(**self.arguments(**self.streamed), stream=True)
        return made

    def helper(self, client: Any) -> AbstractContextManager[Iterator[Any]]:
        made: AbstractContextManager[Iterator[Any]] = self.resource(client).stream(**self.arguments(**self.streamed))
        return made

    def ahelper(self, client: Any) -> AbstractAsyncContextManager[AsyncIterator[Any]]:
        made: AbstractAsyncContextManager[AsyncIterator[Any]] = self.resource(client).stream(
            **self.arguments(**self.streamed)
        )
        return made


OPENAI = Contest(
    name="OpenAI",
    model="gpt-4o-mini",
    sdk=openai_sdk,
    clients=("OpenAI", "AsyncOpenAI"),
    path="/v1",
    resource=lambda client: client.chat.completions,
    ours=openai,
    streamed={"stream_options": {"include_usage": True}},
)
ANTHROPIC = Contest(
    name="Anthropic",
    model="claude-sonnet-5",
    sdk=anthropic_sdk,
    clients=("Anthropic", "AsyncAnthropic"),
    path="",
    resource=lambda client: client.messages,
    ours=anthropic,
    demanded={"max_tokens": 1024},
)
