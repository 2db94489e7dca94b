"""Errors of the scripted model, of blocked requests, and of recordings."""

from __future__ import annotations


class UnexpectedRequestError(BaseException):
    """A request that a test did not expect. The base class of the errors for it.

    It is not an `Exception`: SDKs do not repeat the request, and neither a retry, a fallback nor `except Exception` in
    the code under test hides it. At the end of a block, the error that is raised again is an `AssertionError`, too.
    """

    def at_end(self) -> UnexpectedRequestError:
        """Return the error as one of its own class and an `AssertionError`, to be raised at the end of a block: pytest
        cannot end a fixture with an error that is not an `Exception`, and then fails the next test as well.
        """
        own = type(self)
        names = {"__module__": own.__module__, "__qualname__": own.__qualname__, "__doc__": own.__doc__}
        error: UnexpectedRequestError = type(own.__name__, (own, AssertionError), names)(*self.args)
        error.__cause__ = self.__cause__ or self
        return error


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
