"""The provider that is any other: the one that a call names, or that was chosen around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..core.base.calls import check_params
from ..core.base.errors import ConfigurationError
from ..core.base.parsing import Text
from ..core.base.provider import AsyncSource, Provider, Source
from ..core.base.request import OVERRIDES, CommonCallParams, Prefill, Request, Structure, Way
from ..core.base.response import Accumulator, Usage
from ..core.base.tools import tool_type
from .answers import CallResponse, CallResponseChunk, Tool
from .providers import named, provider_named


class AnyParams(frozenset[str]):
    """Every name: which parameters there are is known once the provider is."""

    def __contains__(self, name: object) -> bool:
        return True


class NeutralAccumulator(Accumulator[CallResponseChunk, Tool]):
    """A provider's accumulator, giving its events in neutral words."""

    ended: bool

    def __init__(self, inner: Accumulator[Any, Any]) -> None:
        super().__init__(CallResponseChunk, Tool, inner.tool_types, inner.partial)
        self.inner = inner
        self.tools: list[Tool] = inner.tools

    def listen(self, answer: str, heard: list[str]) -> None:
        self.inner.listen(answer, heard)

    def read(self, events: Sequence[bytes]) -> Iterator[tuple[CallResponseChunk, Tool | None]]:
        for chunk, tool in self.inner.read(events):
            yield CallResponseChunk.of(chunk), tool
        self.ended = self.inner.ended

    def read_objects(self, events: Iterable[Any]) -> Iterator[tuple[CallResponseChunk, Tool | None]]:
        for chunk, tool in self.inner.read_objects(events):
            yield CallResponseChunk.of(chunk), tool
        self.ended = self.inner.ended

    def add(self, chunk: CallResponseChunk, data: Mapping[str, Any]) -> Iterator[tuple[CallResponseChunk, Tool | None]]:
        for one, tool in self.inner.add(chunk.provider_chunk, data):
            yield CallResponseChunk.of(one), tool

    def rest(self) -> list[Tool]:
        return self.inner.rest()

    def finish(self) -> Iterator[tuple[CallResponseChunk, Tool | None]]:
        for chunk, tool in self.inner.finish():
            yield CallResponseChunk.of(chunk), tool

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
        return self.inner.finish_reasons

    @property
    def usage(self) -> Usage | None:
        return self.inner.usage

    @property
    def empty(self) -> bool:
        return self.inner.empty

    @property
    def silent(self) -> bool:
        return self.inner.silent

    @property
    def beginning(self) -> str | None:
        return self.inner.beginning

    def go_on(self, text: Text) -> None:
        self.inner.go_on(text)


class NeutralProvider(Provider[CallResponse, CallResponseChunk, Tool]):
    """Does everything by the provider that a request is for."""

    name = "llm"
    neutral = True
    response_type = CallResponse
    chunk_type = CallResponseChunk
    tool_type = Tool

    def origin(self, model: str) -> str:
        chosen: str = OVERRIDES.get().get("provider") or named(model)[0] or self.name
        return chosen

    def named(self, model: str) -> tuple[str | None, str]:
        return named(model)

    def known_params(self) -> frozenset[str]:
        return AnyParams(CommonCallParams.__annotations__)

    def chosen(self, request: Request) -> Provider[Any, Any, Any]:
        """Return the provider of a request; with the first question it takes what was decided around the call."""
        if request.provider == self.name:
            self._decide(request)
        return provider_named(request.provider)

    def _decide(self, request: Request) -> None:
        decided = request.overrides
        provider, model = request.chosen_provider, request.model
        if provider is None:
            provider, model = named(model)
        request.provider = decided.get("provider") or provider or ""
        request.model = decided.get("model") or model
        if not request.provider:
            if ":" in request.model:
                provider_named(request.model.partition(":")[0])  # says which name is near
            raise ConfigurationError(
                'llm.call needs a provider: llm.call(provider="openai", model="gpt-4o-mini"), or "openai:gpt-4o-mini"'
            )
        chosen = provider_named(request.provider)
        request.call_params = {**request.call_params, **decided.get("call_params", {})}
        own = request.client if request.provider == provider else None  # a client is for its own provider alone
        request.client = decided.get("client") or own
        request.json_mode = decided.get("json_mode", request.json_mode)
        tools: Sequence[Any] = decided.get("tools", request.tools)
        if "tools" in decided:
            request.native_tools = [tool for tool in tools if isinstance(tool, Mapping)]
        request.tools = [tool_type(tool, chosen.tool_type) for tool in tools if not isinstance(tool, Mapping)]
        check_params(request.call_params, chosen)

    def encode(self, request: Request) -> dict[str, Any]:
        return self.chosen(request).encode(request)

    def way(self, request: Request, wanted: Way) -> Way:
        return self.chosen(request).way(request, wanted)

    def structure(self, payload: dict[str, Any], structure: Structure) -> None:
        raise TypeError("the payload is made by the provider chosen")

    def untooled(self, request: Request) -> Request:
        return self.chosen(request).untooled(request)

    def prefill(self, request: Request) -> Prefill | None:
        return self.chosen(request).prefill(request)

    def payload(self, request: Request) -> dict[str, Any]:
        return self.chosen(request).payload(request)

    def accumulator(self, request: Request) -> NeutralAccumulator:
        return NeutralAccumulator(self.chosen(request).accumulator(request))

    def parse(self, raw: bytes | Mapping[str, Any]) -> Any:
        raise TypeError("a response is parsed by the provider chosen")

    def rebuilt(self, request: Request, accumulator: Accumulator[Any, Any]) -> Any:
        return self.chosen(request).rebuilt(request, accumulator)

    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        return self.chosen(request).send(request, payload)

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        return await self.chosen(request).asend(request, payload)

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        return self.chosen(request).open(request, payload)

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        return await self.chosen(request).aopen(request, payload)

    def check(self, request: Request, raw: Any) -> None:
        self.chosen(request).check(request, raw)

    def failure(self, error: Exception, request: Request, source: Any = None) -> Exception:
        return self.chosen(request).failure(error, request, source)

    def respond(
        self, request: Request, payload: dict[str, Any], raw: Any, start_time: float, end_time: float
    ) -> CallResponse:
        return CallResponse.of(self.chosen(request).respond(request, payload, raw, start_time, end_time))
