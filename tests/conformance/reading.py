"""Calls made and streams read to their end, or to where they break, sync and async."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from mirascope_like.core.base.streams import BaseStream
from tests.conformance.contract import BaseRow
from tests.harness.server import Server


@dataclass
class Read:
    """A stream, and what came of it."""

    stream: BaseStream[Any, Any, Any]
    pairs: list[tuple[Any, Any]] = field(default_factory=list[tuple[Any, Any]])
    error: Exception | None = None

    @property
    def text(self) -> str:
        return "".join(chunk.content for chunk, _ in self.pairs)

    @property
    def tools(self) -> list[Any]:
        return [tool for _, tool in self.pairs if tool is not None]

    @property
    def response(self) -> Any:
        """The full response; raises what broke the stream."""
        if self.error is not None:
            raise self.error
        return self.stream.construct_call_response()


def read(row: BaseRow, server: Server, *, asynchronous: bool, **options: Any) -> Read:
    """Read one stream from the server through the SDK's own client."""
    if asynchronous:
        return asyncio.run(_aread(row, server, options))
    with row.client(server) as client:
        found = Read(row.stream(client, **options))
        try:
            for pair in found.stream:  # type: ignore[attr-defined]
                found.pairs.append(pair)
        except Exception as error:
            found.error = error
    return found


async def _aread(row: BaseRow, server: Server, options: dict[str, Any]) -> Read:
    async with row.aclient(server) as client:
        found = Read(row.astream(client, **options))
        try:
            async for pair in found.stream:  # type: ignore[attr-defined]
                found.pairs.append(pair)
        except Exception as error:
            found.error = error
    return found


def asked(row: BaseRow, server: Server, asynchronous: bool, prompt: Any = "Hi", /, **options: Any) -> Any:
    """The response of one unstreamed call."""
    if not asynchronous:
        with row.client(server) as client:
            return row.ask(client, prompt, **options)

    async def main() -> Any:
        async with row.aclient(server) as client:
            return await row.aask(client, prompt, **options)

    return asyncio.run(main())


def shown(row: BaseRow, server: Server, asynchronous: bool, **options: Any) -> list[Any]:
    """All that a structured stream shows."""
    options["stream"] = True
    if not asynchronous:
        with row.client(server) as client:
            return list(row.decorated(client, **options)("Hi"))

    async def main() -> list[Any]:
        async with row.aclient(server) as client:
            return [one async for one in row.adecorated(client, **options)("Hi")]

    return asyncio.run(main())
