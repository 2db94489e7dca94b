"""How a stream proceeds: what its loop and its reader share, and the loop itself.

The loop comes twice, for sync and async, and is the same but for the words of async (a test holds it to that). It
refers to the `Progress` of a stream, never to the stream: so a stream that is dropped is closed at once, by its
reference count.
"""

from __future__ import annotations

import logging
from asyncio import CancelledError
from asyncio import sleep as asleep
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import suppress
from inspect import isawaitable
from time import sleep, time
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from .. import flows
from ..errors import StreamInterruptedError
from ..flows import Calls, calls, next_round
from ..parsing import Text
from ..provider import AsyncSource, Provider, Source
from ..request import Request
from ..response import BaseCallResponse, BaseCallResponseChunk, Fold
from ..tools import BaseTool
from .transcript import StreamState

if TYPE_CHECKING:
    from ..tools import ToolResultEvent

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound=BaseCallResponseChunk[Any, Any, Any])
ToolT = TypeVar("ToolT", bound=BaseTool)


log: logging.Logger = logging.getLogger(__name__)
Ending: TypeAlias = Callable[["Progress[Any, Any, Any]"], Any]


class Progress(Generic[ResponseT, ChunkT, ToolT]):
    """What a stream and its loop share: what was asked, and what has come so far."""

    def __init__(self, provider: Provider[ResponseT, ChunkT, ToolT], request: Request | None) -> None:
        self.provider = provider
        self.state: StreamState = StreamState.NEW
        self.start_time: float | None = None
        self.end_time: float | None = None
        self.error: BaseException | None = None
        self.request: Request
        self.fold: Fold[ChunkT, ToolT] | None = None
        self.source: Source | AsyncSource | None = None
        self.before: list[ResponseT] = []
        """The responses of a tool loop's rounds that are over."""
        self.said: str = ""
        """The text of those rounds."""
        self.results: list[ToolResultEvent[ToolT]] = []
        """What was run after the last of them, until a view has told it."""
        self.running: bool = False
        """Whether the next step runs the tools of a loop."""
        self.endings: list[Ending] = []
        """Called once when the stream has ended, however it did."""
        self.hopeful: bool = False
        """Whether the stream has a say in what an error is, or goes on after it; it then calls the endings itself."""
        self.pending: bool = True
        """Whether the endings are left to the stream: before the loop has begun, and where it has a say."""
        self.late: Callable[[], bool] = bool
        """Tells whether a deadline has passed, where reading is broken off for that."""
        self.left: bool = False
        """Whether the stream was closed, or its reader has gone: a step that is going on then ends it, quietly."""
        if request is not None:
            self.ask(request)

    def ask(self, request: Request) -> None:
        """Take what is to be asked."""
        self.request = request
        self.payload: dict[str, Any] = self.provider.payload(request)
        self.sent: dict[str, Any] = self.payload
        """What is sent: the payload, and the text to go on from."""
        self.wait: float = 0.0
        """Seconds to wait before it is sent."""
        self.retried: int = 0
        self.resumed: int = 0
        self.broken: flows.Broken | None = None
        """The text that is gone on from."""
        self.interrupted: list[ResponseT] = []
        """What had come each time that it broke off."""
        self._listen()

    def _listen(self) -> Fold[ChunkT, ToolT]:
        request = self.request
        self.fold = fold = self.provider.fold(request)
        if request.structure is not None:
            request.heard.clear()
            fold.listen(request.structure.name, request.heard)
        return fold

    def begin(self) -> Fold[ChunkT, ToolT]:
        """Note that the request is sent now."""
        assert self.fold is not None
        self.state = StreamState.OPEN
        self.source, self.pending, self.late = None, False, bool
        if self.broken is None:
            self.start_time = time() * 1000
        return self.fold

    def reading(self, source: Source | AsyncSource) -> Callable[[Any], Iterator[tuple[ChunkT, ToolT | None]]]:
        """Return what makes pairs of the events of an open answer."""
        fold = self.fold
        assert fold is not None
        read = fold.read_objects if source.typed else fold.read
        broken = self.broken
        return read if broken is None else lambda events: broken.pairs(read(events), fold)

    @property
    def mendable(self) -> bool:
        """Whether there are errors after which the same may be asked again, or be gone on from, now or later."""
        request, fold = self.request, self.fold
        saying = fold is not None and not fold.silent
        return bool(request.resume or (request.retry and (request.tool_loop is not None or not saying)))

    def mend(self, error: Exception, left: float | None) -> Exception | None:
        """Make ready to ask again after an error; return what to raise where that is not to be.

        `left` are the seconds that there are for it. Where going on from a text failed before anything was added, what
        is raised is why the text broke off. Once something has been said, nothing is ever asked anew.
        """
        fold = self.fold
        if fold is None or not (self.request.retry or self.request.resume):
            return error
        request, before = self.request, self.broken
        anew = before is None and fold.silent
        tries, most = (self.retried, request.retry) if anew else (self.resumed, request.resume)
        wait = flows.wait_after(error, tries) if tries < most else None
        prefill = self.provider.prefill(request) if not anew and flows.plain(request) else None
        broken = flows.broken(error, before, fold, prefill) if prefill is not None else None
        sent = prefill.payload(self.payload, broken.seam.sent) if prefill is not None and broken is not None else None
        possible = anew or sent is not None
        if wait is None or not possible or (left is not None and wait >= left):
            return error if before is None or fold.content != before.text else _from(before.error, error)
        self.wait, self.error, self.end_time = wait, None, None
        if broken is None or sent is None:
            self.retried += 1
        else:
            if broken.error is error and (response := self.response()) is not None:
                self.interrupted = [*self.interrupted, response]
            self.resumed, self.broken, self.sent = tries + 1, broken, sent
        fold = self._listen()
        if broken is not None:
            seam = broken.seam
            fold.go_on(flows.ContinuedText(broken.text, seam) if seam.open else Text([broken.text]))
        return None

    def calls(self) -> Calls | None:
        """Return what is to run now that a round is over; None where the stream is."""
        assert self.fold is not None
        return calls(self.request, self.fold.tools, len(self.before))

    def go_on(self, results: Sequence[ToolResultEvent[Any]]) -> Fold[ChunkT, ToolT]:
        """Ask the next round, with what the tools of this one did."""
        response = self.response()
        assert response is not None
        following = next_round(self.request, response, results, self.provider)
        self.said += self.fold.content if self.fold is not None else ""
        self.before = [*self.before, response]
        self.results, self.running = list(results), False
        following.heard.round += 1
        self.ask(following)
        return self.begin()

    def end(self, state: StreamState) -> None:
        """Note how the stream ended."""
        if self.state is StreamState.OPEN:
            self.state = state
        self.end_time = time() * 1000

    def hurry(self, left: tuple[float, Any] | None) -> None:
        """Have the answer begin within the seconds left."""
        self.request.deadline = left[0] if left is not None else None

    def abort(self) -> bool:
        """Cut the connection, from another thread: a read that waits on it ends. Return whether there was one."""
        source = self.source
        if (interrupt := getattr(source, "interrupt", None)) is not None:
            interrupt()
        elif source is not None:
            shut(source.response)
        return source is not None

    def leave(self) -> None:
        """Have a step that another thread or task is at end soon."""
        self.left = True
        self.abort()

    def cut(self, error: BaseException) -> bool:
        """Whether an error comes of having left; the stream is then closed."""
        cut = self.left and isinstance(error, Exception)
        if cut:
            self.end(StreamState.CLOSED)
        return cut

    def fail(self, error: BaseException) -> BaseException:
        """Note an error; return what is to be raised for it. A cancelled task or an interrupt is no failure."""
        if isinstance(error, CancelledError) and raised_here(error):
            # Nobody waited: a stream that was dropped is closed in a task, which is cancelled when the event loop ends.
            self.left = True
        self.end(StreamState.FAILED if isinstance(error, Exception) else StreamState.CLOSED)
        self.pending = self.hopeful and (isinstance(error, Exception) or self.late())
        if isinstance(error, Exception):
            error = self.provider.failure(error, self.request, self.source)
        if isinstance(error, StreamInterruptedError):
            error._partial = self.response  # pyright: ignore[reportPrivateUsage]  # set here alone
            error.add_note("what had come is in `error.partial`; retry=, fallback= and resume= go on after such errors")
        self.error = error if not self.left else None
        return error

    def tell(self, ending: Ending) -> Any:
        """Tell that the stream has ended. What is raised then does not hide the error that ended it."""
        try:
            return ending(self)
        except Exception:
            if self.error is None:
                raise
            log.exception("what was called at the end of a failed stream failed too")
            return None

    async def atell(self, ending: Ending) -> None:
        """`tell`, awaited where that is wanted."""
        try:
            telling = self.tell(ending)
            if isawaitable(telling):
                await telling
        except Exception:
            if self.error is None:
                raise
            log.exception("what was called at the end of a failed stream failed too")

    def response(self) -> ResponseT | None:
        """Rebuild the response from what has come so far; None where nothing has."""
        fold = self.fold
        if fold is None or fold.empty:
            come = self.before if fold is None else [*self.before, *self.interrupted]
            return come[-1] if come else None
        raw = self.provider.rebuilt(self.request, fold)
        start = self.start_time or 0.0
        response = self.provider.respond(self.request, self.payload, raw, start, self.end_time or time() * 1000)
        response.attach_tools(fold.tools)
        response.come_after(self.before)
        response.go_on_from(self.interrupted)
        return response


OPENED: Any = None
"""What a loop yields first, once the answer begins; nobody sees it."""
WAITED: Any = None
"""What a loop yields before that where it has to wait, once it has waited; nobody sees it."""


def loop(progress: Progress[Any, ChunkT, ToolT]) -> Generator[tuple[ChunkT, ToolT | None]]:
    """Send the request, yield `OPENED` once the answer begins, and then its pairs; let the connection go in the end."""
    fold = progress.begin()
    source: Source | None = None
    pair = OPENED
    try:
        if progress.wait:
            sleep(progress.wait)
            yield WAITED
        while not progress.left:
            progress.source = source = progress.provider.open(progress.request, progress.sent)
            if progress.left:
                break
            if pair is OPENED:
                yield pair
            read = progress.reading(source)
            for events in source:
                for pair in read(events):
                    yield pair
                if fold.ended:
                    source.drain()
                    break
            if not fold.complete:
                raise StreamInterruptedError("the answer ended before the provider's final event")
            for pair in fold.finish():
                yield pair
            if (called := progress.calls()) is None:
                break
            source.close()
            progress.source = source = None
            progress.running = True
            yield pair[0].spent(), None
            fold = progress.go_on(called.loop.run(called.tools))
            if not progress.left:
                yield pair[0].spent(), None
        progress.end(StreamState.CLOSED if progress.left else StreamState.DONE)
    except GeneratorExit:
        progress.end(StreamState.CLOSED)
        raise
    except BaseException as error:
        if not progress.cut(error):
            raise progress.fail(error)
    finally:
        if source is not None:
            source.close()
        if not progress.pending:
            for ending in progress.endings:
                progress.tell(ending)


async def aloop(progress: Progress[Any, ChunkT, ToolT]) -> AsyncGenerator[tuple[ChunkT, ToolT | None]]:
    """`loop`, with an async connection."""
    fold = progress.begin()
    source: AsyncSource | None = None
    pair = OPENED
    try:
        if progress.wait:
            await asleep(progress.wait)
            yield WAITED
        while not progress.left:
            progress.source = source = await progress.provider.aopen(progress.request, progress.sent)
            if progress.left:
                break
            if pair is OPENED:
                yield pair
            read = progress.reading(source)
            async for events in source:
                for pair in read(events):
                    yield pair
                if fold.ended:
                    await source.drain()
                    break
            if not fold.complete:
                raise StreamInterruptedError("the answer ended before the provider's final event")
            for pair in fold.finish():
                yield pair
            if (called := progress.calls()) is None:
                break
            await source.close()
            progress.source = source = None
            progress.running = True
            yield pair[0].spent(), None
            fold = progress.go_on(await called.loop.arun(called.tools))
            if not progress.left:
                yield pair[0].spent(), None
        progress.end(StreamState.CLOSED if progress.left else StreamState.DONE)
    except GeneratorExit:
        progress.end(StreamState.CLOSED)
        raise
    except BaseException as error:
        if not progress.cut(error):
            raise progress.fail(error)
    finally:
        if source is not None:
            await source.close()
        if not progress.pending:
            for ending in progress.endings:
                await progress.atell(ending)


def raised_here(error: BaseException) -> bool:
    """Whether an error comes of the frame that catches it alone, and not out of what it called.

    Of the closing of a loop it says that the loop runs just now; in the loop, that it was thrown where the loop waits
    for its reader.
    """
    trace = error.__traceback__
    return trace is not None and trace.tb_next is None


def _from(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def shut(response: Any) -> None:
    """Shut the socket that an HTTP response is read from, where it can be reached."""
    with suppress(Exception):
        response.extensions["network_stream"].get_extra_info("socket").shutdown(2)
