"""Clients of an SDK that are made when they are needed, and reused: a provider's default ones, and those of a user's
factory. Knows no SDK.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from inspect import isawaitable
from operator import attrgetter
from threading import Lock
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any
from weakref import WeakMethod, WeakSet, finalize, ref

from ..errors import ConfigurationError
from ..request import Request
from ..runtime import running_loop

KEPT = 8
"""How many default clients of a provider are kept for a process, and for each event loop."""
_Key = tuple[int, tuple[int | str | bytes | None, ...]]
"""Where a client is used: the process, or `id` of the event loop; and the values of the environment that it was made
for.
"""


class Clients:
    """The clients that two functions make: `make` makes the sync client, and `make_async` the async ones.

    All threads of a process share one sync client. Each event loop has its own async client, which is closed together
    with the loop. If the SDK's environment variables change, or after a fork, new clients are made; the `KEPT` that
    were used last are kept, for the process and for each loop. Others are closed when no call or stream needs them.
    When nobody has this object any more, its clients are closed, but not those of a user's factory, which others may
    have too.
    """

    def __init__(
        self,
        make: Callable[[], Any],
        make_async: Callable[[], Any],
        environment: Sequence[str] = (),
        http_clients: tuple[str, str] = ("", ""),
        *,
        of_factory: bool = False,
    ) -> None:
        """`http_clients` are the attributes of a client that hold its sync and async HTTP client, for an SDK that does
        not close them itself.
        """
        self._make = make
        self._make_async = make_async
        self._environment = tuple(environment)
        self._names: tuple[Any, Sequence[Any] | None] = (None, None)
        """An `os.environ`, and the names of the variables as its dict has them; None if it has no such dict."""
        self._http_clients = http_clients
        self._lock = Lock()
        self._kept: dict[_Key, Any] = {}
        self._last: _Key | None = None
        """The key that was used last."""
        self._keepers: dict[_Key, AsyncGenerator[None]] = {}
        _ALL.add(self)
        closing = partial(_close, self._kept, self._keepers, http_clients[0])
        finalize(self, self._kept.clear if of_factory else closing).atexit = False

    def sync(self) -> Any:
        """Return the sync client of this process."""
        key = (os.getpid(), self._environment_now())
        client = self._kept.get(key)
        if client is None or key != self._last:
            with self._lock:
                client = self._kept.get(key)
                self._keep(key, self._make() if client is None else client)
                client = self._kept[key]
        return client

    async def asynchronous(self) -> Any:
        """Return the async client of the running event loop, after making it if necessary."""
        loop = running_loop()
        key = (id(loop), (os.getpid(), *self._environment_now()))
        kept = self._kept.get(key)
        if kept is not None and kept[0] is loop:
            if key != self._last:
                self._keep(key, kept)
            return kept[1]
        client = self._make_async()
        if isawaitable(client):
            client = await client
            if (kept := self._kept.get(key)) is not None and kept[0] is loop:  # another task made one meanwhile
                await _awaited(_closed(client, self._http_clients[1], "__aexit__"))
                return kept[1]
        # A loop that shuts down closes the async generators that were started in it. This one then closes the client.
        keeper = self._keepers[key] = _keep(client, key, self._kept, self._keepers, self._http_clients[1])
        await anext(keeper)
        for dropped in self._keep(key, (loop, client)):
            await dropped.aclose()
        return client

    def _keep(self, key: _Key, client: Any) -> list[AsyncGenerator[None]]:
        """Keep a client as the one that was used last. Return the keepers of those that are not kept any more."""
        self._kept.pop(key, None)
        self._kept[key] = client
        self._last = key
        beside = [one for one in list(self._kept) if one[0] == key[0]]
        dropped = beside[:-KEPT]
        for one in dropped:
            self._kept.pop(one, None)
        return [self._keepers.pop(one) for one in dropped if one in self._keepers]

    def _environment_now(self) -> tuple[str | bytes | None, ...]:
        """Return the values of the environment variables, to be compared.

        Reads the dict in `os.environ`, whose name is not public, if there is one: `os.environ` takes nine times as
        long, because it raises an error inside for each variable that is not set.
        """
        environ: Any = os.environ
        known, names = self._names
        if environ is not known:  # a test may put another object there
            own = hasattr(environ, "_data") and hasattr(environ, "encodekey")
            names = [environ.encodekey(name) for name in self._environment] if own else None
            self._names = environ, names
        if names is None:
            return tuple(map(environ.get, self._environment))
        return tuple(map(environ._data.get, names))

    def close(self) -> None:
        """Close the sync client of this process, if it was made. Errors are suppressed."""
        _close_sync(self._kept, self._http_clients[0])


_ALL: WeakSet[Clients] = WeakSet()


@atexit.register
def _close_all() -> None:
    for clients in list(_ALL):
        clients.close()


async def _keep(
    client: Any,
    key: _Key,
    kept: dict[_Key, Any],
    keepers: dict[_Key, AsyncGenerator[None]],
    http_client: str,
) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        keepers.pop(key, None)
        if kept.pop(key, None) is not None:  # else the factory that made it is gone
            await _awaited(_closed(client, http_client, "__aexit__"))


def _close(kept: dict[_Key, Any], keepers: dict[_Key, AsyncGenerator[None]], http_client: str) -> None:
    """Close the sync client of this process, and let each loop close its async client."""
    _close_sync(kept, http_client)
    for key, keeper in list(keepers.items()):
        with suppress(Exception):  # the loop is closed, or is trio's, which closes what a task has left
            loop = kept[key][0]
            loop.call_soon_threadsafe(_close_in, loop, keeper)


def _close_in(loop: Any, keeper: AsyncGenerator[None]) -> None:
    loop.create_task(keeper.aclose())


def _close_sync(kept: dict[_Key, Any], http_client: str) -> None:
    pid = os.getpid()
    for key, client in list(kept.items()):
        if key[0] == pid and not isinstance(client, tuple):
            with suppress(Exception):
                _closed(client, http_client, "__exit__")


async def _awaited(closing: Any) -> None:
    if isawaitable(closing):
        await closing


def _closed(client: Any, http_client: str, exit_name: str) -> Any:
    client = attrgetter(http_client)(client) if http_client else client
    # Every SDK's client has one of the two; Cohere's has no `close`.
    close = getattr(client, "close", None)
    return close() if close is not None else getattr(client, exit_name)(None, None, None)


_FUNCTIONS = (FunctionType, MethodType, BuiltinFunctionType, partial, type)
"""The types of factories. A test double of a client can be called too, but makes no client."""
_OF_FACTORIES: dict[tuple[int, int], Clients] = {}
"""The clients of each factory as long as it exists, by its identity. Each access to a method makes a new object, so a
method is known by its object and its function.
"""


def is_factory(client: Any) -> bool:
    """Return True if `client=` was given a function or class that makes the client."""
    return isinstance(client, _FUNCTIONS)


def with_client(request: Request) -> Request:
    """Return a request with the client that its factory makes; one client serves all threads of a process.

    Raises `ConfigurationError` for an async factory.
    """
    if not is_factory(request.client):
        return request
    client = _made_by(request.client).sync()
    if isawaitable(client):
        raise ConfigurationError("a sync call needs a factory that returns a client: client= was given an async one")
    return replace(request, client=client)


async def awith_client(request: Request) -> Request:
    """`with_client` for async calls. Each event loop has its own client, which is closed with the loop; the factory may
    be async.
    """
    if not is_factory(request.client):
        return request
    return replace(request, client=await _made_by(request.client).asynchronous())


def _made_by(factory: Any) -> Clients:
    holder, function = (factory.__self__, factory.__func__) if isinstance(factory, MethodType) else (factory, None)
    key = (id(holder), id(function))
    if (clients := _OF_FACTORIES.get(key)) is None:
        # A strong reference to the factory would keep it, and so its clients, for ever. A request holds one while its
        # client is in use.
        make = _weakly(factory)
        clients = _OF_FACTORIES[key] = Clients(make, make, of_factory=True)
        finalize(holder, _OF_FACTORIES.pop, key, None).atexit = False
    return clients


def _weakly(factory: Any) -> Callable[[], Any]:
    found: Any = WeakMethod(factory) if isinstance(factory, MethodType) else ref(factory)
    return lambda: found()()
