"""Races: several candidates answer one call, and the first that has an answer wins. The others are cancelled.

`first_of` and `afirst_of` race functions. `race_stream` makes a stream race when it is opened: the first candidate
whose response has output wins. If that is another than the stream's own request, the stream falls back to it.

In sync code, candidates run in worker threads. A wait of one that has lost is ended by shutting its connection down:
see `Opening`. In async code they are tasks, which are cancelled.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from ..errors import FallbackError, LostRaceError, MirascopeLikeError, StreamClosedError
from ..provider import PRESENT, AsyncSource, Opening, Provider, ProviderWrapper, Source
from ..request import Request
from ..runtime import CLOCK
from .race_candidates import AsyncCandidate, Candidate
from .transcript import Fallbacks, Transcript

T = TypeVar("T")


class _Runner:
    """The candidates that run in worker threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ended: list[int] = []
        self._openings: list[Opening] = []

    def start(self, function: Callable[[], Any]) -> None:
        """Run a candidate in a worker thread."""
        opening, number = Opening(), len(self._openings)
        self._openings.append(opening)
        opening.begin(function)
        opening.when_over(partial(self._wake, number))

    def _wake(self, number: int | None = None) -> None:
        with self._changed:
            if number is not None:
                self._ended.append(number)
            self._changed.notify_all()

    def next_ended(self, until: float | None, outer: Opening | None) -> Opening | None:
        """Wait for a candidate that has ended, and return it; None if the clock shows `until`.

        Raises `StreamClosedError` if `outer`, for which the race itself runs, was cut.
        """
        if outer is not None:
            outer.when_over(self._wake)
        with self._changed:
            while not self._ended:
                if outer is not None and outer.abandoned:
                    raise StreamClosedError("the stream was closed")
                if until is None:
                    self._changed.wait()
                elif (seconds := until - CLOCK.monotonic()) > 0:
                    CLOCK.wait(self._changed, seconds)
                else:
                    return None
            return self._openings[self._ended.pop(0)]

    def cut(self, winner: Opening | None) -> None:
        """Cancel all candidates that run, and close what others than the winner have returned meanwhile."""
        for opening in self._openings:
            if opening is not winner and not opening.cut():
                with suppress(Exception):  # it has failed, or there is nothing to close
                    opening.result(0).close()


def first_of(candidates: Sequence[Callable[[], T]], after: float) -> T:
    """Return the result of the first candidate that returns one. The next candidate is started when none has ended for
    `after` seconds, and at once when one has failed.

    Raises `FallbackError` with the errors of all candidates if all fail. An error that is not of this library is raised
    at once.
    """
    runner, errors, waiting = _Runner(), list[Exception](), list(candidates)
    outer, winner = PRESENT.get(), None
    try:
        while True:
            if waiting:
                runner.start(waiting.pop(0))
            until = CLOCK.monotonic() + after if waiting else None
            ended = runner.next_ended(until, outer)
            if ended is None:
                continue
            try:
                found: Any = ended.result(None)
                winner = ended
                return found  # type: ignore[no-any-return]
            except MirascopeLikeError as error:
                errors.append(error)
            if len(errors) == len(candidates):
                raise FallbackError(errors) from errors[-1]
    finally:
        runner.cut(winner)


async def afirst_of(candidates: Sequence[Callable[[], Awaitable[T]]], after: float) -> T:
    """Async version of `first_of`."""
    import anyio  # imported here: few programs use it

    errors, waiting, outcome = list[Exception](), list(candidates), list[Any]()
    send, receive = anyio.create_memory_object_stream[tuple[Any, Exception | None]](len(candidates))

    async def run(candidate: Callable[[], Awaitable[T]]) -> None:
        try:
            send.send_nowait((await candidate(), None))
        except Exception as error:
            send.send_nowait((None, error))

    with send, receive:
        async with anyio.create_task_group() as group:
            while not outcome:
                if waiting:
                    group.start_soon(run, waiting.pop(0))
                ended: Any = None
                with anyio.move_on_after(after if waiting else None):
                    ended = await receive.receive()
                if ended is None:
                    continue
                _, error = ended
                if isinstance(error, MirascopeLikeError):
                    errors.append(error)
                    if len(errors) < len(candidates):
                        continue
                outcome.append(ended)
            group.cancel_scope.cancel()
        await _close_all(receive)
    found, error = outcome[0]
    if error is None:
        return found  # type: ignore[no-any-return]
    if len(errors) == len(candidates):
        raise FallbackError(errors) from errors[-1]
    raise error


async def _close_all(ended: Any) -> None:
    """Close what candidates have returned after the winner."""
    with suppress(Exception):  # the last error means that there is no other
        while True:
            found, _ = ended.receive_nowait()
            if isinstance(found, AsyncCandidate):
                await found.close()


def race_stream(stream: Any, others: Sequence[Callable[[], Any]], after: float) -> None:
    """Make a stream race against the streams that `others` make, when it is opened."""
    transcript: Transcript = stream._transcript
    racing: Any = RacingProvider(transcript.provider, others, after)
    transcript.provider = racing
    if transcript.attempt is not None:
        transcript.attempt.provider = racing
    transcript.plans[0].fallbacks = Fallbacks([(LostRaceError, racing.winner)], ())


class RacingProvider(ProviderWrapper):
    """Wraps the provider of a stream that races. Its first request is one of the candidates."""

    def __init__(self, provider: Provider[Any, Any, Any], others: Sequence[Callable[[], Any]], after: float) -> None:
        super().__init__(provider)
        self._others = others
        self._after = after
        self._raced = False
        self._winner: Any = None
        """The stream of another candidate that has won; None before that."""

    def around(self, provider: Provider[Any, Any, Any]) -> Any:
        return RacingProvider(provider, self._others, self._after)

    def winner(self) -> Any:
        """Return the stream of the candidate that has won."""
        return self._winner

    def opens_here(self, request: Request) -> bool:
        return False  # candidates run in worker threads

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        if self._raced:
            return self._provider.open(request, payload)
        self._raced = True
        candidates = [Candidate(self._provider, request, payload), *map(Candidate.of, self._others)]
        won = first_of([candidate.run for candidate in candidates], self._after)
        if won is candidates[0]:
            return won.source
        self._winner = won.adoptable()
        raise LostRaceError("another candidate of the race was faster")

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        if self._raced:
            return await self._provider.aopen(request, payload)
        self._raced = True
        candidates = [AsyncCandidate(self._provider, request, payload), *map(AsyncCandidate.of, self._others)]
        won = await afirst_of([candidate.run for candidate in candidates], self._after)
        if won is candidates[0]:
            return won.source
        self._winner = won.adoptable()
        raise LostRaceError("another candidate of the race was faster")
