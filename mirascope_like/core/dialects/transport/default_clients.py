"""The default clients of a provider. They are made once, reused, and replaced when the environment variables change."""

from __future__ import annotations

import atexit
import os
from collections.abc import AsyncGenerator, Callable, Hashable, Sequence
from contextlib import suppress
from operator import attrgetter
from threading import Lock
from typing import Any

from ...base.runtime import running_loop


class Clients:
    """The default clients of one SDK, which are used if the user passes no client.

    All threads of a process share one sync client. Each event loop has its own async client, which is closed together
    with the loop. If the SDK's environment variables change, or after a fork, new clients are made.
    """

    def __init__(
        self,
        make: Callable[[], Any],
        make_async: Callable[[], Any],
        environment: Sequence[str] = (),
        http_clients: tuple[str, str] = ("", ""),
    ) -> None:
        """`http_clients` are the attributes of a client that hold its sync and async HTTP client, for an SDK that does
        not close them itself.
        """
        self._make = make
        self._make_async = make_async
        self._environment = tuple(environment)
        self._http_clients = http_clients
        self._lock = Lock()
        self._kept: dict[Hashable, Any] = {}
        self._keepers: dict[Hashable, AsyncGenerator[Any]] = {}
        atexit.register(self._close)

    def sync(self) -> Any:
        """Return the sync client of this process."""
        key = self._key()
        client = self._kept.get(key)
        if client is None:
            with self._lock:
                client = self._kept.get(key)
                if client is None:
                    client = self._kept[key] = self._make()
        return client

    async def asynchronous(self) -> Any:
        """Return the async client of the running event loop, after making it if necessary."""
        loop = running_loop()
        key = (id(loop), self._key())
        kept = self._kept.get(key)
        if kept is not None and kept[0] is loop:
            return kept[1]
        client = self._make_async()
        # A loop that shuts down closes the async generators that were started in it. This one then closes the client.
        keeper = self._keep(key, client)
        await anext(keeper)
        self._kept[key] = (loop, client)
        self._keepers[key] = keeper
        return client

    async def _keep(self, key: Hashable, client: Any) -> AsyncGenerator[Any]:
        try:
            yield client
        finally:
            self._kept.pop(key, None)
            self._keepers.pop(key, None)
            await _closed(client, self._http_clients[1], "__aexit__")

    def _key(self) -> Hashable:
        read = os.environ.get
        return (os.getpid(), *[read(name) for name in self._environment])

    def _close(self) -> None:
        pid = os.getpid()
        for key, client in list(self._kept.items()):
            if isinstance(key, tuple) and key[0] == pid and not isinstance(client, tuple):
                with suppress(Exception):
                    _closed(client, self._http_clients[0], "__exit__")


def _closed(client: Any, http_client: str, exit_name: str) -> Any:
    client = attrgetter(http_client)(client) if http_client else client
    # Every SDK's client has one of the two; Cohere's has no `close`.
    close = getattr(client, "close", None)
    return close() if close is not None else getattr(client, exit_name)(None, None, None)
