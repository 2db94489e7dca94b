"""Flows: logic that asks for I/O and does none, so that sync and async share it.

A flow is a generator: it yields what is to be sent, is given what came back, and returns its result. An error of the
sending ends it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from contextlib import closing
from typing import Any, TypeVar

AskT = TypeVar("AskT")
AnswerT = TypeVar("AnswerT")
T = TypeVar("T")


def drive(flow: Generator[AskT, AnswerT, T], send: Callable[[AskT], AnswerT]) -> T:
    """Run a flow to its end."""
    answer: Any = None
    with closing(flow):
        while True:
            try:
                ask = flow.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            answer = send(ask)


async def adrive(flow: Generator[AskT, AnswerT, T], send: Callable[[AskT], Awaitable[AnswerT]]) -> T:
    """Run a flow to its end, awaiting each answer."""
    answer: Any = None
    with closing(flow):
        while True:
            try:
                ask = flow.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            answer = await send(ask)
