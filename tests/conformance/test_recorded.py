"""Recordings of every provider: tools parse to the arguments that were sent, structured answers validate."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, create_model

from mirascope_like.core import BaseTool
from mirascope_like.core.base.parsing import object_so_far
from tests.conformance.capabilities import SDKS_WARN, both_ways, nodes
from tests.conformance.contract import BaseRow
from tests.conformance.providers import ANTHROPIC, AZURE, GROQ, MISTRAL, OPENAI, RESPONSES
from tests.conformance.reading import asked, read, shown
from tests.conformance.rows import BEDROCK, COHERE, GEMINI, GOOGLE
from tests.harness import oracles, oracles_bedrock, oracles_cohere
from tests.harness.oracles_gemini import gemini_calls, gemini_raw, gemini_text
from tests.harness.recordings import MISSING, Exchange, exchanges
from tests.harness.server import Reply, Server

JSON = dict[str, Any]
Called = list[tuple[str | None, str, JSON]]

ROWS: dict[str, tuple[BaseRow, ...]] = {
    "openai.chat": (OPENAI,),
    "openai.responses": (RESPONSES,),
    "anthropic.messages": (ANTHROPIC,),
    "azure.chat": (AZURE,),
    "groq.chat": (GROQ,),
    "mistral.chat": (MISTRAL,),
    "cohere.chat": (COHERE,),
    "gemini.generate": (GOOGLE, GEMINI),
    "bedrock.converse": (BEDROCK,),
}


def whole(exchange: Exchange) -> JSON:
    """The whole answer that a recording amounts to, by somebody else's account."""
    if exchange.api == "gemini.generate":
        return gemini_raw(exchange)
    if exchange.api == "cohere.chat":
        return oracles_cohere.expected_raw(exchange)
    if exchange.api == "bedrock.converse" and exchange.stream:
        return oracles_bedrock.sum_events(exchange.response.body)
    return oracles.expected_raw(exchange)


def calls(exchange: Exchange) -> Called:
    """The id, name and arguments of the calls in an answer."""
    raw = whole(exchange)
    if exchange.api == "gemini.generate":
        return gemini_calls(raw)
    if exchange.api == "bedrock.converse":
        uses = [block["toolUse"] for block in raw["output"]["message"]["content"] if "toolUse" in block]
        return [(use["toolUseId"], use["name"], use["input"]) for use in uses if "type" not in use]
    if exchange.api == "anthropic.messages":
        return [(block["id"], block["name"], block["input"]) for block in raw["content"] if block["type"] == "tool_use"]
    if exchange.api == "openai.responses":
        items = [item for item in raw["output"] if item["type"] == "function_call"]
        return [(item["call_id"], item["name"], object_so_far(item["arguments"])) for item in items]
    message = raw["message"] if exchange.api == "cohere.chat" else raw["choices"][0]["message"]
    functions = [(call.get("id"), call["function"]) for call in message.get("tool_calls") or ()]
    return [(id_, function["name"], json.loads(function["arguments"] or "{}")) for id_, function in functions]


def text(exchange: Exchange) -> str:
    """The text of an answer."""
    raw = whole(exchange)
    if exchange.api == "gemini.generate":
        return gemini_text(raw)
    if exchange.api == "bedrock.converse":
        return "".join(block.get("text", "") for block in raw["output"]["message"]["content"])
    if exchange.api == "anthropic.messages":
        return "".join(block["text"] for block in raw["content"] if block["type"] == "text")
    if exchange.api == "openai.responses":
        parts = [part for item in raw["output"] if item["type"] == "message" for part in item["content"]]
        return "".join(part["text"] for part in parts if part["type"] == "output_text")
    return raw["choices"][0]["message"].get("content") or ""


def offered(exchange: Exchange) -> list[type[BaseTool]]:
    """The functions of a recorded request, as classes that take any arguments."""
    asked: Any = exchange.request.body
    tools = [*(asked.get("tools") or ()), *((asked.get("toolConfig") or {}).get("tools") or ())]
    declarations = [one for tool in tools for one in tool.get("functionDeclarations", [tool])]
    named = [one.get("function", one.get("toolSpec", one)).get("name") for one in declarations]
    space = {"__doc__": "Any.", "__module__": __name__, "model_config": ConfigDict(extra="allow")}
    return [
        type(name, (BaseTool,), {**space, "_name": classmethod(lambda _, name=name: name)}) for name in named if name
    ]


def wanted(exchange: Exchange) -> JSON | None:
    """The JSON object of a structured answer; None for any other answer, as a refusal or a call of a tool."""
    held = {"json_schema", "json_object"}
    asked: Any = [one for one in nodes(exchange.request.body) if isinstance(one, dict)]
    structured = any(one.get("type") in held or one.get("responseMimeType") == "application/json" for one in asked)
    if not structured:
        return None
    try:
        found = json.loads(text(exchange))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def broken_off(exchange: Exchange) -> bool:
    """Whether a stream reports an error in its middle."""
    return exchange.stream and exchange.api != "bedrock.converse" and oracles.stream_error(exchange) is not None


def recorded(fits: Callable[[Exchange], Any]) -> pytest.MarkDecorator:
    """Run a test with every matching recording, for every provider that can read the recording."""

    def cases() -> Iterator[Any]:
        for one in exchanges(ROWS, error=False):
            if not broken_off(one) and fits(one):
                yield from (pytest.param(row, one, id=f"{row.id}-{one.id}", marks=SDKS_WARN) for row in ROWS[one.api])

    absent = pytest.param(None, None, id="no-recordings", marks=pytest.mark.skip(reason=MISSING))
    return pytest.mark.parametrize(("row", "exchange"), list(cases()) or [absent])


@recorded(lambda exchange: offered(exchange) and calls(exchange))
@both_ways
def test_tools(row: BaseRow, exchange: Exchange, asynchronous: bool, server: Server) -> None:
    server.reply(Reply.from_exchange(exchange) if row is not GEMINI else as_array(exchange))
    expected = calls(exchange)
    if exchange.stream:
        found = read(row, server, asynchronous=asynchronous, tools=offered(exchange))
        assert called(found.tools) == expected
        response = found.response
    else:
        response = asked(row, server, asynchronous, tools=offered(exchange))
    assert called(response.tools or ()) == expected
    fine = (exchange.stem, exchange.index) not in AMISS
    assert [tool.error is None for tool in response.tools or ()] == [fine] * len(expected)


AMISS = {
    ("call-tools-reasoning-gemini-3-flash-preview-21611633", 3): "the model calls a tool that it was not offered",
    ("stream-tools-reasoning-gpt-5-mini-d1e26bd7", 0): "the limit of tokens cuts the arguments off",
}
"""Recordings of a call that cannot be made, with the reason: the tool tells it."""


def called(tools: Any) -> Called:
    return [(tool.id, tool.name, tool.args) for tool in tools]


@recorded(wanted)
@both_ways
@pytest.mark.parametrize("json_mode", [False, True], ids=["strict", "json"])
def test_structured(row: BaseRow, exchange: Exchange, json_mode: bool, asynchronous: bool, server: Server) -> None:
    server.reply(Reply.from_exchange(exchange) if row is not GEMINI else as_array(exchange))
    expected = wanted(exchange)
    assert expected is not None
    fields: Any = {name: (type(value), ...) for name, value in expected.items()}
    kind = create_model("Answer", __base__=Strict, **fields)
    options: Any = {"response_model": kind, "json_mode": json_mode}
    if exchange.stream:
        *partials, last = shown(row, server, asynchronous, **options)
        for partial in partials:
            for name, value in expected.items():
                assert grown(getattr(partial, name), value)
    else:
        last = asked(row, server, asynchronous, **options)
    assert type(last) is kind
    assert last.model_dump() == expected


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)


def grown(part: Any, value: Any) -> bool:
    """Whether a value, part of which has come, can become this one."""
    if isinstance(part, str) and isinstance(value, str):
        return value.startswith(part)
    return part is None or part == value or isinstance(value, list | dict)


def as_array(exchange: Exchange) -> Reply:
    """Return a recorded response as the REST API sends it to Google's retired SDK."""
    if not exchange.stream:
        return Reply.from_exchange(exchange)
    events = [line.removeprefix("data: ") for line in exchange.response.body.decode().splitlines() if line]
    return Reply((f"[{','.join(events)}]".encode(),), 200, {"content-type": "application/json; charset=UTF-8"})
