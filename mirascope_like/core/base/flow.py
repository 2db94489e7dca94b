"""Flows: logic that asks for I/O and does none, so that sync and async share it.

A flow is a generator: it yields what is to be sent, is given what came back, and returns its result. An error of the
sending ends it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from contextlib import closing
from typing import TypeVar

AskT = TypeVar("AskT")
AnswerT = TypeVar("AnswerT")
T = TypeVar("T")


def drive(flow: Generator[AskT, AnswerT, T], send: Callable[[AskT], AnswerT]) -> T:
    """Run a flow to its end."""
    with closing(flow):
        try:
            ask = next(flow)
            while True:
                ask = flow.send(send(ask))
        except StopIteration as end:
            result: T = end.value
            return result


async def adrive(flow: Generator[AskT, AnswerT, T], send: Callable[[AskT], Awaitable[AnswerT]]) -> T:
    """Run a flow to its end, awaiting each answer."""
    with closing(flow):
        try:
            ask = next(flow)
            while True:
                ask = flow.send(await send(ask))
        except StopIteration as end:
            result: T = end.value
            return result
