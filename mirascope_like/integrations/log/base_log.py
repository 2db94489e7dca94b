"""What the logs that can be read have in common: SQLite and JSON Lines."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from weakref import finalize

from ...core.base.errors import ConfigurationError
from ...core.base.response import BaseCallResponse
from .filters import Filters, Time
from .logged_call import LoggedCall, set_earlier
from .redaction import Written
from .writer import Writer


def absolute(path: str | Path) -> str:
    """Return the absolute path of a log, because a program may change its folder."""
    return ":memory:" if path == ":memory:" else os.path.abspath(path)


class BaseLog(ABC):
    """A log of calls in a file, written by a thread of its own. A log that is dropped is closed.

    `write` writes entries, and `close` releases the file. Neither refers to the log.
    """

    def __init__(
        self, path: str, write: Callable[[Sequence[Written]], None], close: Callable[[], object] = list
    ) -> None:
        self.path: str = path
        self._writer: Writer[Written] = Writer(write, self.path, close)
        finalize(self, self._writer.abandon).atexit = False  # the writer writes all entries at the end of the process

    def write(self, call: Written) -> None:
        """Add a call that has ended, or rows of another log. They are written by a thread."""
        self._writer.add(call)

    def flush(self) -> bool:
        """Write all calls that have ended now. Returns False if they cannot be written; they are then kept."""
        return self._writer.flush()

    def close(self) -> None:
        """Write all calls that have ended, and close the file. Later calls are not logged."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, id: int | str) -> BaseCallResponse[Any, Any] | None:
        """Return the typed response of a row, by its number or its `call_id`: equal to the response that the call
        returned, or for a stream to `construct_call_response()`. Its `rounds` and `attempts` are those of the call.
        None if the row does not exist, or has no response.
        """
        found = self.call(id)
        response = found.response if found is not None else None
        if found is not None and response is not None and found.kind == "call" and found.number:
            requests = self.find(parent_id=found.call_id, kind="request")
            set_earlier(response, sorted(requests, key=lambda one: one.number))
        return response

    def call(self, id: int | str) -> LoggedCall | None:
        """Return the row with this number or `call_id`, or None if there is none."""
        return self._one("call_id" if isinstance(id, str) else "id", id)

    def find(
        self,
        *,
        text: str | None = None,
        model: str | None = None,
        provider: str | None = None,
        function: str | None = None,
        state: str | None = None,
        kind: str | None = None,
        conversation_id: str | None = None,
        parent_id: str | None = None,
        tags: Mapping[str, str] | None = None,
        since: Time | None = None,
        until: Time | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[LoggedCall]:
        """Return the rows that fulfil all conditions, the newest first; at most `limit`, after the first `offset`.

        `text` are words that must all be in the prompt, the system message, the response, the thinking or the error;
        `function` is the name of a function, with or without its module. `since` and `until` are a `datetime`, a text
        in ISO 8601 format, or an age such as "2h".

        Raises `ConfigurationError` for a negative number and for tags that are not a dict.
        """
        if offset < 0 or (limit is not None and limit < 0):
            raise ConfigurationError(f"limit and offset must not be negative: limit={limit!r}, offset={offset!r}")
        if tags is not None and not isinstance(tags, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(f'tags must be a dict such as {{"team": "shop"}}, not {tags!r}')
        filters = Filters(
            text=text,
            model=model,
            provider=provider,
            function=function,
            state=state,
            kind=kind,
            conversation_id=conversation_id,
            parent_id=parent_id,
            tags=tags or {},
            since=since,
            until=until,
        )
        return self._found(filters, limit, offset)

    @abstractmethod
    def _one(self, name: str, value: int | str) -> LoggedCall | None: ...

    @abstractmethod
    def _found(self, filters: Filters, limit: int | None, offset: int) -> list[LoggedCall]: ...
