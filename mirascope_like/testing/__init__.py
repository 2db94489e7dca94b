"""Tests of programs that call models: a scripted model that answers without a network, recordings of real calls, and
blocked requests.

    from mirascope_like.testing import block_requests, fake, tool

    with fake("Hi", tool("add", a=1, b=2)) as model:
        ...

`interception` has the places where requests are answered, `wires` the formats of the providers, `recording` the
recordings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.base.runtime import lazy_names

if TYPE_CHECKING:
    from .blocking import RequestBlock, block_requests
    from .errors import (
        RecordingFormatError,
        ReplayError,
        ReplyError,
        RequestBlockedError,
        UnexpectedRequestError,
        UnscriptedRequestError,
        UnusedRepliesError,
    )
    from .keys import placeholder_keys
    from .model import FakeModel, fake
    from .preparing import aprepare, prepare, use_client
    from .recording import RecordedRequest, Recording, record, replay
    from .replies import ReplyLike, answer, cut, error, raw, refusal, reply, text, thinking, tool
    from .request import FakeRequest
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "blocking": "RequestBlock block_requests",
            "errors": "RecordingFormatError ReplayError ReplyError RequestBlockedError UnexpectedRequestError "
            "UnscriptedRequestError UnusedRepliesError",
            "keys": "placeholder_keys",
            "model": "FakeModel fake",
            "preparing": "aprepare prepare use_client",
            "recording": "RecordedRequest Recording record replay",
            "replies": "ReplyLike answer cut error raw refusal reply text thinking tool",
            "request": "FakeRequest",
        },
    )

__all__ = [
    "FakeModel",
    "FakeRequest",
    "RecordedRequest",
    "Recording",
    "RecordingFormatError",
    "ReplayError",
    "ReplyError",
    "ReplyLike",
    "RequestBlock",
    "RequestBlockedError",
    "UnexpectedRequestError",
    "UnscriptedRequestError",
    "UnusedRepliesError",
    "answer",
    "aprepare",
    "block_requests",
    "cut",
    "error",
    "fake",
    "placeholder_keys",
    "prepare",
    "raw",
    "record",
    "refusal",
    "replay",
    "reply",
    "text",
    "thinking",
    "tool",
    "use_client",
]
