"""The fake model: a script of replies, and the requests that it has received."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from threading import Lock
from types import TracebackType
from typing import Any, Self

from .errors import ReplyError, UnexpectedRequestError, UnscriptedRequestError, UnusedRepliesError
from .interception import Exchange, HTTPReply, check, handling
from .keys import placeholder_keys
from .places import Place, recognise
from .replies import ErrorReply, Replying, ReplyLike, Scripted, reply_of, shown
from .request import FakeRequest
from .writing import http_reply


class FakeModel:
    """Answers requests for a model from a script, while its `with` or `async with` block runs.

    `fake` makes one; it can be entered once.
    """

    def __init__(self, *replies: ReplyLike | Replying) -> None:
        self.requests: list[FakeRequest] = []
        """The requests that were received, in their order."""
        self._replies: deque[Scripted | Replying] = deque()
        self._lock = Lock()
        self._entered: ExitStack | None = None
        self._active = False
        self._failure: UnexpectedRequestError | None = None
        """What was raised in the code under test, to be raised again at the end if that has suppressed it."""
        self._last_error: ErrorReply | None = None
        self.add(*replies)

    answers = True

    def add(self, *replies: ReplyLike | Replying) -> None:
        """Append replies to the script. A function of the request makes one reply; the last one in the script makes
        all further replies.

        Raises `TypeError` for a value that is not a reply.
        """
        given: tuple[Any, ...] = replies
        checked: list[Scripted | Replying] = [one if _is_function(one) else reply_of(one) for one in given]
        with self._lock:
            self._replies.extend(checked)

    def __repr__(self) -> str:
        return f"<fake model: {len(self.requests)} requests, {len(self.unused)} replies left>"

    @property
    def request(self) -> FakeRequest:
        """The last request. Raises `IndexError` if there was none."""
        return self.requests[-1]

    @property
    def unused(self) -> list[str]:
        """The replies that are left, as errors show them. A function that makes all further replies is not listed."""
        with self._lock:
            left = [one for one in self._replies if not callable(one)]
        return [shown(one) for one in left]

    def forgive(self) -> None:
        """Ignore requests without a reply, and replies that are left, at the end of the block: the test checks them."""
        with self._lock:
            self._replies.clear()
            self._failure = None

    def __enter__(self) -> Self:
        if self._entered is not None:
            raise RuntimeError("a fake model can be entered once: make another one with fake(...)")
        self._entered = ExitStack()
        self._entered.enter_context(placeholder_keys())
        self._entered.enter_context(handling(self))
        self._active = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop answering.

        Raises the `UnscriptedRequestError` or `ReplyError` that the code under test has suppressed, and
        `UnusedRepliesError` if replies are left; not if the block raised an error.
        """
        self._active = False
        if self._entered is not None:
            self._entered.close()
        if error is not None:
            return
        if self._failure is not None:
            raise self._failure.at_end()
        if unused := self.unused:
            lines = "".join(f"\n  {one}" for one in unused)
            count = "1 reply was" if len(unused) == 1 else f"{len(unused)} replies were"
            raise UnusedRepliesError(f"{count} not used after {_count(self.requests)}:{lines}")

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def exchange(self, method: str, url: str, headers: Mapping[str, str]) -> Exchange | None:
        """Return the exchange of an HTTP request; None if it is not one for a model. For the interception."""
        place = recognise(url, headers) if self._active else None
        return None if place is None else _Exchange(self, method, place)

    def answer(self, place: Place, body: bytes) -> HTTPReply | None:
        """Return the next reply as an HTTP response; None if the request is not one for a model. For the interception.

        Raises `UnscriptedRequestError` if no reply is left, and `ReplyError` if the reply cannot be made.
        """
        with self._lock:
            request = place.request(body, len(self.requests) + 1)
            if request is None:
                return None
            self.requests.append(request)
            given = self._take(request)
        try:
            reply = reply_of(given(request)) if callable(given) else given
            made = http_reply(reply, request, place.format)
        except Exception as error:  # an SDK would take it for a lost connection
            self._failure = ReplyError(f"cannot reply to request {request.number} ({request}): {error!r}")
            raise self._failure from error
        self._last_error = reply if isinstance(reply, ErrorReply) else None
        return made

    def _take(self, request: FakeRequest) -> Scripted | Replying:
        if not self._replies:
            self._failure = UnscriptedRequestError(self._explain(request))
            raise self._failure
        first = self._replies[0]
        if callable(first) and len(self._replies) == 1:
            return first
        if isinstance(first, ErrorReply) and first.times > 1:
            self._replies[0] = replace(first, times=first.times - 1)
            return first
        return self._replies.popleft()

    def _explain(self, request: FakeRequest) -> str:
        lines = "".join(f"\n  {number}. {one}" for number, one in enumerate(self.requests, 1))
        hint = ""
        if (error := self._last_error) is not None:
            hint = (
                f"\nThe last reply was error({error.status}), after which the SDK may have repeated its request: "
                f"script error({error.status}, times=...) for all attempts, or what the repeated request receives."
            )
        return f"the fake model has no reply left for request {request.number}. The requests:{lines}{hint}"


class _Exchange:
    def __init__(self, model: FakeModel, method: str, place: Place) -> None:
        self._model, self._method, self._place = model, method, place

    def reply(self, body: bytes) -> HTTPReply | None:
        found = self._model.answer(self._place, body)
        if found is None:
            check(self._method, self._place.url)
        return found


def fake(*replies: ReplyLike | Replying) -> FakeModel:
    """Return a context manager (`with` and `async with`) in which a scripted model answers every request for a model.

    Each reply answers one request, in their order: a text, `tool(...)`, a Pydantic model (the structured output),
    `answer(value)`, `text(...)`, `thinking(...)`, `refusal(...)`, `reply(...)` for several parts, finish reason, usage
    or times, `error(status)`, `cut(...)`, `raw(...)`, or a function of the request that returns one of these. The last
    reply answers all further requests if it is a function.

    The replies are written in the format of each request and read by the real SDK, so that responses, streams, retries
    and errors are the SDK's own. Needs no key. Answers every call and client of the process, in any thread and task;
    tasks that each enter a fake model of their own are kept apart. `requests` of the model are the requests.

    At the end of the block, replies that are left raise `UnusedRepliesError`. A request without a reply raises
    `UnscriptedRequestError`.
    """
    return FakeModel(*replies)


def _is_function(given: Any) -> bool:
    return callable(given) and not isinstance(given, type)


def _count(requests: list[FakeRequest]) -> str:
    return "1 request" if len(requests) == 1 else f"{len(requests)} requests"
