"""The candidates of a race of streams: each sends its request, and reads its response up to the first output."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Self

from ..errors import ConfigurationError, StreamInterruptedError
from ..provider import PRESENT, AsyncSource, Provider, ProviderWrapper, Source, unwrapped
from ..request import Request
from ..runtime import AsyncGenerators
from .attempt import Attempt
from .stream_state import StreamState
from .transcript import Transcript


class _BaseCandidate:
    """One candidate: a request of a provider, and the stream that made it."""

    source: Any
    """The open response, with what was read of it; set once it has output."""

    def __init__(
        self, provider: Provider[Any, Any, Any] | None, request: Request | None, payload: dict[str, Any] | None
    ) -> None:
        self._provider: Any = provider
        self._request: Any = request
        self._payload: Any = payload
        self._make: Callable[[], Any] | None = None
        """Makes the stream of the candidate; None for the stream that races itself."""
        self._stream: Any = None

    @classmethod
    def of(cls, make: Callable[[], Any]) -> Self:
        """Return a candidate whose stream `make` makes, when it is started."""
        made = cls(None, None, None)
        made._make = make
        return made

    def _made(self) -> Transcript | None:
        """Make the stream of the candidate, and return its transcript; None for the stream that races itself."""
        if self._make is None:
            return None
        self._stream = getattr(made := self._make(), "stream", made)  # of a structured stream
        transcript: Any = getattr(self._stream, "_transcript", None)
        if not isinstance(transcript, Transcript) or transcript.state is not StreamState.NEW:
            raise ConfigurationError(f"a candidate of a race must return a new stream, not {type(made).__name__}")
        return transcript

    def _take(self, attempt: Attempt) -> None:
        self._provider, self._request, self._payload = attempt.provider, attempt.request, attempt.sent

    def adoptable(self) -> Any:
        """Return the stream of the candidate, whose provider returns the open response for the first request."""
        transcript: Transcript = self._stream._transcript
        won: Any = _Won(self._provider, self.source)
        transcript.provider = won
        if transcript.attempt is not None:
            transcript.attempt.provider = won
        return self._stream

    def _decoder(self, source: Source | AsyncSource) -> tuple[Any, Any]:
        """Return an accumulator, and its function that decodes the events of a read.

        The accumulator of the attempt will read the same events again. Wrappers of the provider do not see this one.
        """
        accumulator = unwrapped(self._provider).accumulator(self._request)
        return accumulator, accumulator.read_objects if source.typed else accumulator.read

    def _failure(self, error: Exception, source: Any) -> Exception:
        converted: Exception = self._provider.failure(error, self._request, source)
        return converted


def _incomplete() -> Exception:
    return StreamInterruptedError("the response is incomplete: the provider's final event is missing")


class Candidate(_BaseCandidate):
    """A candidate of a sync race. Runs in a worker thread."""

    source: Source

    def run(self) -> Self:
        """Send the request; return this candidate when its response has output. Raises the error of the provider."""
        if (transcript := self._made()) is not None:
            if transcript.attempt is None:
                raise ConfigurationError("an async call cannot be a candidate of a sync stream")
            self._take(transcript.attempt)
        source: Any = None
        try:
            source = self._provider.open(self._request, self._payload)
            if (opening := PRESENT.get()) is not None:
                opening.connected(_Interruptible(source))
            self.source = _read_ahead(source, *self._decoder(source))
            return self
        except BaseException as error:
            if source is not None:
                with suppress(Exception):
                    source.close()
            if isinstance(error, Exception):
                raise self._failure(error, source)
            raise

    def close(self) -> None:
        """Release the connection: the candidate had output too late. Called by `Opening`."""
        self.source.close()


class AsyncCandidate(_BaseCandidate):
    """Async version of `Candidate`. Runs in a task."""

    source: AsyncSource

    async def run(self) -> Self:
        """Send the request; return this candidate when its response has output. Raises the error of the provider."""
        if (transcript := self._made()) is not None:
            if transcript.attempt is None:
                assert transcript.prepare is not None
                transcript.attempt = Attempt.first(transcript.provider, await transcript.prepare())
            self._take(transcript.attempt)
        source: Any = None
        generators = AsyncGenerators()
        try:
            source = await self._provider.aopen(self._request, self._payload)
            self.source = await generators.within(_aread_ahead, source, *self._decoder(source), generators)
            return self
        except BaseException as error:
            if source is not None:
                with suppress(Exception):
                    await source.close()
                await generators.close()
            if isinstance(error, Exception):
                raise self._failure(error, source)
            raise

    async def close(self) -> None:
        """Release the connection: the candidate had output too late."""
        await self.source.close()


def _read_ahead(source: Source, accumulator: Any, decode: Any) -> Source:
    read: list[Sequence[Any]] = []
    rest = iter(source)
    for events in rest:
        read.append(list(events))  # an accumulator may change its list
        for _ in decode(events):
            pass
        if accumulator.ended or not accumulator.no_output:
            return _Read(source, read, rest)
    if not accumulator.complete:
        raise _incomplete()
    return _Read(source, read, rest)


async def _aread_ahead(source: AsyncSource, accumulator: Any, decode: Any, generators: AsyncGenerators) -> AsyncSource:
    read: list[Sequence[Any]] = []
    rest = aiter(source)
    async for events in rest:
        read.append(list(events))
        for _ in decode(events):
            pass
        if accumulator.ended or not accumulator.no_output:
            return _AsyncRead(source, read, rest, generators)
    if not accumulator.complete:
        raise _incomplete()
    return _AsyncRead(source, read, rest, generators)


class _Interruptible:
    """The network stream of an open response, for `Opening.cut`."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def get_extra_info(self, name: str) -> Any:
        if (interrupt := getattr(self._source, "interrupt", None)) is not None:
            interrupt()
            return None
        return self._source.response.extensions["network_stream"].get_extra_info(name)


class _Read:
    """An open response of which the first events were read."""

    def __init__(self, source: Source, read: Sequence[Sequence[Any]], rest: Iterator[Sequence[Any]]) -> None:
        self._source = source
        self._first = read
        self._rest = rest
        self.typed: bool = source.typed
        self.response: Any = source.response

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def __iter__(self) -> Iterator[Sequence[Any]]:
        yield from self._first
        yield from self._rest

    def drain(self) -> None:
        """Read the few bytes after the final event."""
        self._source.drain()

    def close(self) -> None:
        """Release the connection."""
        self._source.close()


class _AsyncRead:
    """Async version of `_Read`."""

    def __init__(
        self,
        source: AsyncSource,
        read: Sequence[Sequence[Any]],
        rest: AsyncIterator[Sequence[Any]],
        generators: AsyncGenerators,
    ) -> None:
        self._source = source
        self._first = read
        self._rest = rest
        self._generators = generators
        """The generators that read the response."""
        self.typed: bool = source.typed
        self.response: Any = source.response

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    async def __aiter__(self) -> AsyncIterator[Sequence[Any]]:
        for events in self._first:
            yield events
        async for events in self._rest:
            yield events

    async def drain(self) -> None:
        """Read the few bytes after the final event."""
        await self._source.drain()

    async def close(self) -> None:
        """Release the connection."""
        try:
            await self._source.close()
        finally:
            await self._generators.close()


class _Won(ProviderWrapper):
    """The provider of a stream that has won a race: the response of its first request is already open."""

    def __init__(self, provider: Provider[Any, Any, Any], source: Any) -> None:
        super().__init__(provider)
        self._source = [source]

    def around(self, provider: Provider[Any, Any, Any]) -> Any:
        return _Won(provider, *self._source)

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        return self._source.pop() if self._source else self._provider.open(request, payload)

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        return self._source.pop() if self._source else await self._provider.aopen(request, payload)
