"""Run flows: generators that request I/O but do none themselves, so that sync and async code share them.

A flow yields what is to be sent, receives the reply, and returns its result. An error raised while sending closes the
flow.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from contextlib import closing
from typing import Any, TypeVar

AskT = TypeVar("AskT")
AnswerT = TypeVar("AnswerT")
T = TypeVar("T")


def drive(flow: Generator[AskT, AnswerT, T], send: Callable[[AskT], AnswerT]) -> T:
    """Run a flow to its end with a sync `send`; return its result."""
    reply: Any = None
    with closing(flow):
        while True:
            try:
                request = flow.send(reply)
            except StopIteration as end:
                result: T = end.value
                return result
            reply = send(request)


async def adrive(flow: Generator[AskT, AnswerT, T], send: Callable[[AskT], Awaitable[AnswerT]]) -> T:
    """Run a flow to its end with an async `send`; return its result."""
    reply: Any = None
    with closing(flow):
        while True:
            try:
                request = flow.send(reply)
            except StopIteration as end:
                result: T = end.value
                return result
            reply = await send(request)
