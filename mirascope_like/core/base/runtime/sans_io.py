"""Runs flows: generators that yield requests but do no I/O themselves, so that sync and async code can share them.

A flow yields a request, receives the response, and finally returns its result. If sending raises an error, the flow is
closed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeVar

AskT = TypeVar("AskT")
AnswerT = TypeVar("AnswerT")
T = TypeVar("T")


def drive(flow: Generator[AskT, AnswerT, T], send: Callable[[AskT], AnswerT]) -> T:
    """Run a flow to its end and return its result. `send` sends each request that the flow yields."""
    reply: Any = None
    try:
        while True:
            try:
                request = flow.send(reply)
            except StopIteration as end:
                result: T = end.value
                return result
            reply = send(request)
    finally:
        flow.close()


async def adrive(flow: Generator[AskT, AnswerT, T], send: Callable[[AskT], Awaitable[AnswerT]]) -> T:
    """Async version of `drive`."""
    reply: Any = None
    try:
        while True:
            try:
                request = flow.send(reply)
            except StopIteration as end:
                result: T = end.value
                return result
            reply = await send(request)
    finally:
        flow.close()
