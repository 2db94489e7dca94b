"""A program that ends while a stream is open ends without an error.

Python 3.13.0 to 3.13.3 crashes if a response of the HTTP libraries is closed while the interpreter ends.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.harness.clocks import PATIENCE

PROGRAM = """
import sys
import httpx2, openai as sdk
from mirascope_like.core import openai

class Body(httpx2.SyncByteStream):
    def __iter__(self):
        for text in ("Hel", "lo"):
            yield b'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":' \\
                b'[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}\\n\\n' % text.encode()

def answer(request):
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=Body())

client = sdk.OpenAI(api_key="k", http_client=httpx2.Client(transport=httpx2.MockTransport(answer)))
if "patched" in sys.argv:  # read with the SDK's iterator
    create = client.chat.completions.create
    client.chat.completions.create = lambda **arguments: create(**arguments)

@openai.call("m", stream=True, client=client)
def ask() -> str:
    return "Hi"

stream = ask()
print(next(stream)[0].content)
"""


@pytest.mark.parametrize("client", ["own", "patched"])
def test_an_open_stream_does_not_crash_the_program(client: str) -> None:
    command = [sys.executable, "-c", PROGRAM, client]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=10 * PATIENCE, env=environment, check=False)
    assert (ran.returncode, ran.stdout) == (0, "Hel\n")
    # The SDK's own iterator may report that the interpreter is shutting down, as it does without this package.
    assert "mirascope_like" not in ran.stderr if client == "patched" else ran.stderr == ""
