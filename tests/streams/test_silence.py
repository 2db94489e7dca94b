"""Programs that stop reading a stream end without a warning, a pending task or an open socket."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conformance.contract import BaseRow
from tests.conformance.providers import ANTHROPIC, GROQ, MISTRAL, OPENAI, Row, every_provider
from tests.conformance.rows import BEDROCK, COHERE, GOOGLE
from tests.conformance.wires.answer import Answer, Text
from tests.harness.recordings import ROOT
from tests.harness.server import Server, Stall

PRELUDE = """
import asyncio
client = globals().get("client")

@provider.call("m", stream=True, client=client)
def say(prompt: str) -> str:
    return prompt

@provider.call("m", stream=True, client=client)
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


def ended(row: BaseRow, server: Server, script: str) -> subprocess.CompletedProcess[str]:
    """Run a program under every warning to its end."""
    code = f"{getattr(row, 'prelude', '')}\nimport {row.module.__name__} as provider\n{script}"
    settings = {**row.settings, row.key: "sk-test", str(row.base_url): row.url(server)}
    environment = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, cwd=ROOT, check=False)


@every_provider
def test_program_is_silent(row: Row, server: Server) -> None:
    server.always(row.streamed(*row.texts("Hel", finish=None), Stall()))
    ran = ended(row, server, PRELUDE + SYNC + ASYNC)
    assert (ran.stderr, ran.stdout, ran.returncode) == ("", "", 0)
    assert len(server.requests) >= 16  # some may be cancelled before they are sent, on a busy machine
    assert server.wait_closed()
    assert server.aborted == len(server.requests)


LEAVING = """
async def in_the_loop():
    async for chunk, _ in asay("x"):
        if chunk.content:
            sys.exit(3)

async def in_with():
    async with asay("x") as stream:
        async for text in stream.text():
            sys.exit(3)

async def kept():
    global stream
    stream = asay("x")
    await afirst(stream)
    sys.exit(3)

async def opened():
    global stream
    stream = await asay("x").open()
    sys.exit(3)

async def in_a_view():
    global view
    view = asay("x").events()
    async for event in view:
        sys.exit(3)

async def while_a_task_reads():
    global task
    begun = asyncio.Event()
    task = asyncio.create_task(asay("x").on(text=lambda _: begun.set()).collect())
    await begun.wait()
    sys.exit(3)

async def many():
    global streams
    streams = [asay(str(number)) for number in range(5)]
    await asyncio.gather(*map(afirst, streams))
    sys.exit(3)

def run(main):
    with asyncio.Runner() as runner:
        runner.get_loop().slow_callback_duration = 60
        runner.run(main())

for leave in (in_the_loop, in_with, kept, opened, in_a_view, while_a_task_reads, many):
    try:
        run(leave)
    except SystemExit as error:
        assert error.code == 3
    else:
        raise AssertionError(leave)

async def kept():
    global stream
    stream = asay("open when the loop ends")
    await afirst(stream)

run(kept)
assert stream.content == "Hel"
run(in_the_loop)
"""

OWN = "import {package}\nclass Own({package}.{kind}): pass\nclient = Own\n"
"""A client that is read with the SDK's own iterator, because its class is not the SDK's."""
OWN_GOOGLE = """
import httpx2
from google import genai

def client():
    return genai.Client(http_options={"httpx_async_client": httpx2.AsyncClient()})
"""
OPENINGS: dict[str, tuple[BaseRow, str]] = {
    **{row.id: (row, "") for row in (OPENAI, ANTHROPIC, GROQ, MISTRAL, COHERE, GOOGLE, BEDROCK)},
    "openai, own": (OPENAI, OWN.format(package="openai", kind="AsyncOpenAI")),
    "cohere, own": (COHERE, OWN.format(package="cohere", kind="AsyncClientV2")),
    "google, own": (GOOGLE, OWN_GOOGLE),
}


@pytest.mark.parametrize("opening", OPENINGS)
def test_exit_in_async_code_is_silent(opening: str, server: Server) -> None:
    """As a loop ends, asyncio closes all async generators at once: ours, the SDK's and those of its HTTP library."""
    row, client = OPENINGS[opening]
    server.always(row.wire.stream(*row.wire.events(Answer(Text("Hel"), ended=False)), Stall()))
    ran = ended(row, server, "import sys\n" + client + PRELUDE + LEAVING)
    assert (ran.stderr, ran.stdout, ran.returncode) == ("", "", 3)
    assert server.wait_closed()
    assert server.aborted == len(server.requests) >= 12
