"""The embedded model: the provider behind `local.call`."""

from __future__ import annotations

from functools import partial
from threading import Lock
from typing import Any

import openai
from anyio import to_thread

from ..base.request import Request
from ..dialects.chat_provider import ChatProvider
from ..dialects.clients import Clients
from .engine import Engine, engine
from .params import LocalCallParams
from .types import LocalCallResponse, LocalCallResponseChunk, LocalTool


class LocalProvider(ChatProvider[LocalCallResponse, LocalCallResponseChunk, LocalTool]):
    """Speaks to a server that it starts itself, in the format of OpenAI's chat completions."""

    name = "local"
    sdk = openai
    clients = ("OpenAI", "AsyncOpenAI")
    environment = ()
    response_type = LocalCallResponse
    chunk_type = LocalCallResponseChunk
    tool_type = LocalTool

    def __init__(self) -> None:
        self._lock = Lock()
        self._served: dict[str, Clients] = {}

    def known_params(self) -> frozenset[str]:
        return super().known_params() | frozenset(LocalCallParams.__annotations__)

    def encode(self, request: Request) -> dict[str, Any]:
        return {**super().encode(request), "model": str(request.model)}

    def _client(self, request: Request) -> Any:
        if request.client is not None:
            return super()._client(request)
        return self._clients(engine(request.model)).sync()

    async def _aclient(self, request: Request) -> Any:
        if request.client is not None:
            return await super()._aclient(request)
        # Loading a model takes a moment, which is not the event loop's to wait.
        running = await to_thread.run_sync(engine, request.model)
        return await self._clients(running).asynchronous()

    def _clients(self, running: Engine) -> Clients:
        with self._lock:
            served = self._served.get(running.base_url)
            if served is None:
                access = {"base_url": running.base_url, "api_key": running.api_key}
                served = Clients(partial(openai.OpenAI, **access), partial(openai.AsyncOpenAI, **access))
                self._served[running.base_url] = served
            return served
