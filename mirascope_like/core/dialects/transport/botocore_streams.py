"""Streams of botocore's clients, sync (boto3) and async (aiobotocore)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any

from ...base.parsing import at
from .sources import AsyncObjectSource, read_out


class BotocoreSource:
    """A stream of boto3. Yields the response metadata first, then the events."""

    typed = True
    response = None

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self._metadata = {"ResponseMetadata": answer.get("ResponseMetadata")}
        self.headers: Any = at(self._metadata, "ResponseMetadata.HTTPHeaders")
        self._stream = answer["stream"]
        self._events = iter(self._stream)

    def __iter__(self) -> Iterator[Sequence[Any]]:
        yield (self._metadata,)
        yield from zip(self._events, strict=True)

    def drain(self) -> None:
        """Read the rest of the events."""
        read_out(self._events, self.interrupt)

    def interrupt(self) -> None:
        """End a read in another thread, by shutting the socket down. On Linux, closing the socket would not end the
        read.
        """
        # boto3 has no method for this, but the response of urllib3 inside it has.
        with suppress(Exception):
            getattr(getattr(self._stream, "_raw_stream", None), "shutdown", self.close)()

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()


class AsyncBotocoreSource(AsyncObjectSource):
    """A stream of aiobotocore. Yields the response metadata first, then the events."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self._metadata = {"ResponseMetadata": answer.get("ResponseMetadata")}
        self.headers: Any = at(self._metadata, "ResponseMetadata.HTTPHeaders")
        super().__init__(answer["stream"])

    async def _read(self) -> AsyncGenerator[Sequence[Any]]:
        yield (self._metadata,)
        async with aclosing(super()._read()) as found:
            async for events in found:
                yield events
