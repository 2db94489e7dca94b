"""The loop that reads a stream: it sends attempts, yields the pairs that arrive, and asks the policies what comes next.

A pair is a chunk and the tool that it completes, or None. `read` and `aread` differ only in `async`, `await` and the
names of their async counterparts; a test compares them. The loop refers to the `Transcript`, never to the stream, so
that dropping the stream closes the loop. States and invariants: see `StreamState`.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Generator
from typing import Any

from ..errors import UNSENT, ConfigurationError, StreamInterruptedError
from ..runtime import cancel_scope, sleep
from .attempt import Attempt, Fail, Finish, RunTools, Send, Step, Switch
from .connection import AsyncConnection, Connection
from .policies import next_step
from .transcript import Pause, StreamState, Transcript

PAUSED: Any = None
"""What the loop yields at a `Pause`. Only `open` and `await` receive it, never a reader of pairs."""


def read(transcript: Transcript) -> Generator[tuple[Any, Any]]:
    """Yield the pairs of a stream, then run its on-end callbacks."""
    pair: Any = None
    try:
        step: Step = prepared(transcript)
        while not isinstance(step, Finish):
            if isinstance(step, Send):
                if transcript.pauses_at(Pause.PREPARED):
                    yield PAUSED
                delay(transcript, step.delay)
                attempt, error = transcript.send(step.attempt), None
                connection = Connection(attempt, transcript.deadlines)
                try:
                    connection.open(transcript.closing)
                    if transcript.pauses_at(Pause.OPENED):
                        yield PAUSED
                    accumulator, pairs_of = attempt.accumulator, connection.pairs
                    for events in connection:
                        for pair in pairs_of(events):
                            yield pair
                        if accumulator.ended:
                            connection.drain()
                            break
                    if not accumulator.complete:
                        raise StreamInterruptedError("the answer ended before the provider's final event")
                    for pair in accumulator.finish():
                        yield pair
                except Exception as caught:
                    error = transcript.convert_error(caught, connection.source)
                finally:
                    connection.close()
                step = next_step(transcript, error)
            elif isinstance(step, RunTools):
                step = run_tools(transcript, step)
                if isinstance(step, Send):
                    yield pair[0].spent(), None  # views show the results before the next request is sent
            elif isinstance(step, Switch):
                step = switch(transcript, step)
            else:
                raise step.error
        transcript.end(StreamState.CLOSED if transcript.closing.requested else StreamState.DONE)
    except GeneratorExit:
        transcript.end(StreamState.CLOSED)
        raise
    except BaseException as error:
        transcript.end_with(error)
        raise
    finally:
        for on_end in transcript.take_on_end():
            transcript.run(on_end)


async def aread(transcript: Transcript) -> AsyncGenerator[tuple[Any, Any]]:
    """`read`, with an async connection."""
    pair: Any = None
    try:
        step: Step = await aprepared(transcript)
        while not isinstance(step, Finish):
            if isinstance(step, Send):
                if transcript.pauses_at(Pause.PREPARED):
                    yield PAUSED
                await adelay(transcript, step.delay)
                attempt, error = transcript.send(step.attempt), None
                connection = AsyncConnection(attempt, transcript.deadlines)
                try:
                    await connection.open(transcript.closing)
                    if transcript.pauses_at(Pause.OPENED):
                        yield PAUSED
                    accumulator, pairs_of = attempt.accumulator, connection.pairs
                    async for events in connection:
                        for pair in pairs_of(events):
                            yield pair
                        if accumulator.ended:
                            await connection.drain()
                            break
                    if not accumulator.complete:
                        raise StreamInterruptedError("the answer ended before the provider's final event")
                    for pair in accumulator.finish():
                        yield pair
                except Exception as caught:
                    error = transcript.convert_error(caught, connection.source)
                finally:
                    await connection.close()
                step = next_step(transcript, error)
            elif isinstance(step, RunTools):
                step = await arun_tools(transcript, step)
                if isinstance(step, Send):
                    yield pair[0].spent(), None  # views show the results before the next request is sent
            elif isinstance(step, Switch):
                step = await aswitch(transcript, step)
            else:
                raise step.error
        transcript.end(StreamState.CLOSED if transcript.closing.requested else StreamState.DONE)
    except GeneratorExit:
        transcript.end(StreamState.CLOSED)
        raise
    except BaseException as error:
        transcript.end_with(error)
        raise
    finally:
        for on_end in transcript.take_on_end():
            await transcript.arun(on_end)


def prepared(transcript: Transcript) -> Step:
    """Return the first step of a call."""
    if transcript.attempt is None:
        raise ConfigurationError("an async call cannot be the fallback of a sync stream")
    return Send(transcript.attempt)


async def aprepared(transcript: Transcript) -> Step:
    """`prepared`, after calling the async prompt function if there is no request yet."""
    if transcript.attempt is None:
        assert transcript.prepare is not None
        try:
            transcript.attempt = Attempt.first(transcript.provider, await transcript.prepare())
        except Exception as error:
            return next_step(transcript, error)
    return Finish() if transcript.closing.requested else Send(transcript.attempt)


def delay(transcript: Transcript, seconds: float) -> None:
    """Wait before another attempt; closing the stream ends the wait."""
    closed = threading.Event()
    if seconds and transcript.closing.interrupt_with(closed.set):
        closed.wait(seconds)


async def adelay(transcript: Transcript, seconds: float) -> None:
    """`delay`, awaited."""
    if seconds:
        async with cancel_scope() as scope:
            if transcript.closing.interrupt_with(scope.cancel):
                await sleep(seconds)


def run_tools(transcript: Transcript, step: RunTools) -> Step:
    """Run the tools of a round; return the next step. If `total` passes meanwhile, opening the next round raises it."""
    try:
        results = step.loop.run(step.tools)
    except Exception as caught:
        return Finish() if transcript.closing.requested else Fail(transcript.convert_error(caught))
    following = transcript.next_round(results)
    return Finish() if transcript.closing.requested else following


async def arun_tools(transcript: Transcript, step: RunTools) -> Step:
    """`run_tools`, awaited. A passed `total` cancels the tools that run."""
    results: Any = None
    try:
        async with cancel_scope(transcript.deadlines.remaining()) as scope:
            results = await step.loop.arun(step.tools)
        if scope.cancelled:
            raise transcript.deadlines.passed("total")
    except Exception as caught:
        return Finish() if transcript.closing.requested else Fail(transcript.convert_error(caught))
    following = transcript.next_round(results)
    return Finish() if transcript.closing.requested else following


def switch(transcript: Transcript, step: Switch) -> Step:
    """Make the stream of a fallback and continue with its request; return the step that sends it."""
    for on_end in transcript.take_on_end(abandoned=True):
        transcript.run(on_end)
    try:
        made = step.make()
    except Exception as caught:
        return next_step(transcript, caught) if isinstance(caught, UNSENT) else Fail(caught)
    try:
        transcript.adopt(made)
    except Exception as caught:
        return Fail(caught)
    return prepared(transcript)


async def aswitch(transcript: Transcript, step: Switch) -> Step:
    """`switch`, awaited."""
    for on_end in transcript.take_on_end(abandoned=True):
        await transcript.arun(on_end)
    try:
        made = step.make()
    except Exception as caught:
        return next_step(transcript, caught) if isinstance(caught, UNSENT) else Fail(caught)
    try:
        transcript.adopt(made)
    except Exception as caught:
        return Fail(caught)
    return await aprepared(transcript)
