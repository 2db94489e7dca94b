"""`with_log` and `log_calls`: log one call, or all calls of a context or of the process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, ParamSpec, Protocol, TypeVar

from ...core.base.errors import ConfigurationError
from ...core.base.observation import ObservedCall, Observer, observe, observe_call, observe_process
from .own_calls import WRITING, OwnCalls
from .rows import EndedCall

P = ParamSpec("P")
R = TypeVar("R")


class Log(Protocol):
    """What receives calls that have ended: `SQLiteLog`, `JSONLinesLog`, `StandardLog`, or a class of your own."""

    def write(self, call: EndedCall) -> None:
        """Write one call: `call.rows()` returns the row of the call, and then those of its earlier requests. Must not
        wait. Calls that it makes are not logged.
        """
        ...


class LogObserver(Observer):
    """Writes each call that it observes to a log."""

    keeps_calls: ClassVar[bool] = False

    def __init__(self, log: Log, content: bool, tags: Mapping[str, str]) -> None:
        if not callable(getattr(log, "write", None)):
            raise ConfigurationError(f"a log needs a method write, as SQLiteLog(path) has; {log!r} has none")
        self.log = log
        self.content = content
        self.tags = tags

    def call_ended(self, call: ObservedCall) -> None:
        if WRITING.get():
            return
        tags = self.tags
        if len(call.observers) > 1:
            same = [one for one in call.observers if isinstance(one, LogObserver) and one.log is self.log]
            if same[-1] is not self:
                return  # the call is written once; the observer that is nearest to the call decides how
            tags = {name: value for one in same for name, value in one.tags.items()}
        with OwnCalls():
            self.log.write(EndedCall(call, tags, content=self.content))


def with_log(
    log: Log, *, content: bool = True, tags: Mapping[str, str] | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that writes each call of a function to a log: unstreamed, streamed or structured, sync or
    async, however it ends.

    With `content=False`, rows have no arguments, messages and responses. `tags` are names and values by which
    `log.find` and the figures of `python -m mirascope_like logs stats` group calls. A log that fails does not change
    the call. Raises `ConfigurationError` for an object that is not a log.
    """
    return observe_call(LogObserver(log, content, dict(tags or {})))


class log_calls:  # used like a function
    """Log all calls of a context, or of the process.

    with log_calls(log, tags={"job": "nightly"}):
        ...  # all calls that are made here, in this thread or task and in those that it starts

    log_calls(log).start()  # all calls of the process, in all threads, until `stop()`

    `content` and `tags` are those of `with_log`. A call that both log is written once, with the tags of both.
    """

    def __init__(self, log: Log, *, content: bool = True, tags: Mapping[str, str] | None = None) -> None:
        self._observer = LogObserver(log, content, dict(tags or {}))
        self._contexts: list[Any] = []
        self._stop: Callable[[], None] | None = None

    def __enter__(self) -> log_calls:
        context = observe(self._observer)
        context.__enter__()
        self._contexts.append(context)
        return self

    def __exit__(self, *error: Any) -> None:
        self._contexts.pop().__exit__(*error)

    def start(self) -> log_calls:
        """Log all calls of the process from now on. Returns the object itself."""
        if self._stop is None:
            self._stop = observe_process(self._observer)
        return self

    def stop(self) -> None:
        """End what `start` started."""
        if self._stop is not None:
            self._stop()
            self._stop = None
