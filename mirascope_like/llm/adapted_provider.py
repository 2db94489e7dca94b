"""Wraps a provider so that its responses and chunks have the common form. Every call of `llm` uses such a provider."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from ..core.base.parsing import Text
from ..core.base.provider import AsyncSource, Provider, Source
from ..core.base.request import Prefill, Request, Strategy, Structure
from ..core.base.response import Accumulator, Usage, common_messages
from ..core.base.tools import BaseTool
from .answers import CallResponse, CallResponseChunk, Tool, wrapped_chunk, wrapped_response
from .providers import provider_named


class CommonAccumulator(Accumulator[CallResponseChunk, Tool]):
    """Wraps the accumulator of a provider. Its chunks have the common form."""

    ended: bool

    def __init__(self, inner: Accumulator[Any, Any]) -> None:
        super().__init__(CallResponseChunk, Tool, inner.tool_types, inner.partial)
        self.inner = inner
        self.tools: list[Tool] = inner.tools

    def collect_answer(self, answer: str, deltas: list[str]) -> None:
        self.inner.collect_answer(answer, deltas)

    def read(self, events: Sequence[bytes]) -> Iterator[tuple[CallResponseChunk, Tool | None]]:
        for chunk, tool in self.inner.read(events):
            yield wrapped_chunk(chunk), tool
        self.ended = self.inner.ended

    def read_objects(self, events: Iterable[Any]) -> Iterator[tuple[CallResponseChunk, Tool | None]]:
        for chunk, tool in self.inner.read_objects(events):
            yield wrapped_chunk(chunk), tool
        self.ended = self.inner.ended

    def add(self, chunk: CallResponseChunk, data: Mapping[str, Any]) -> Iterator[tuple[CallResponseChunk, Tool | None]]:
        for one, tool in self.inner.add(chunk.provider_chunk, data):
            yield wrapped_chunk(one), tool

    def rest(self) -> list[Tool]:
        return self.inner.rest()

    def finish(self) -> Iterator[tuple[CallResponseChunk, Tool | None]]:
        for chunk, tool in self.inner.finish():
            yield wrapped_chunk(chunk), tool

    @property
    def complete(self) -> bool:
        return self.inner.complete

    def rebuild(self) -> dict[str, Any]:
        return self.inner.rebuild()

    @property
    def content(self) -> str:
        return self.inner.content

    @property
    def model(self) -> str | None:
        return self.inner.model

    @property
    def id(self) -> str | None:
        return self.inner.id

    @property
    def finish_reasons(self) -> list[Any] | None:
        return self.inner.common_finish_reasons

    @property
    def usage(self) -> Usage | None:
        return self.inner.usage

    @property
    def empty(self) -> bool:
        return self.inner.empty

    @property
    def failed(self) -> bool:
        return self.inner.failed

    @property
    def no_output(self) -> bool:
        return self.inner.no_output

    @property
    def resumable_text(self) -> str | None:
        return self.inner.resumable_text

    def resume_from(self, text: Text) -> None:
        self.inner.resume_from(text)


class CommonProvider(Provider[CallResponse, CallResponseChunk, Tool]):
    """Wraps a provider. The provider encodes and sends requests; its responses and chunks are converted to the
    classes of `llm`.
    """

    response_type = CallResponse
    chunk_type = CallResponseChunk

    def __init__(self, name: str, inner: Provider[Any, Any, Any]) -> None:
        self.name = name
        """The name in `llm.call`. It includes the message format, as in "openai.responses", unless that is the
        provider's default format.
        """
        self.inner: Provider[Any, Any, Any] = inner
        self.tool_type: type[Tool] = inner.tool_type

    def origin(self, model: str) -> str:
        return self.inner.origin(model)

    def known_params(self) -> frozenset[str]:
        return self.inner.known_params()

    def encode(self, request: Request) -> dict[str, Any]:
        return self.inner.encode(request)

    def native_tool_types(self, tools: Sequence[Mapping[str, Any]]) -> list[type[BaseTool]]:
        return self.inner.native_tool_types(tools)

    def strategy(self, request: Request, preferred: Strategy) -> Strategy:
        return self.inner.strategy(request, preferred)

    def structure(self, payload: dict[str, Any], structure: Structure) -> None:
        self.inner.structure(payload, structure)

    def accepted(self, messages: Sequence[Any]) -> Sequence[Any]:
        return self.inner.accepted(messages)

    def payload(self, request: Request) -> dict[str, Any]:
        return self.inner.payload(request)

    def messages_in(self, payload: Mapping[str, Any]) -> list[Any]:
        return common_messages(self.inner.response_type, self.inner.messages_in(payload), payload)

    def untooled(self, request: Request) -> Request:
        return self.inner.untooled(request)

    def prefill(self, request: Request) -> Prefill | None:
        return self.inner.prefill(request)

    def accumulator(self, request: Request) -> CommonAccumulator:
        return CommonAccumulator(self.inner.accumulator(request))

    def parse(self, raw: bytes | Mapping[str, Any]) -> Any:
        return self.inner.parse(raw)

    def rebuilt(self, request: Request, accumulator: Accumulator[Any, Any]) -> Any:
        return self.inner.rebuilt(request, accumulator)

    def client_for(self, request: Request) -> Any:
        return self.inner.client_for(request)

    async def aclient_for(self, request: Request) -> Any:
        return await self.inner.aclient_for(request)

    def is_patched(self, client: Any) -> bool:
        return self.inner.is_patched(client)

    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        return self.inner.send(request, payload)

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        return await self.inner.asend(request, payload)

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        return self.inner.open(request, payload)

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        return await self.inner.aopen(request, payload)

    def check(self, request: Request, raw: Any) -> None:
        self.inner.check(request, raw)

    def failure(self, error: Exception, request: Request, source: Any = None) -> Exception:
        return self.inner.failure(error, request, source)

    def respond(
        self, request: Request, payload: dict[str, Any], raw: Any, start_time: float, end_time: float
    ) -> CallResponse:
        return wrapped_response(self.inner.respond(request, payload, raw, start_time, end_time))

    def price(
        self, request: Request, payload: Mapping[str, Any], usage: Usage, *, in_batch: bool = False
    ) -> float | None:
        return self.inner.price(request, payload, usage, in_batch=in_batch)


@lru_cache
def with_common_answers(name: str) -> CommonProvider:
    """Return the provider with this name, wrapped so that its responses and chunks have the common form.

    Raises `ConfigurationError` for an unknown name, and `MissingSDKError` if the provider's SDK is not installed.
    """
    return CommonProvider(name, provider_named(name))
