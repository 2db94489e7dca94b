"""Runs a call that observers see: tells them when it begins and how it ends."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable, Coroutine
from inspect import iscoroutine
from typing import Any, cast

from ..errors import StreamNotConsumedError
from ..observation import BaseObserver, CallState, ObservedCall, parent_of_new_call
from ..streams import BaseStream, BaseStructuredStream, when_ended
from .preparing import PREPARING
from .request_builder import BoundPrompt


def observe(run: Callable[[BoundPrompt], Any], bound_prompt: BoundPrompt, observers: tuple[BaseObserver, ...]) -> Any:
    """Run a call with these observers; return its result. A fallback of the stream of another call is observed as a
    part of that call, and by itself only for the observers that do not observe the other. A call that is only prepared
    is not observed.
    """
    if PREPARING.get():
        return run(bound_prompt)
    parent, joined = parent_of_new_call()
    own = observers
    if joined:
        joining = {one for call in joined for one in call.observers}
        own = tuple(one for one in observers if one not in joining)
    bound_prompt.observed = joined
    if not own:
        return run(bound_prompt)
    call = ObservedCall(bound_prompt.prompt.fn, bound_prompt.arguments, own, parent).start()
    bound_prompt.observed = (*joined, call)
    try:
        with call.inside():
            made = run(bound_prompt)
    except BaseException as error:
        _failed(call, error)
        raise
    return _awaited(call, made) if iscoroutine(made) else _settled(call, made)


async def _awaited(call: ObservedCall, made: Coroutine[Any, Any, Any]) -> Any:
    try:
        with call.inside():
            result = await made
    except BaseException as error:
        _failed(call, error)
        raise
    return _settled(call, result)


def _settled(call: ObservedCall, result: Any) -> Any:
    if isinstance(result, BaseStream | BaseStructuredStream):
        when_ended(cast("Any", result), lambda last: _ended(call, last))
    else:
        call.end("done", None, result)
    return cast("Any", result)


def _failed(call: ObservedCall, error: BaseException) -> None:
    left = isinstance(error, CancelledError) or not isinstance(error, Exception)
    call.end("closed" if left else "failed", error)


def _ended(call: ObservedCall, stream: Any) -> None:
    error = stream.error  # of a structured stream that was read to its end, also the error of its output
    plain: BaseStream[Any, Any, Any] = getattr(stream, "stream", stream)
    state: CallState = "failed" if isinstance(error, Exception) else "done" if plain.state == "done" else "closed"
    call.end(state, error, stream, lambda: _so_far(plain))


def _so_far(stream: Any) -> Any:
    try:
        return stream.construct_call_response(partial=True)
    except StreamNotConsumedError:  # nothing arrived
        return None
