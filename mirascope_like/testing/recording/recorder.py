"""Records what passes on the wire, while a program makes its calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

from ...core.base.runtime import CLOCK
from ..interception import Exchange, Observer
from ..places import recognise
from .decoding import decoded
from .exchange import End, Piece, RecordedExchange, RecordedRequest, RecordedResponse
from .files import NewFile
from .hiding import accounts_in, hidden_headers, hidden_pieces, hidden_request
from .recording import Recording
from .rows import written


class Recorder(Recording):
    """Sends the requests, and writes a recording of them at the end of its block. `record` makes one."""

    def __init__(self, path: Path, hosts: Sequence[str]) -> None:
        super().__init__(path)
        self._hosts = tuple(one.lower() for one in hosts)
        self._exchanges: list[ObservedExchange] = []
        self._lock = Lock()
        self._file = NewFile(path)

    @property
    def requests(self) -> list[RecordedRequest]:
        with self._lock:
            return [one.request for one in self._exchanges]

    def _begin(self, entered: ExitStack) -> None:
        self._file.begin()

    def _end(self, error: BaseException | None) -> None:
        if error is not None and self._file.replaces:
            return  # half a recording must not replace a whole one
        with self._lock:
            found = [one.recorded() for one in self._exchanges]
        self._file.write(written(found))

    def exchange(self, method: str, url: str, headers: Mapping[str, str]) -> Exchange | None:
        """Return the exchange of an HTTP request that is to be recorded. For the interception."""
        place = recognise(url, headers)
        host = (urlsplit(url).hostname or "").lower()
        if place is None and not any(host == one or host.endswith(f".{one}") for one in self._hosts):
            return None
        return _Exchange(self, method, url, headers)

    def observe(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Observer | None:
        """Return what observes a request; None if it is not to be recorded."""
        place = recognise(url, headers)
        model = place is not None and place.format is not None
        if place is not None and model and place.request(body, 1) is None:
            return None
        with self._lock:
            made = ObservedExchange(*hidden_request(method, url, headers, body), for_model=model)
            self._exchanges.append(made)
        return made


class _Exchange:
    def __init__(self, recorder: Recorder, method: str, url: str, headers: Mapping[str, str]) -> None:
        self._recorder, self._method, self._url, self._headers = recorder, method, url, headers

    def reply(self, body: bytes) -> Observer | None:
        return self._recorder.observe(self._method, self._url, self._headers, body)


class ObservedExchange:
    """A request that was sent, and the response as far as it has arrived. An `Observer`."""

    def __init__(self, request: RecordedRequest, secrets: list[str], *, for_model: bool) -> None:
        self.request = request
        self._for_model = for_model
        self._secrets = secrets
        self._start = CLOCK.monotonic()
        self._lock = Lock()
        self._begun = 0.0
        self._status: int | None = None
        self._headers: list[tuple[str, str]] = []
        self._pieces: list[Piece] = []
        self._end: End | None = None
        self._end_time = 0.0

    def began(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """Record the status and the headers."""
        with self._lock:
            if self._end is None:
                self._begun, self._status, self._headers = self._now(), status, list(headers)

    def received(self, data: bytes) -> None:
        """Record a piece of the body."""
        with self._lock:
            if data and self._end is None:
                self._pieces.append(Piece(self._now(), bytes(data)))

    def ended(self) -> None:
        """Record that the response is complete."""
        self._over(End.COMPLETE)

    def left(self) -> None:
        """Record that the program has closed the response, if it had not ended."""
        self._over(End.CLOSED)

    def failed(self, error: BaseException) -> None:
        """Record why the response is not complete."""
        if not isinstance(error, Exception):
            self._over(End.CLOSED)
        elif any("timeout" in kind.__name__.lower() for kind in type(error).__mro__):
            self._over(End.TIMEOUT)
        else:
            self._over(End.LOST if self._status is None else End.CUT)

    def _over(self, end: End) -> None:
        with self._lock:
            if self._end is None:
                self._end, self._end_time = end, self._now()

    def _now(self) -> float:
        return CLOCK.monotonic() - self._start

    def recorded(self) -> RecordedExchange:
        """Return what was recorded. A response that is still open counts as closed by the program."""
        self.left()
        secrets = [*self._secrets, *accounts_in(self._headers)]
        headers, pieces = decoded(hidden_headers(self._headers, secrets), self._pieces)
        shown = hidden_pieces(pieces, secrets, fields=not self._for_model)
        end = self._end or End.CLOSED
        response = RecordedResponse(self._begun, self._status, headers, shown, end, self._end_time)
        return RecordedExchange(self.request, response)
