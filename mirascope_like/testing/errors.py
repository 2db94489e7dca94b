"""Errors of the scripted model, of blocked requests, and of recordings."""

from __future__ import annotations


class UnexpectedRequestError(BaseException):
    """A request that a test did not expect. The base class of the errors for it.

    It is not an `Exception`: SDKs do not repeat the request, and neither a retry, a fallback nor `except Exception` in
    the code under test hides it.
    """


class UnscriptedRequestError(UnexpectedRequestError):
    """The fake model received a request for which it has no reply. The message lists the requests."""


class ReplyError(UnexpectedRequestError):
    """A reply of a fake model could not be made: its function raised an error (the `__cause__`) or returned something
    else than a reply, or the request is not one for a model.
    """


class RequestBlockedError(UnexpectedRequestError):
    """A request would have left the machine while `block_requests` is active. The message names the request."""


class ReplayError(UnexpectedRequestError):
    """A recording has no answer for a request of a replay, or not the rest of one. The message shows the difference to
    the most similar request of the recording.
    """


class RecordingFormatError(ValueError):
    """A file is not a valid recording. The message names the row."""


class UnusedRepliesError(AssertionError):
    """Replies of a fake model were left when its block ended. The message lists them."""
