"""The loop that reads a stream: sends attempts, yields the pairs that arrive, and lets the policies decide the next
step.

The data that pass through the loop, from the provider to the reader:

- a read: the wire events that the source returns at once, none for a keep-alive;
- a wire event: one server-sent event, or one event object of an SDK;
- a chunk: the content that one wire event adds (text, thinking, pieces of tool calls, usage);
- a pair: a chunk, and the tool whose call the chunk completes, or None;
- a `StreamEvent`: an object of `events()`, for the text, a tool or another part of a pair. Made outside the loop.

The accumulator of an attempt has two flags for the end of its response. `ended` is True when the final event has been
read, so there is nothing more to read. `complete` is True when the response is usable even if the final event never
arrives.

`read` and `aread` differ only in `async`, `await` and the names of their async counterparts; a test compares them. The
loop refers to the `Transcript`, never to the stream, so that dropping the stream closes the loop. Transitions and
invariants: see `stream_state`.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from typing import Any

from ..errors import StreamClosedError, StreamInterruptedError
from ..flows import RunTools
from ..response import BaseCallResponseChunk, without_content
from ..runtime import cancel_scope, sleep
from .attempt import Attempt, Fail, Finish, Send, Step, Switch
from .connection import AsyncConnection, Connection
from .on_end import arun_on_end, run_on_end
from .policies import next_step, unprepared
from .stream_state import Pause, StreamState
from .transcript import Transcript

PAUSED: Any = None
"""The value that the loop yields at a `Pause`. Only `open` and `await` receive it, never a reader of pairs."""


def read(transcript: Transcript) -> Generator[tuple[Any, Any]]:
    """Yield the (chunk, tool or None) pairs of a stream; then run its on-end callbacks."""
    pair: Any = None
    closing, deadlines = transcript.closing, transcript.deadlines
    try:
        step: Step = prepared(transcript)
        while not (closing.requested or isinstance(step, Finish)):
            if isinstance(step, Send) and step.delay:
                delay(transcript, step.delay)
                step = Send(step.attempt)
            elif isinstance(step, Send):
                if transcript.pauses_at(Pause.PREPARED):
                    yield PAUSED
                attempt, error = transcript.send(step.attempt), None
                connection = Connection(attempt, deadlines)
                try:
                    connection.open(closing)
                    if transcript.pauses_at(Pause.OPENED):
                        yield PAUSED
                    accumulator, decode = attempt.accumulator, connection.decode
                    try:
                        for events in connection:
                            if closing.requested:
                                raise StreamClosedError("the stream was closed")
                            pairs = decode(events)
                            for pair in deadlines.noting_output(pairs) if deadlines.watches_output else pairs:
                                yield pair
                            if accumulator.ended:
                                connection.drain()
                                break
                    except Exception as caught:
                        if not connection.ends_complete(caught):
                            raise
                    if not accumulator.complete:
                        raise StreamInterruptedError(
                            "the response is incomplete: the provider's final event is missing"
                        )
                    for pair in accumulator.finish():
                        yield pair
                except Exception as caught:
                    error = transcript.convert_error(caught, connection.source)
                finally:
                    connection.close()
                step = next_step(transcript, error)
            elif isinstance(step, RunTools):
                step = run_tools(transcript, step)
                if isinstance(step, Send) and not closing.requested:
                    yield results_pair(pair)
                transcript.tool_results = ()
            elif isinstance(step, Switch):
                step = switch(transcript, step)
            else:
                raise step.error
        transcript.end(StreamState.CLOSED if closing.requested else StreamState.DONE)
    except BaseException as error:
        transcript.end_with(error)
        raise
    finally:
        run_on_end(transcript)


async def aread(transcript: Transcript) -> AsyncGenerator[tuple[Any, Any]]:
    """Async version of `read`."""
    pair: Any = None
    closing, deadlines = transcript.closing, transcript.deadlines
    try:
        step: Step = await aprepared(transcript)
        while not (closing.requested or isinstance(step, Finish)):
            if isinstance(step, Send) and step.delay:
                await adelay(transcript, step.delay)
                step = Send(step.attempt)
            elif isinstance(step, Send):
                if transcript.pauses_at(Pause.PREPARED):
                    yield PAUSED
                attempt, error = transcript.send(step.attempt), None
                connection = AsyncConnection(attempt, deadlines)
                try:
                    await connection.open(closing)
                    if transcript.pauses_at(Pause.OPENED):
                        yield PAUSED
                    accumulator, decode = attempt.accumulator, connection.decode
                    try:
                        async for events in connection:
                            if closing.requested:
                                raise StreamClosedError("the stream was closed")
                            pairs = decode(events)
                            for pair in deadlines.noting_output(pairs) if deadlines.watches_output else pairs:
                                yield pair
                            if accumulator.ended:
                                await connection.drain()
                                break
                    except Exception as caught:
                        if not connection.ends_complete(caught):
                            raise
                    if not accumulator.complete:
                        raise StreamInterruptedError(
                            "the response is incomplete: the provider's final event is missing"
                        )
                    for pair in accumulator.finish():
                        yield pair
                except Exception as caught:
                    error = transcript.convert_error(caught, connection.source)
                finally:
                    await connection.close()
                step = next_step(transcript, error)
            elif isinstance(step, RunTools):
                step = await arun_tools(transcript, step)
                if isinstance(step, Send) and not closing.requested:
                    yield results_pair(pair)
                transcript.tool_results = ()
            elif isinstance(step, Switch):
                step = await aswitch(transcript, step)
            else:
                raise step.error
        transcript.end(StreamState.CLOSED if closing.requested else StreamState.DONE)
    except BaseException as error:
        transcript.end_with(error)
        raise
    finally:
        await arun_on_end(transcript)


class NoLoop:
    """The loop of a detached stream, such as the one that on-end callbacks receive: yields nothing."""

    ag_running = False

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        raise StopIteration

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        raise StopAsyncIteration


def prepared(transcript: Transcript) -> Step:
    """Return the first step of the loop: send the request of the first attempt."""
    assert transcript.attempt is not None
    return Send(transcript.attempt)


async def aprepared(transcript: Transcript) -> Step:
    """Async version of `prepared`. Calls the async prompt function first, if there is no request yet."""
    if transcript.attempt is None:
        assert transcript.prepare is not None
        try:
            transcript.attempt = Attempt.first(transcript.provider, await transcript.prepare())
        except Exception as error:
            return unprepared(transcript, error)
    return Send(transcript.attempt)


def delay(transcript: Transcript, seconds: float) -> None:
    """Wait before another attempt. Closing the stream ends the wait."""
    closed = threading.Event()
    if transcript.closing.interrupt_with(closed.set):
        closed.wait(seconds)


async def adelay(transcript: Transcript, seconds: float) -> None:
    """Async version of `delay`."""
    async with cancel_scope() as scope:
        if transcript.closing.interrupt_with(scope.cancel):
            await sleep(seconds)


def run_tools(transcript: Transcript, step: RunTools) -> Step:
    """Run the tools of a round; return the next step. If the deadline `total` passes meanwhile, opening the next
    round raises its error.
    """
    try:
        return transcript.next_round(step.loop.run(step.tools))
    except Exception as error:
        return Fail(transcript.convert_error(error))


async def arun_tools(transcript: Transcript, step: RunTools) -> Step:
    """Async version of `run_tools`. If the deadline `total` passes, the running tools are cancelled."""
    results: Any = None
    total = transcript.deadlines.limit("total")
    try:
        async with cancel_scope(total.seconds if total is not None else None) as scope:
            results = await step.loop.arun(step.tools)
        if total is not None and scope.cancelled:
            raise total.error()
        return transcript.next_round(results)
    except Exception as error:
        return Fail(transcript.convert_error(error))


def results_pair(pair: Any) -> tuple[Any, None]:
    """Return a pair without content to yield after tools have run. `pair` is the last pair of their round.

    With this pair, views yield the results in `Transcript.tool_results` before the next request is sent, and not only
    with the first pair of the next response. Its chunk has no text; `structured_reader` uses it to detect a new round.
    (A last pair of the round always exists, because a chunk completed the tool calls.)
    """
    chunk: BaseCallResponseChunk[Any, Any, Any] = pair[0]
    return without_content(chunk), None


def switch(transcript: Transcript, step: Switch) -> Step:
    """Make the stream of a fallback, and continue with its request; return the step that sends it."""
    transcript.try_fallback(step.error)
    run_on_end(transcript, abandoned=True)
    try:
        made = step.make()
    except Exception as error:
        return unprepared(transcript, error)
    transcript.adopt(made)
    return prepared(transcript)


async def aswitch(transcript: Transcript, step: Switch) -> Step:
    """Async version of `switch`."""
    transcript.try_fallback(step.error)
    await arun_on_end(transcript, abandoned=True)
    try:
        made = step.make()
    except Exception as error:
        return unprepared(transcript, error)
    transcript.adopt(made)
    return await aprepared(transcript)
