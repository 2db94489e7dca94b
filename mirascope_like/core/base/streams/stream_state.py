"""The state of a stream, and what may change it: the loop, its pauses, and a request to close it from elsewhere.

| from | to | when |
| --- | --- | --- |
| NEW | OPEN | the first request is sent |
| NEW | CLOSED | it is closed before that, even while an async prompt function runs (no `error`) |
| NEW | CLOSED | it is dropped before that and has on-end callbacks, or its prompt function was awaited |
| NEW | CLOSED | its task is cancelled while an async prompt function runs (`error` is that) |
| NEW | FAILED | an async prompt function, or encoding its request, raises, and no fallback is left |
| OPEN | DONE | the response, or that of the last round of a tool loop, has been read to its end |
| OPEN | CLOSED | it is closed, dropped or stopped by `until`, here or elsewhere (no `error`) |
| OPEN | CLOSED | its task is cancelled, or the keyboard interrupts it (`error` is that) |
| OPEN | FAILED | an error is raised that no policy recovers from (`error` is that) |

There are no states for waiting, opening, reading, running tools or falling back.

Invariants, and where each is enforced:

1. DONE, CLOSED and FAILED are final: `Transcript.end` ignores a second end.
2. Only the loop changes the attempt and the rounds. The stream writes `closing`, `pause`, the deadlines,
   `earlier_errors`, and the fallbacks and callbacks of `plans[0]`. If the loop has not begun, `close`, or dropping a
   stream that has callbacks, calls `end` and runs the callbacks.
3. `policies` alone decide what follows an attempt, or a request that could not be prepared. A requested close comes
   first, then a passed `total`, then the policies.
4. The loop closes the connection of an attempt in a `finally` before its next step, so at most one is open.
5. A callback is removed before it runs (`Transcript.take_on_end`), so it runs at most once; and all run, whatever one
   of them raises (`on_end`). Those of a fallback run before those of the call that fell back.
6. No time limit and no cancel scope is active while the loop yields: only the methods of `connection`, and the
   functions of `stream_loop` that wait, use them, and those do not yield. (`total` is checked at the next wait.)
7. Nothing that the loop refers to refers to the stream. So when the last reference to a stream is dropped, Python
   closes the loop's generator at once, and with it the connection.
8. While the loop waits for the provider or before another attempt, `closing` holds the function that ends the wait (see
   `CloseRequest`). Running tools and prompt functions are not interrupted; the loop ends after them.
9. A detached stream has no loop: it reads, opens and ends nothing. The copy of the transcript that the callbacks of a
   failed fallback receive shares nothing with the stream that can change it (`Transcript.abandon`).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, StrEnum, auto


class StreamState(StrEnum):
    """The state of a stream. DONE, CLOSED and FAILED are final."""

    NEW = "new"
    """Nothing was sent yet."""
    OPEN = "open"
    """A request was sent, and the stream has not ended."""
    DONE = "done"
    """The complete response was read."""
    CLOSED = "closed"
    """The stream was closed before its end."""
    FAILED = "failed"
    """The stream ended with an error."""


class Pause(Enum):
    """A place at which the loop yields once, before any pair, if `Transcript.pause` is this place."""

    PREPARED = auto()
    """The request is encoded and was not sent yet. For `await stream`."""
    OPENED = auto()
    """The response has begun, and no event was read yet. For `open`."""


class CloseRequest:
    """A request to end the loop while it runs in another thread or task. There is one per stream.

    The loop first registers the function that ends its next wait, and then reads `requested`. The closing thread first
    sets `requested`, and then calls the registered function. So in every order, the loop either does not wait or its
    wait is ended.
    """

    def __init__(self) -> None:
        self.requested: bool = False
        """True once closing was requested. The loop then ends without an error."""
        self._interrupt: Callable[[], object] | None = None

    def interrupt_with(self, interrupt: Callable[[], object]) -> bool:
        """Register the function that ends the next wait. Another thread or task may call the function.

        Returns False if closing was already requested: the caller must not wait then.
        """
        self._interrupt = interrupt
        return not self.requested

    def request(self) -> None:
        """Request that the stream is closed, and end the current wait."""
        self.requested = True
        if (interrupt := self._interrupt) is not None:
            interrupt()

    def forget(self) -> None:
        """Drop the registered function, which refers to a connection."""
        self._interrupt = None
