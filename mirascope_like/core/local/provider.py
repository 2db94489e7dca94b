"""Models on this machine: the provider of `local.call`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from threading import Lock
from types import ModuleType
from typing import Any

import openai
from anyio import to_thread

from ..base.parsing import dumped
from ..base.provider import Clients
from ..base.request import Prefill, Request, Strategy, Structure
from ..dialects.chat_completions import ChatAccumulator, ChatProvider, encode_structure
from ..dialects.schemas import OPENAI_WORDS
from .engine import Engine, engine
from .params import LocalCallParams
from .speech import Speech, answer_in_calls, event_in_calls, with_described_tools
from .types import LocalCallResponse, LocalCallResponseChunk, LocalTool


class LocalAccumulator(ChatAccumulator[LocalCallResponseChunk, LocalTool]):
    """Combines the events of a response that may contain a tool call as JSON text."""

    _speech: Speech | None = None

    def read(self, events: Sequence[bytes]) -> Iterator[tuple[LocalCallResponseChunk, LocalTool | None]]:
        speech = self._speech = self._speech or Speech()
        yield from super().read([converted for event in events for converted in event_in_calls(event, speech)])


def _offers_tools(request: Request) -> bool:
    if request.call_params.get("tool_choice") == "none":
        return False
    return bool(request.tools or request.native_tools or (request.structure and request.structure.strategy == "tool"))


def _calls_tools(payload: Mapping[str, Any]) -> bool:
    return any(message.get("role") == "tool" or message.get("tool_calls") for message in payload["messages"])


def _converted(request: Request, answer: Any) -> Any:
    if not _offers_tools(request):
        return answer
    return LocalCallResponse.parse_raw_response(answer_in_calls(dumped(answer)))


class LocalProvider(ChatProvider[LocalCallResponse, LocalCallResponseChunk, LocalTool]):
    """Sends requests, in OpenAI's chat format, to a server that it starts itself."""

    name = "local"
    sdk: ModuleType = openai
    clients: tuple[str, str] = ("OpenAI", "AsyncOpenAI")
    environment: tuple[str, ...] = ()
    response_type = LocalCallResponse
    chunk_type = LocalCallResponseChunk
    tool_type = LocalTool
    params_type = LocalCallParams

    def __init__(self) -> None:
        self._lock = Lock()
        self._served: dict[Engine, Clients] = {}

    def payload(self, request: Request) -> dict[str, Any]:
        payload = {**super().payload(request), "model": str(request.model)}
        return with_described_tools(payload) if "tools" in payload or _calls_tools(payload) else payload

    def prefill(self, request: Request) -> Prefill | None:
        # The server continues an assistant message at the end. With tools, the answer is not plain text.
        return None if _offers_tools(request) else Prefill()

    def structure(self, payload: dict[str, Any], structure: Structure) -> None:
        encode_structure(
            payload, structure, OPENAI_WORDS | {"maxLength", "minLength"}
        )  # the grammar supports these too

    def strategy(self, request: Request, preferred: Strategy) -> Strategy:
        # A grammar enforces the schema. If there are other tools, the model must be able to call those instead.
        return "tool" if request.tools or request.native_tools else "schema"

    def accumulator(self, request: Request) -> ChatAccumulator[LocalCallResponseChunk, LocalTool]:
        kind: type[ChatAccumulator[LocalCallResponseChunk, LocalTool]] = (
            LocalAccumulator if _offers_tools(request) else ChatAccumulator
        )
        return kind(LocalCallResponseChunk, LocalTool, request.tools, request.partial_tools)

    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        return _converted(request, super().send(request, payload))

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        return _converted(request, await super().asend(request, payload))

    def _client(self, request: Request) -> Any:
        if request.client is not None:
            return super()._client(request)
        return self._clients(engine(request.model)).sync()

    async def _aclient(self, request: Request) -> Any:
        if request.client is not None:
            return await super()._aclient(request)
        # Loading a model takes time: it must not block the event loop.
        running = await to_thread.run_sync(engine, request.model)
        return await self._clients(running).asynchronous()

    def _clients(self, running: Engine) -> Clients:
        with self._lock:
            served = self._served.get(running)
            if served is None:
                make = partial(self.new_client, proxies=False, base_url=running.base_url, api_key=running.api_key)
                served = Clients(partial(make, asynchronous=False), partial(make, asynchronous=True))
                self._served[running] = served
            return served
