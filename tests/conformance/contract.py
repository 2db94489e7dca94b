"""What every provider under test has in common: clients for a server, scripted answers, calls, and what it lacks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from mirascope_like.core.base.streams import AsyncStream, Stream
from tests.conformance.wires.answer import Wire
from tests.harness.oracles import plain
from tests.harness.server import Server


@dataclass(frozen=True, kw_only=True)
class BaseRow:
    """A provider. What differs between two is data here, or a method of a subclass."""

    name: str
    """What errors and responses call it."""
    module: Any
    """What holds its `call`."""
    package: str
    """The package of its SDK."""
    wire: Wire
    key: str
    """The environment variable of the key."""
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    """Environment variables that the SDK's default client needs besides the key and the address."""
    base_url: str | None = None
    """The environment variable of the base URL, where there is one."""
    url: Callable[[Server], str] = field(default=lambda server: server.url)
    """The server as a base URL."""
    label: str = ""
    """Its name in `mirascope_like.core`, where that is another."""
    iterator: str = ""
    """What the SDK reads streams with: the dotted name of a method, which readers of bytes have no call of."""
    reads: str = "bytes"
    """How streams are read: "bytes" of the SDK's HTTP response, or by the SDK's "iterator"."""
    ways: Mapping[str, str] = field(default_factory=lambda: {"loose": "tool", "strict": "schema", "json": "json"})
    """How a response model is asked for: loosely, strictly and in JSON mode."""
    stops: Mapping[str, Any] = field(default_factory=lambda: {"stop": "END"})
    """The parameter that ends the answer at a word, where there is one."""
    priced: str = "m"
    """A model that the price list knows."""
    streamed_model: str | None = None
    """The model's name in streams, where the SDK has another there than in unstreamed responses."""
    dollars: tuple[float, float, float] = (0, 0, 0)
    """What a million tokens of it cost: asked, asked and cached, answered."""
    lacks: Mapping[str, str] = field(default_factory=dict[str, str])
    """The capabilities that it has not, each with the reason."""

    @property
    def id(self) -> str:
        """Its name in `mirascope_like.core`."""
        return self.label or self.name

    def client(self, server: Server, **options: Any) -> AbstractContextManager[Any]:
        """A client of the SDK that calls the server with the key "sk-test", by default without retries."""
        raise NotImplementedError

    def aclient(self, server: Server, **options: Any) -> AbstractAsyncContextManager[Any]:
        """The async one."""
        raise NotImplementedError

    def refusal(self, status: int) -> type[Exception]:
        """The SDK's class for a status."""
        raise NotImplementedError

    @property
    def broken(self) -> type[Exception] | tuple[type[Exception], ...]:
        """The SDK's class, or classes, for a connection that breaks or cannot be made."""
        raise NotImplementedError

    def raw(self, response: Any) -> Any:
        """The SDK's response object as the JSON that it was made of."""
        return plain(response.response)

    # Calls

    def ask(self, client: Any = None, prompt: Any = "Hi", /, **options: Any) -> Any:
        """An unstreamed call, made."""
        return self.decorated(client, **options)(prompt)

    def stream(self, client: Any = None, prompt: Any = "Hi", /, **options: Any) -> Stream[Any, Any, Any]:
        """A streamed call."""
        return self.decorated(client, **{"stream": True, **options})(prompt)

    def astream(self, client: Any = None, prompt: Any = "Hi", /, **options: Any) -> AsyncStream[Any, Any, Any]:
        """A streamed async call, neither awaited nor read."""
        return self.adecorated(client, **{"stream": True, **options})(prompt)

    def aask(self, client: Any = None, prompt: Any = "Hi", /, **options: Any) -> Awaitable[Any]:
        """An unstreamed async call, to be awaited."""
        return self.adecorated(client, **options)(prompt)

    def decorated(self, client: Any = None, *, model: str = "m", **options: Any) -> Callable[[Any], Any]:
        """A prompt function under the provider's `call`."""

        @self.module.call(model, client=client, **options)
        def say(prompt: Any) -> Any:
            return prompt

        return say

    def adecorated(self, client: Any = None, *, model: str = "m", **options: Any) -> Callable[[Any], Any]:
        """An async prompt function under the provider's `call`."""

        @self.module.call(model, client=client, **options)
        async def say(prompt: Any) -> Any:
            return prompt

        return say
