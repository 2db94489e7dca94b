"""Answers requests from a recording."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from contextvars import ContextVar
from pathlib import Path
from threading import Lock
from urllib.parse import unquote, urlsplit

from ...core.base.runtime import CLOCK
from ..blocking import is_local
from ..errors import ReplayError
from ..interception import Cut, Exchange, Fail, HTTPReply, HTTPStep, TimedOut, Until, check
from ..keys import placeholder_keys
from ..places import recognise
from .difference import difference
from .exchange import End, RecordedRequest, RecordedResponse
from .hiding import hidden_request
from .recording import Recording
from .rows import read
from .spelling import shown

_LEFT = "The program closed this response here when it was recorded, but now it reads on: record it again"
_STALL = 60.0
"""How long a paced replay waits, in seconds, where the program did not wait any longer when it was recorded."""


_REDIRECTED: ContextVar[bool] = ContextVar("mirascope_like_testing_redirected", default=False)
"""True if the last request of this thread or task was answered with a redirect."""


class Player(Recording):
    """Answers the requests from a recording, and sends nothing. `replay` makes one."""

    def __init__(self, path: Path, pace: float, cut_after: int | None) -> None:
        super().__init__(path)
        self._pace, self._cut_after = pace, cut_after
        self._exchanges = read(path)
        self._waiting: defaultdict[tuple[str, str, str | bytes], deque[int]] = defaultdict(deque)
        """The numbers of the exchanges that are left, by what equal requests have in common."""
        for number, one in enumerate(self._exchanges, 1):
            self._waiting[one.request.key].append(number)
        self._hosts = {urlsplit(one.request.url).hostname for one in self._exchanges}
        self._paths = {(one.request.method, one.request.path) for one in self._exchanges}
        self._requests: list[RecordedRequest] = []
        self._lock = Lock()
        self._failure: ReplayError | None = None
        """What was raised in the code under test, to be raised again at the end if that has suppressed it."""

    @property
    def requests(self) -> list[RecordedRequest]:
        with self._lock:
            return list(self._requests)

    def _begin(self, entered: ExitStack) -> None:
        entered.enter_context(placeholder_keys())

    def _end(self, error: BaseException | None) -> None:
        if error is None and self._failure is not None:
            raise self._failure.at_end()

    def exchange(self, method: str, url: str, headers: Mapping[str, str]) -> Exchange | None:
        """Return the exchange of an HTTP request. For the interception.

        Raises `ReplayError` for one that would leave the machine, to a host that the recording does not have.
        """
        parts = urlsplit(url)
        redirected = _REDIRECTED.get()
        _REDIRECTED.set(False)
        if redirected and (method.upper(), unquote(parts.path)) not in self._paths:
            # The recording, which others may have written, must not choose a request to this machine.
            raise self._failed(f"{self.path} redirects to {shown(url)}, but it has no request to it")
        if recognise(url, headers) is not None or parts.hostname in self._hosts:
            return _Exchange(self, method, url, headers)
        if is_local(parts.hostname or ""):
            return None
        raise self._failed(f"{method} {parts.scheme}://{parts.hostname}{parts.path} is not sent during a replay")

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> HTTPReply | None:
        """Return the recorded response to a request; None for a request to this machine that is of another kind than
        those of the recording. For the interception.

        Raises `ReplayError` if the recording has no response for it that is left.
        """
        start = CLOCK.monotonic()
        request, _ = hidden_request(method, url, headers, body)
        place = recognise(url, headers)
        model = place is not None and (place.format is None or place.request(body, 1) is not None)
        with self._lock:
            known = self._waiting.get(request.key)
            if (
                (request.method, request.path) not in self._paths
                and not model
                and is_local(urlsplit(url).hostname or "")
            ):
                return None
            self._requests.append(request)
            found = known.popleft() if known else None
        if found is None:
            raise self._failed(self._explain(request))
        return self._reply(found, start)

    def _reply(self, number: int, start: float) -> HTTPReply:
        response = self._exchanges[number - 1].response
        delay = response.time * self._pace
        _REDIRECTED.set(response.status is not None and 300 <= response.status < 400)
        if response.status is not None:
            return HTTPReply(response.status, response.headers, tuple(self._steps(response, start, number)), delay)
        if response.end is End.CLOSED:
            return HTTPReply(failure=self._unread(number), delay=delay and delay + _STALL)
        return HTTPReply(failure=TimedOut() if response.end is End.TIMEOUT else Cut(), delay=delay)

    def _steps(self, response: RecordedResponse, start: float, number: int) -> Iterator[HTTPStep]:
        for count, piece in enumerate(response.pieces):
            if count == self._cut_after:
                yield Cut()
                return
            yield from self._until(piece.time, start)
            yield piece.data
        if response.end is End.CLOSED:
            yield from self._until(response.end_time + _STALL / (self._pace or 1), start)
            yield self._unread(number)
        elif response.end is not End.COMPLETE:
            yield from self._until(response.end_time, start)
            yield TimedOut() if response.end is End.TIMEOUT else Cut()

    def _until(self, time: float, start: float) -> Iterator[HTTPStep]:
        if self._pace:
            yield Until(start + time * self._pace)

    def _unread(self, number: int) -> Fail:
        """The program has left here. It does so again, or the test fails."""
        return Fail(ReplayError(f"request {number} of {self.path}: {_LEFT}"))

    def _failed(self, message: str) -> ReplayError:
        error = ReplayError(message)
        self._failure = self._failure or error
        return error

    def _explain(self, request: RecordedRequest) -> str:
        numbered = list(enumerate((one.request for one in self._exchanges), 1))
        equal = [number for number, one in numbered if one.key == request.key]
        head = f"{self.path} has no answer for request {len(self._requests)}: {request.method} {request.path}"
        if equal:
            count = f"all {len(equal)} answers" if len(equal) > 1 else "the answer"
            return f"{head}\nThe program has already had {count} that the recording has for it."
        return f"{head}\n{difference(request, numbered)}"


class _Exchange:
    def __init__(self, player: Player, method: str, url: str, headers: Mapping[str, str]) -> None:
        self._player, self._method, self._url, self._headers = player, method, url, headers

    def reply(self, body: bytes) -> HTTPReply | None:
        found = self._player.answer(self._method, self._url, self._headers, body)
        if found is None:
            check(self._method, self._url)
        return found
