"""Programs that stop reading a stream end without a warning, a pending task or an open socket."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

from tests.conformance.providers import OPENAI, Row, every_provider
from tests.harness.recordings import ROOT
from tests.harness.server import Server, Stall

PRELUDE = """
import asyncio, importlib
import {name} as provider

@provider.call("m", stream=True)
def say(prompt: str) -> str:
    return prompt

@provider.call("m", stream=True)
async def asay(prompt: str) -> str:
    return prompt

def first(stream):
    for chunk, _ in stream:
        if chunk.content:
            return chunk.content

async def afirst(stream):
    async for chunk, _ in stream:
        if chunk.content:
            return chunk.content
"""

SYNC = """
first(say("break and drop"))
with say("with") as stream:
    first(stream)
stream = say("close")
first(stream)
stream.close()
try:
    for chunk, _ in say("exception"):
        1 / 0
except ZeroDivisionError:
    pass
say("never read")
say("opened").open()
kept = say("open when the program ends")
first(kept)
"""

ASYNC = """
async def cancelled(where):
    stream = asay("cancelled")
    begun = asyncio.Event()
    stream.on(text=lambda _: begun.set())
    task = asyncio.create_task(where(stream))
    await begun.wait()
    for _ in range(20):  # until the task waits
        await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass

async def in_the_body(stream):
    async for chunk, _ in stream:
        if chunk.content:
            await asyncio.get_running_loop().create_future()

async def in_the_read(stream):
    async for _ in stream:
        pass

async def main():
    asyncio.get_running_loop().slow_callback_duration = 60
    await afirst(asay("break and drop"))
    async with asay("with") as stream:
        await afirst(stream)
    await cancelled(in_the_body)
    await cancelled(in_the_read)
    try:
        async with asyncio.timeout(0.05):
            await in_the_read(asay("timeout"))
    except TimeoutError:
        pass
    try:
        async for chunk, _ in asay("exception"):
            1 / 0
    except ZeroDivisionError:
        pass
    asay("never read")
    await asay("awaited and never read")
    await asay("opened").open()
    await afirst(asay("dropped as the loop ends"))

asyncio.run(main())
asyncio.run(main())
"""

KEPT = """
async def main():
    global kept
    kept = asay("open when the loop ends")
    await afirst(kept)

asyncio.run(main())
assert kept.content == "Hel"
"""


def run(row: Row, server: Server, script: str) -> str:
    """Run a program under every warning to its last word; return what it complained of."""
    code = row.prelude + PRELUDE.format(name=row.module.__name__) + textwrap.dedent(script) + "\nprint('done')\n"
    settings = {**row.settings, row.key: "sk-test", row.base_url: row.url(server)}
    environment = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, cwd=ROOT, check=False)
    assert (ran.returncode, ran.stdout) == (0, "done\n"), ran.stderr
    return ran.stderr


@every_provider
def test_program_is_silent(row: Row, server: Server) -> None:
    server.always(row.streamed(*row.texts("Hel", finish=None), Stall()))
    assert run(row, server, SYNC + ASYNC) == ""
    assert len(server.requests) >= 16  # some may be cancelled before they are sent, on a busy machine
    assert server.wait_closed()
    assert server.aborted == len(server.requests)


def test_stream_open_when_its_loop_ends_is_closed(server: Server) -> None:
    row = OPENAI
    server.always(row.streamed(*row.texts("Hel", finish=None), Stall()))
    said = run(row, server, KEPT)
    # asyncio closes all async generators at once, and httpx's own, one within the other, get in each other's way.
    assert "Warning" not in said
    assert "Task was destroyed" not in said
    assert server.wait_closed()
    assert server.aborted == 1
