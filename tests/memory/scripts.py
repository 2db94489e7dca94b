"""A provider that plays scripts from memory, and a clock that only a test moves."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from typing import Any

from mirascope_like.core.base.request import Request
from mirascope_like.core.openai.provider import OpenAIProvider
from mirascope_like.core.openai.types import OpenAIAsyncStream, OpenAIStream

Item = bytes | Sequence[bytes] | Exception | Callable[[], object]
"""What one read gives: an event, several, an error; or something to do before the next item."""


class Clock:
    """Stands in for `runtime.CLOCK`."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def timestamp(self) -> float:
        return self.now * 1000

    def later(self, seconds: float) -> Callable[[], None]:
        """Return what moves the clock on."""

        def move() -> None:
            self.now += seconds

        return move


HEAD = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m-1"}


def event(**fields: Any) -> bytes:
    """An event of OpenAI's chat completions."""
    return json.dumps({**HEAD, "choices": [], **fields}).encode()


def delta(content: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    """An event that adds something."""
    added = {**({"content": content} if content is not None else {}), **more}
    return event(choices=[{"index": 0, "delta": added, "finish_reason": finish}])


def usage(prompt: int, completion: int) -> bytes:
    """Return the event with the counts of tokens."""
    return event(usage={"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion})


def call(index: int, id: str, name: str, arguments: str) -> bytes:
    """An event that begins a call of a tool."""
    function = {"name": name, "arguments": arguments}
    return delta(tool_calls=[{"index": index, "id": id, "type": "function", "function": function}])


def called(*calls: tuple[str, str, str]) -> list[Item]:
    """A whole answer that calls tools: the id, name and arguments of each."""
    return [*(call(index, *one) for index, one in enumerate(calls)), delta(finish="tool_calls"), b"[DONE]"]


def text(*pieces: str) -> list[Item]:
    """A whole answer in text, a read for each piece."""
    return [*(delta(piece) for piece in pieces), delta(finish="stop"), b"[DONE]"]


class MemoryProvider(OpenAIProvider):
    """Plays one script for each request. A script that begins with an error fails before the answer begins."""

    def __init__(self, *scripts: Sequence[Item]) -> None:
        self.scripts = deque(scripts)
        self.sent: list[dict[str, Any]] = []
        self.sources: list[MemorySource] = []

    @property
    def open_sources(self) -> int:
        return sum(not source.closed for source in self.sources)

    def _next(self, payload: dict[str, Any]) -> deque[Item]:
        self.sent.append(payload)
        script = deque(self.scripts.popleft())
        while script and callable(script[0]) and getattr(script[0], "before", False):
            script.popleft()()  # type: ignore[operator]
        if script and isinstance(script[0], Exception):
            raise script[0]
        return script

    def opens_here(self, request: Request) -> bool:
        return False  # there is no client

    def open(self, request: Request, payload: dict[str, Any]) -> Any:
        self.sources.append(MemorySource(self._next(payload)))
        return self.sources[-1]

    async def aopen(self, request: Request, payload: dict[str, Any]) -> Any:
        self.sources.append(AsyncMemorySource(self._next(payload)))
        return self.sources[-1]


class MemorySource:
    """An open answer."""

    typed = False
    response = None

    def __init__(self, script: deque[Item]) -> None:
        self.script = script
        self.closed = False
        self.interrupted = False

    def __iter__(self) -> Iterator[Any]:
        while self.script:
            item = self.script.popleft()
            if isinstance(item, Exception):
                raise item
            if callable(item):
                item()
            else:
                yield [item] if isinstance(item, bytes) else item

    def drain(self) -> None:
        """Nothing follows."""

    def interrupt(self) -> None:
        self.interrupted = True

    def close(self) -> None:
        self.closed = True


class AsyncMemorySource(MemorySource):
    """`MemorySource`, async."""

    def __aiter__(self) -> AsyncGenerator[Any]:
        return self._read()

    async def _read(self) -> AsyncGenerator[Any]:
        for events in self:
            await asyncio.sleep(0)
            yield events

    async def drain(self) -> None:  # type: ignore[override]
        """Nothing follows."""

    async def close(self) -> None:  # type: ignore[override]
        self.closed = True


def asked(**options: Any) -> Request:
    """A request."""
    return Request("openai", "m", [{"role": "user", "content": "Hi"}], stream=True, **options)


class Reader:
    """Makes and reads streams, sync or async, in the same words."""

    def __init__(self, asynchronous: bool) -> None:
        self.asynchronous = asynchronous

    def stream(self, provider: MemoryProvider, **options: Any) -> Any:
        if not self.asynchronous:
            return OpenAIStream(provider, asked(**options))

        async def prepare() -> Request:
            return asked(**options)

        return OpenAIAsyncStream(provider, prepare)

    def read(self, view: Any) -> tuple[list[Any], BaseException | None]:
        """Return all that a view yields, and the error that it ends with."""
        found: list[Any] = []

        async def aread() -> None:
            async for one in view:
                found.append(one)  # noqa: PERF401  # what came before an error is wanted

        try:
            if self.asynchronous:
                asyncio.run(aread())
            else:
                found.extend(view)
        except Exception as error:
            return found, error
        return found, None

    def collect(self, stream: Any) -> Any:
        return asyncio.run(stream.collect()) if self.asynchronous else stream.collect()


def texts(pairs: Sequence[Any]) -> str:
    return "".join(chunk.content for chunk, _ in pairs)
