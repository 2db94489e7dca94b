"""Programs that stop reading a stream end without a warning, a pending task or an open socket."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.conformance.contract import BaseRow
from tests.conformance.providers import ANTHROPIC, AZURE, GROQ, MISTRAL, OPENAI, RESPONSES
from tests.conformance.rows import BEDROCK, COHERE, GOOGLE
from tests.conformance.wires.answer import Answer, Text
from tests.harness.recordings import ROOT
from tests.harness.server import Server, Stall

pytestmark = pytest.mark.slow

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


FORKED = """
import os
for program in programs:  # each in a process of its own, in which only the provider is imported
    if (child := os.fork()) == 0:
        exec(program, globals())
        break
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


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


@dataclass
class Program:
    """A program that leaves streams."""

    code: str
    status: int
    """Its exit code."""
    requests: int
    """How many requests it sends at least; some may be cancelled before they are sent, on a busy machine."""


def leaving(client: str = "") -> Program:
    """As a loop ends, asyncio closes all async generators at once: ours, the SDK's and those of its HTTP library."""
    return Program("import sys\n" + client + PRELUDE + LEAVING, 3, 12)


READING = Program(PRELUDE + SYNC + ASYNC, 0, 16)
PROGRAMS: list[tuple[BaseRow, list[Program]]] = [
    (OPENAI, [READING, leaving(), leaving(OWN.format(package="openai", kind="AsyncOpenAI"))]),
    *((row, [READING, leaving()]) for row in (ANTHROPIC, GROQ, MISTRAL)),
    *((row, [READING]) for row in (RESPONSES, AZURE)),
    (COHERE, [leaving(), leaving(OWN.format(package="cohere", kind="AsyncClientV2"))]),
    (GOOGLE, [leaving(), leaving(OWN_GOOGLE)]),
    (BEDROCK, [leaving()]),
]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize(("row", "programs"), PROGRAMS, ids=[row.id for row, _ in PROGRAMS])
def test_programs_are_silent(row: BaseRow, programs: list[Program], server: Server) -> None:
    """Programs run under every warning to their ends."""
    server.always(row.wire.stream(*row.wire.events(Answer(Text("Hel"), ended=False)), Stall()))
    imports = f"{getattr(row, 'prelude', '')}\nimport {row.module.__name__} as provider\nprovider.call\n"
    code = f"{imports}programs = {[program.code for program in programs]!r}\n{FORKED}"
    settings = {**row.settings, row.key: "sk-test", str(row.base_url): row.url(server)}
    environment = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, cwd=ROOT, check=False)
    assert (ran.stderr, ran.stdout.split()) == ("", [str(program.status) for program in programs])
    assert ran.returncode == 0
    assert server.wait_closed()
    assert server.aborted == len(server.requests) >= sum(program.requests for program in programs)
