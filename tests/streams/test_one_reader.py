"""Two threads in one view of a stream: the second gets a `StreamError` that names what to do, the first reads on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mirascope_like.core import StreamError
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer, Text
from tests.harness.clocks import PATIENCE
from tests.harness.server import Server

VIEWS: dict[str, Callable[[Any], Iterator[Any]]] = {
    "text": lambda stream: stream.text(),
    "events": lambda stream: stream.events(),
    "items": lambda stream: stream.items(),
    "cumulative": lambda stream: stream.cumulative(),
    "each": lambda stream: stream.each(),
}


@pytest.mark.parametrize("name", VIEWS)
def test_two_threads_in_one_view(name: str, server: Server) -> None:
    row = EVERY[0]
    server.reply(row.wire.streamed(Answer(Text("[1, ", "2]"))))
    reading, go = threading.Event(), threading.Event()
    found: list[Any] = []
    with row.client(server) as client:
        options: dict[str, Any] = {"response_model": list[int]} if name == "each" else {}
        stream: Any = row.stream(client, **options)

        def wait(_: Any) -> None:
            reading.set()
            go.wait(PATIENCE)

        inner = stream.stream if name == "each" else stream
        inner.on(text=wait)
        view = VIEWS[name](stream)
        thread = threading.Thread(target=lambda: found.extend(view))
        thread.start()
        assert reading.wait(PATIENCE)
        try:
            with pytest.raises(StreamError, match="another thread is reading this stream"):
                next(view)
        finally:
            go.set()
            thread.join()
    assert found
