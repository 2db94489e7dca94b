"""Tests of programs that call models: a scripted model that answers without a network, and blocked requests.

    from mirascope_like.testing import block_requests, fake, tool

    with fake("Hi", tool("add", a=1, b=2)) as model:
        ...

`interception` has the places where requests are answered, `wires` the formats of the providers.
"""

from __future__ import annotations

from .blocking import RequestBlock, block_requests
from .errors import RequestBlockedError, UnexpectedRequestError, UnscriptedRequestError, UnusedRepliesError
from .keys import placeholder_keys
from .model import FakeModel, fake
from .replies import answer, cut, error, raw, refusal, reply, text, thinking, tool
from .request import FakeRequest

__all__ = [
    "FakeModel",
    "FakeRequest",
    "RequestBlock",
    "RequestBlockedError",
    "UnexpectedRequestError",
    "UnscriptedRequestError",
    "UnusedRepliesError",
    "answer",
    "block_requests",
    "cut",
    "error",
    "fake",
    "placeholder_keys",
    "raw",
    "refusal",
    "reply",
    "text",
    "thinking",
    "tool",
]
