"""The provider of a call in a budget: reserves what each request may spend, and replaces it by what it has spent."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from ..core.base.errors import BudgetExceededError, ConfigurationError, PromptError, ProviderError
from ..core.base.provider import (
    AsyncHeldSource,
    AsyncSource,
    HeldSource,
    Provider,
    ProviderWrapper,
    Source,
    innermost,
)
from ..core.base.request import Request
from ..core.base.response import Accumulator, BaseCallResponse, Usage, counted_usage, generated_text
from .estimates import PLAIN, input_tokens, output_limit, text_tokens, unit_prices
from .ledger import Ledger, Reservation

_NOT_SENT = (PromptError, ConfigurationError, BudgetExceededError)
"""Errors that are raised in place of sending a request: the last one by another budget."""


@dataclass(slots=True, eq=False)
class _Sent:
    """One request that counts, until it has ended."""

    provider: Any
    ledger: Ledger
    request: Request
    payload: dict[str, Any]
    input: int
    """The estimated tokens of the input."""
    reservation: Reservation

    def failed(self, error: BaseException) -> None:
        """Count a request without a response.

        Nothing was spent if it was not sent, or if the provider answered with an error status. Otherwise the provider
        may have read the input.
        """
        converted: Any = error
        if isinstance(error, Exception):
            with suppress(Exception):
                converted = self.provider.failure(error, self.request)
        if isinstance(converted, _NOT_SENT):
            self.ledger.cancel(self.reservation, sent=False)
        elif isinstance(converted, ProviderError) and converted.status_code is not None:
            self.ledger.cancel(self.reservation, sent=True)
        else:
            self._settle(Usage(self.input, output_tokens=0), None, final=False)

    def whole(self, raw: Any) -> None:
        """Count a request whose response has arrived."""
        response = None
        with suppress(Exception):  # the sender raises the error of a body that is no response
            self.provider.check(self.request, raw)
            response = self.provider.respond(self.request, self.payload, raw, 0.0, 0.0)
        self._responded(response)

    def streamed(self, accumulator: Accumulator[Any, Any]) -> None:
        """Count a request whose response was streamed, to its end or not."""
        response = None
        if not accumulator.empty:
            with suppress(Exception):
                raw = self.provider.rebuilt(self.request, accumulator)
                response = self.provider.respond(self.request, self.payload, raw, 0.0, 0.0)
        self._responded(response)

    def _responded(self, response: BaseCallResponse[Any, Any] | None) -> None:
        if response is None:
            self._settle(Usage(self.input, output_tokens=0), None, final=False)
            return
        usage = counted_usage(response.provider_response)
        found, output = (usage.input_tokens, usage.output_tokens) if usage is not None else (None, None)
        if found is not None and output is not None and response.finish_reasons:
            self._settle(Usage(found, output_tokens=output), response.cost, final=True)
            return
        received = text_tokens(generated_text(response))
        self._settle(Usage(found or self.input, output_tokens=max(received, output or 0)), None, final=False)

    def _settle(self, usage: Usage, price: float | None, *, final: bool) -> None:
        if not final:
            price = self.provider.price(self.request, self.payload, usage)
        output = usage.output_tokens or 0
        self.ledger.settle(self.reservation, (usage.input_tokens or 0) + output, output if final else None, price)


class CountingProvider(ProviderWrapper):
    """Wraps the provider of one call. Each request of the call counts in a budget."""

    def __init__(self, provider: Provider[Any, Any, Any], ledger: Ledger) -> None:
        super().__init__(provider)
        self._ledger = ledger
        self._accumulator: Any = None
        """The accumulator of the newest attempt of a stream."""
        self._last: Any = None
        """The newest response of the call."""

    def around(self, provider: Provider[Any, Any, Any]) -> Any:
        return CountingProvider(provider, self._ledger)

    def accumulator(self, request: Request) -> Accumulator[Any, Any]:
        self._accumulator = self._provider.accumulator(request)
        return self._accumulator  # type: ignore[no-any-return]

    def respond(self, *answer: Any) -> Any:
        self._last = self._provider.respond(*answer)
        return self._last

    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        with self._counted(request, payload) as sent:
            raw = self._provider.send(request, payload)
        sent.whole(raw)
        return raw

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        with self._counted(request, payload) as sent:
            raw = await self._provider.asend(request, payload)
        sent.whole(raw)
        return raw

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        accumulator = self._accumulator
        with self._counted(request, payload) as sent:
            source = self._provider.open(request, payload)
        return HeldSource(source, lambda: sent.streamed(accumulator))

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        accumulator = self._accumulator
        with self._counted(request, payload) as sent:
            source = await self._provider.aopen(request, payload)
        return AsyncHeldSource(source, lambda: sent.streamed(accumulator))

    @contextmanager
    def _counted(self, request: Request, payload: dict[str, Any]) -> Generator[_Sent]:
        """Context manager: reserve what a request may spend; count the request if sending it fails."""
        sent = self._reserve(request, payload)
        try:
            yield sent
        except BaseException as error:
            sent.failed(error)
            raise

    def _reserve(self, request: Request, payload: Mapping[str, Any]) -> _Sent:
        """Reserve the tokens and the price of a request. Without a limit of its output, the largest output so far of
        the same model is assumed.
        """
        ledger, kind = self._ledger, (request.provider, request.model)
        estimate, output = input_tokens(payload), output_limit(payload)
        if output is None:
            output = ledger.largest_output(kind)
        price = self._estimated_price(request, payload, estimate, output) if ledger.priced else None
        try:
            reservation = ledger.reserve(kind, estimate + output, price)
        except BudgetExceededError as error:
            error.partial = self._last
            raise
        return _Sent(self._provider, ledger, request, dict(payload), estimate, reservation)

    def _estimated_price(
        self, request: Request, payload: Mapping[str, Any], estimate: int, output: int
    ) -> float | None:
        """Return the price of a request in US dollars. The prices of a token are looked up once for each model, unless
        the request is so large that others may apply.
        """
        if estimate + output > PLAIN or "service_tier" in payload:
            return self._provider.price(request, payload, Usage(estimate, output_tokens=output))
        units, kind = self._ledger.unit_prices, (request.provider, request.model, self._provider.in_batch)
        if (found := units.get(kind)) is None:
            if (found := unit_prices(self._provider, request, payload)) is None:
                return None
            units[kind] = found
        return estimate * found[0] + output * found[1]


class CountingLayer:
    """Counts the calls of a context in a budget."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def wrap(self, provider: Provider[Any, Any, Any]) -> Any:
        """Return the provider of one call, wrapped so that its requests count.

        The wrapper is inside a limit of concurrency: a request that waits for its turn reserves nothing.
        """
        return innermost(provider, lambda inner: CountingProvider(inner, self._ledger))
