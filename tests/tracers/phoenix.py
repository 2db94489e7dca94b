"""Send spans of calls to Arize Phoenix over OTLP, and check what Phoenix made of them:

    python -m tests.tracers.phoenix [--keep]

in an environment with Phoenix; `nox -s phoenix` makes one. Phoenix runs in a process of its own, on free ports of this
machine and in a temporary folder. Each request must be one span of a language model, with its tokens and messages, also
where Anthropic's SDK traces its own calls. With `--keep`, Phoenix keeps running until Enter is pressed.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from mirascope_like.core import ToolLoop, anthropic, openai
from mirascope_like.integrations.otel import instrument
from tests.conformance.wires.answer import Answer, Call, Text, Thought
from tests.conformance.wires.chat import ChatWire
from tests.conformance.wires.messages import MessagesWire
from tests.harness.server import Server

SECONDS = 120
"""How long Phoenix may take to start, or to show a span."""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def within(seconds: float, check: Callable[[], Any]) -> Any:
    """Return what a function returns, once it returns something true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := check():
            return found
        time.sleep(0.2)
    raise TimeoutError(f"nothing after {seconds} seconds")


def read(url: str) -> Any:
    """Return the body of a page, decoded if it is JSON; None if there is no answer."""
    try:
        with urlopen(url, timeout=10) as response:
            body = response.read()
    except (URLError, OSError):
        return None
    return json.loads(body) if body[:1] in (b"{", b"[") else body or b"empty"


@contextmanager
def phoenix() -> Iterator[str]:
    """Run Phoenix; yield its address."""
    port = free_port()
    with TemporaryDirectory() as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "ANTHROPIC"))},
            "PHOENIX_WORKING_DIR": folder,
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_PORT": str(port),
            "PHOENIX_GRPC_PORT": str(free_port()),
            "PHOENIX_TELEMETRY_ENABLED": "false",
        }
        with open(os.path.join(folder, "log"), "w") as log:
            command = [sys.executable, "-m", "phoenix.server.main", "serve"]
            server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            try:
                within(SECONDS, lambda: read(f"http://127.0.0.1:{port}/healthz"))
                yield f"http://127.0.0.1:{port}"
            finally:
                server.terminate()
                server.wait()


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def make_calls(server: Server) -> int:
    """Make calls of every kind; return the number of requests."""
    chat, messages = ChatWire(), MessagesWire()
    thought = Answer(Thought("Short. "), Text("Hello, ", "Ada."), input=30, cached=10, output=12)
    asks = Answer(Call("call_1", "add", '{"a": 1, "b": 2}'), input=40, output=15)

    def greet(name: str) -> str:
        return f"Greet {name}"

    async def agreet(name: str) -> str:
        return f"Greet {name}"

    def calculate(term: str) -> str:
        return f"{term}?"

    server.reply(chat.answered(thought), messages.answered(thought))
    openai.call("gpt-4o-mini")(greet)("Ada")
    anthropic.call("claude-haiku-4-5")(greet)("Ada")
    server.reply(chat.streamed(thought), messages.streamed(thought))
    openai.call("gpt-4o-mini", stream=True)(greet)("Ada").collect()
    anthropic.call("claude-haiku-4-5", stream=True)(greet)("Ada").collect()
    server.reply(messages.answered(thought))
    asyncio.run(anthropic.call("claude-haiku-4-5")(agreet)("Ada"))  # type: ignore[arg-type]
    server.reply(messages.answered(asks), messages.answered(Answer("3", input=60, output=5)))
    anthropic.call("claude-haiku-4-5", tools=[add], tool_loop=ToolLoop())(calculate)("1 + 2")
    server.reply(chat.answered(asks), chat.answered(Answer("3", input=60, output=5)))
    session = openai.model("gpt-4o-mini").session(name="thread-7", tools=[add], tool_loop=ToolLoop())
    session.send("1 + 2?")
    return len(server.requests)


def check(spans: list[Any], requests: int) -> list[str]:
    """Return what is wrong with the spans that Phoenix shows."""
    wrong: list[str] = []
    names = Counter(span["name"] for span in spans)
    models = [span for span in spans if span["span_kind"] == "LLM"]
    if len(models) != requests:
        wrong.append(f"{len(models)} spans of language models for {requests} requests: {names}")
    ids = {span["context"]["span_id"]: span["name"] for span in spans}
    for span in models:
        attributes = span["attributes"]
        needed = ("llm.token_count.prompt", "llm.token_count.completion", "llm.model_name", "gen_ai.input.messages")
        if missing := [name for name in needed if name not in attributes]:
            wrong.append(f"{span['name']} has no {', '.join(missing)}: it has {', '.join(sorted(attributes))}")
    parents = Counter((span["name"], ids.get(span["parent_id"])) for span in spans if span["parent_id"])
    expected = {
        ("chat claude-haiku-4-5", "invoke_agent calculate"): 2,
        ("execute_tool add", "invoke_agent calculate"): 1,
        ("chat gpt-4o-mini", "invoke_agent"): 2,
        ("execute_tool add", "invoke_agent"): 1,
    }
    if parents != expected:
        wrong.append(f"the parents are {dict(parents)}, not {expected}")
    kinds = {span["name"].partition(" ")[0]: span["span_kind"] for span in spans}
    if kinds != {"chat": "LLM", "execute_tool": "TOOL", "invoke_agent": "AGENT"}:
        wrong.append(f"the kinds of spans are {kinds}")
    return wrong


def main(*options: str) -> None:
    """Run Phoenix and the calls. Exits with an error if Phoenix shows anything but what is expected."""
    with phoenix() as url, Server() as server:
        os.environ.update(OPENAI_API_KEY="sk-test", OPENAI_BASE_URL=f"{server.url}/v1")
        os.environ.update(ANTHROPIC_API_KEY="sk-test", ANTHROPIC_BASE_URL=server.url)
        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces")))
        trace.set_tracer_provider(provider)
        instrument(content="attributes")
        requests = make_calls(server)
        provider.force_flush()
        expected = requests + 2 + 2  # two tools, two agents

        def shown() -> Any:
            found = (read(f"{url}/v1/projects/default/spans?limit=100") or {}).get("data", [])
            return found if len(found) >= expected else None

        spans = within(SECONDS, shown)
        wrong = check(spans, requests)
        for span in sorted(spans, key=lambda span: span["start_time"]):
            print(f"{span['span_kind']:6} {span['name']}")
        if "--keep" in options:
            input(f"Phoenix is at {url}; press Enter to end it. ")
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{requests} requests, {requests} spans of language models")


if __name__ == "__main__":
    main(*sys.argv[1:])
