"""The row "odd wire": what providers sometimes send although their references do not mention it, in every kind of call.

An oddity is scripted in each wire format that can have it, and read by every provider of that format: streamed as bytes
and through the SDK's own iterator, and whole; sync and async. `llm.call` reads each as well, with the same values.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from mirascope_like import llm
from tests.conformance.capabilities import SDKS_WARN
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.conformance.wires.bedrock import BedrockWire
from tests.conformance.wires.chat import ChatWire
from tests.conformance.wires.cohere import CohereWire
from tests.conformance.wires.gemini import ArrayWire, GeminiWire
from tests.conformance.wires.messages import MessagesWire
from tests.conformance.wires.responses import ResponsesWire
from tests.harness.replies import Reply
from tests.harness.server import Server

JSON = dict[str, Any]

_FORMATS: dict[type, str] = {
    ArrayWire: "array",
    GeminiWire: "gemini",
    ChatWire: "chat",
    ResponsesWire: "responses",
    MessagesWire: "messages",
    BedrockWire: "bedrock",
    CohereWire: "cohere",
}


def format_of(row: BaseRow) -> str:
    """The wire format of a provider: "chat", "responses", "messages", "bedrock", "cohere", "gemini" or "array"."""
    return next(name for kind, name in _FORMATS.items() if isinstance(row.wire, kind))


def get_weather(city: str) -> str:
    """Weather of a city."""
    return city


def get_time(city: str = "x") -> str:
    """Time of a city."""
    return city


TOOLS = [get_weather, get_time]


@dataclass
class Outcome:
    """The outcome of a call: a response or an error, and the text, thinking and tools before it."""

    response: Any = None
    error: Any = None
    text: str = ""
    thinking: str = ""
    tools: list[tuple[str, str | None, JSON]] = field(default_factory=list[tuple[str, str | None, JSON]])
    """The tools that were given: name, id and arguments."""
    faults: list[str] = field(default_factory=list[str])
    """What was wrong with them."""
    stream: Any = None


@dataclass(frozen=True)
class Way:
    """How a call is made."""

    asynchronous: bool
    stream: bool
    iterator: bool = False
    """Whether the SDK's own iterator reads the stream, as where somebody has wrapped the client."""
    common: bool = False
    """Whether `llm.call` is used. The response of the outcome is the provider's, once its common form is compared."""

    @property
    def id(self) -> str:
        read = ("iterator" if self.iterator else "bytes") if self.stream else "whole"
        return f"{'llm-' if self.common else ''}{read}-{'async' if self.asynchronous else 'sync'}"

    def __call__(self, row: BaseRow, server: Server, *replies: Reply, **options: Any) -> Outcome:
        server.reply(*replies)
        row = common_row(row) if self.common else row
        found = asyncio.run(self._arun(row, server, options)) if self.asynchronous else self._run(row, server, options)
        if self.common and found.response is not None:
            found.response = _provider_response(found.response, found.stream)
        return found

    def _run(self, row: BaseRow, server: Server, options: JSON) -> Outcome:
        found = Outcome()
        with client_of(row, server, wrapped=self.iterator) as client:
            try:
                if not self.stream:
                    return _ended(found, row.ask(client, **options))
                found.stream = row.stream(client, **options)
                for chunk, tool in found.stream:
                    _note(found, chunk, tool)
                found.response = found.stream.construct_call_response()
            except Exception as error:
                found.error = error
        return found

    async def _arun(self, row: BaseRow, server: Server, options: JSON) -> Outcome:
        found = Outcome()
        async with aclient_of(row, server, wrapped=self.iterator) as client:
            try:
                if not self.stream:
                    return _ended(found, await row.aask(client, **options))
                found.stream = row.astream(client, **options)
                async for chunk, tool in found.stream:
                    _note(found, chunk, tool)
                found.response = found.stream.construct_call_response()
            except Exception as error:
                found.error = error
        return found


def _note(found: Outcome, chunk: Any, tool: Any) -> None:
    found.text += chunk.content
    found.thinking += chunk.thinking
    if tool is not None:
        _record_tool(found, tool)


def _record_tool(found: Outcome, tool: Any) -> None:
    found.tools.append((tool.name, tool.id, tool.args))
    found.faults += [str(tool.error)] if tool.error is not None else []


def _ended(found: Outcome, response: Any) -> Outcome:
    found.response, found.text, found.thinking = response, response.content, response.thinking or ""
    for tool in response.tools or ():
        _record_tool(found, tool)
    return found


@dataclass(frozen=True)
class _Neutral:
    """What has the `call` of a row's provider in the form of `llm`."""

    provider: str

    def call(self, model: str, **options: Any) -> Any:
        params = {key: one for key, one in options.pop("call_params", {}).items() if key != "request_options"}
        return llm.call(provider=self.provider, model=model, call_params=params, **options)


def common_row(row: BaseRow) -> BaseRow:
    """The row, with calls of `llm`."""
    return replace(row, module=_Neutral(row.id))


COMMON = (
    "content",
    "thinking",
    "refusal",
    "model",
    "id",
    "cost",
    "usage_missing",
    "input_tokens",
    "output_tokens",
    "raw",
)
"""The attributes of responses that `llm` does not convert."""


def _provider_response(response: Any, stream: Any) -> Any:
    """The response of the provider's own call, after a comparison of its common form with what `llm` returned."""
    inner = response.provider_response
    found = {name: getattr(response, name) for name in COMMON}
    right = {name: getattr(inner, name) for name in COMMON}
    names = ("finish_reasons", "usage", "message_param")
    found.update({name: getattr(response, name) for name in names})
    right.update({name: getattr(inner, f"common_{name}") for name in names})
    found["tools"], right["tools"] = (
        [(tool.name, tool.id, tool.args) for tool in one.tools or ()] for one in (response, inner)
    )
    if stream is not None:
        parts = ("content", "finish_reasons", "usage")
        found["stream"], right["stream"] = ([getattr(one, name) for name in parts] for one in (stream, response))
    differ = [(name, found[name], right[name]) for name in found if found[name] != right[name]]
    assert not differ, differ
    return inner


@contextmanager
def client_of(row: BaseRow, server: Server, *, wrapped: bool) -> Iterator[Any]:
    if wrapped and format_of(row) == "gemini":
        yield _plain_google(server)
        return
    with row.client(server) as client:
        yield _wrapped(client) if wrapped else client


@asynccontextmanager
async def aclient_of(row: BaseRow, server: Server, *, wrapped: bool) -> AsyncIterator[Any]:
    if wrapped and format_of(row) == "gemini":
        client = _plain_google(server)
        yield client
        await client.aio.aclose()
        return
    async with row.aclient(server) as client:
        yield _wrapped(client) if wrapped else client


def _plain_google(server: Server) -> Any:
    from google import genai
    from google.genai import types

    args: Any = {"verify": False}
    given = types.HttpOptions(base_url=server.url, client_args=args, async_client_args=args)
    return genai.Client(api_key="sk-test", http_options=given)


def _wrapped(client: Any) -> Any:
    """The client, as one of a class that is not the SDK's own, as a tracer makes it."""
    client.__class__ = type("Traced", (type(client),), {"__module__": __name__})
    return client


STREAMED = [Way(asynchronous, True, iterator) for asynchronous in (False, True) for iterator in (False, True)]
WHOLE = [Way(asynchronous, False) for asynchronous in (False, True)]
BYTES = [way for way in STREAMED if not way.iterator]
PLAIN = [Way(asynchronous, False, iterator=True) for asynchronous in (False, True)]
"""Whole, with a client that is wrapped, or was made without our HTTP options."""
COMMON_STREAMED, COMMON_WHOLE = Way(True, True, common=True), Way(False, False, common=True)


EVERY_WAY = bool(os.environ.get("MIRASCOPE_LIKE_EVERY_WAY"))
"""Whether each provider is called in every way, and does not take turns with the others of its format."""


def nobody(row: BaseRow) -> bool:
    """No provider."""
    return False


def not_mistral(row: BaseRow) -> bool:
    """Every provider but Mistral, whose SDK raises its own error (one of ours) for what its types do not have."""
    return row.name != "mistral"


def turns(rows: list[BaseRow], ways: list[Way]) -> Iterator[tuple[BaseRow, list[Way]]]:
    """Yield the providers of a format, each with its ways: of sync by bytes and async by iterator, and the other two,
    every second provider takes the one pair or the other. A provider that is alone takes each way.
    """
    for number, row in enumerate(rows):
        taken = [way for way in ways if (way.asynchronous == way.iterator) == (number % 2 == 0)]
        yield row, ways if EVERY_WAY or len(rows) == 1 or not taken else taken


def odd(
    formats: str, ways: list[Way], only: Callable[[BaseRow], bool] = bool, *, by_llm: Callable[[BaseRow], bool] = bool
) -> pytest.MarkDecorator:
    """Run a test for every provider of these wire formats, in these ways, and by `llm.call`.

    The test takes `row` and `way`. Providers of one format share what reads it, so they take turns in the ways, as
    `turns` says; `nox -s recorded` runs every provider in each way. SDKs that have nothing but an iterator are read
    once. `by_llm` is false for a row whose test makes its own calls, or needs parameters that `llm.call` does not have.
    """
    streamed = any(way.stream and not way.iterator for way in ways)
    whole = any(not way.stream and not way.iterator for way in ways)
    common = [way for way, wanted in ((COMMON_STREAMED, streamed), (COMMON_WHOLE, whole)) if wanted]
    cases = [
        pytest.param(row, way, id=f"{row.id}-{way.id}", marks=SDKS_WARN)
        for format in formats.split()
        for row, taken in turns([row for row in EVERY if format_of(row) == format and only(row)], ways)
        for way in (*taken, *(common if by_llm(row) else ()))
        if not (way.iterator and row.reads == "iterator")
    ]
    return pytest.mark.parametrize(("row", "way"), cases)


# Scripts


def chunk(delta: JSON | None = None, finish: str | None = None, **fields: Any) -> JSON:
    """A chunk of chat completions with one choice; none where there is no delta."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **fields}


def piece(index: int | None = 0, id: str | None = None, name: str | None = None, arguments: str | None = None) -> JSON:
    """A delta with a piece of a tool call; what is `None` is left out."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    call: JSON = {"index": index, "id": id, "type": "function" if id else None}
    return {"tool_calls": [{**{key: value for key, value in call.items() if value is not None}, "function": function}]}


def completion(message: JSON, finish: str | None = "stop", **fields: Any) -> JSON:
    """A whole chat completion."""
    choice = {"index": 0, "message": {"role": "assistant", "content": None, **message}, "finish_reason": finish}
    usage = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
    head = {"id": "c1", "object": "chat.completion", "created": 1, "model": "m"}
    return {**head, "choices": [choice], "usage": usage, **fields}


def response_of(output: list[JSON], status: str = "completed", **fields: Any) -> JSON:
    """A response of OpenAI's Responses."""
    head: JSON = {"id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "m"}
    rest = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "error": None}
    return {**head, "output": output, **rest, "incomplete_details": None, "usage": None, **fields}


def sent_calls(response: Any) -> list[tuple[str, Any]]:
    """The calls of a response's message to send back: name and arguments, decoded where they are text."""
    message = response.message_param
    found: list[tuple[str, Any]] = []
    if isinstance(message, list):  # items of Responses
        return [(one["name"], json.loads(one["arguments"])) for one in message if one["type"] == "function_call"]
    for call in message.get("tool_calls") or ():
        function = call["function"]
        given = function["arguments"]
        found.append((function["name"], json.loads(given) if isinstance(given, str) else given))
    parts = [part.get("functionCall") for part in message.get("parts") or ()]  # Gemini
    found += [(call["name"], call.get("args")) for call in parts if call]
    content = message.get("content") or ()
    for block in () if isinstance(content, str) else content:
        use = block.get("toolUse") or (block if block.get("type") == "tool_use" else None) if block else None
        if use:
            found.append((use["name"], use["input"]))
    return found


def check_text(found: Any, text: str = "Hi", thinking: str = "") -> None:
    """The text and the thinking are there: as they arrived, in the response, and in what is sent back."""
    assert found.error is None
    assert (found.text, found.response.content) == (text, text)
    assert (found.thinking, found.response.thinking or "") == (thinking, thinking)
    assert found.response.common_finish_reasons == ["stop"]
    assert found.response.common_message_param.content in (text, [{"type": "text", "text": text}]) or any(
        getattr(part, "text", "") == text for part in found.response.common_message_param.content
    )
    again = type(found.response).model_validate_json(found.response.model_dump_json())
    assert (again.content, again.raw) == (found.response.content, found.response.raw)
