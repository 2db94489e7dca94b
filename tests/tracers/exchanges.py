"""The exchanges that a tracer records: the request, the scripted response, and the calls by our library and the SDK."""

from __future__ import annotations

import asyncio
import importlib
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count, product
from operator import attrgetter
from typing import Any

from tests.conformance.wires.answer import JSON, Answer, Call, Text, Wire
from tests.conformance.wires.chat import ChatWire
from tests.conformance.wires.messages import MessagesWire
from tests.conformance.wires.responses import ResponsesWire
from tests.harness.server import Reply, Request, Server

Wrap = Callable[[Any], Any]
"""What a tracer makes of a client."""

ANSWER = Answer(
    Text("Let me ", "look."), Call("call_oslo", "get_weather", '{"city":', '"Oslo"}'), input=1203, cached=0, output=517
)
"""An answer whose parts can be told from anything else in a record."""


@dataclass(frozen=True)
class Api:
    """One of the three APIs: how our library and the bare SDK call it."""

    name: str
    sdk: str
    clients: tuple[str, str]
    create: str
    ours: str
    wire: Wire
    model: str
    answering: str
    finish: str

    @property
    def answer(self) -> Answer:
        return Answer(*ANSWER.parts, model=self.answering, input=ANSWER.input, cached=0, output=ANSWER.output)

    @property
    def facts(self) -> dict[str, tuple[Any, ...]]:
        """What a complete record holds, and how it may be spelled."""
        return {
            "model": (self.model,),
            "id": ("answer_",),
            "finish reason": (self.finish, "tool_calls", "tool_call"),
            "input tokens": (ANSWER.input,),
            "output tokens": (ANSWER.output,),
            "input": ("How is the weather in Oslo?",),
            "output": ("Let me look.",),
            "tool call": ("call_oslo",),
        }


class FullResponses(ResponsesWire):
    """Responses with the fields that OpenAI's API always sends, which tracers read without a check."""

    def whole(self, answer: Answer) -> JSON:
        whole = super().whole(answer)
        whole["usage"]["output_tokens_details"] = {"reasoning_tokens": 0}
        return {**whole, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "error": None}


NUMBERS = count(1)
FIXED_ID = re.compile(rb"\b(msg_1|chatcmpl-1)\b")

OPENAI = ("openai", ("OpenAI", "AsyncOpenAI"))
GPT = ("gpt-5-nano", "gpt-5-nano-2025-08-07")
APIS = (
    Api("chat", *OPENAI, "chat.completions.create", "openai", ChatWire(), *GPT, "tool_calls"),
    Api("responses", *OPENAI, "responses.create", "openai.responses", FullResponses(), *GPT, "completed"),
    Api(
        *("messages", "anthropic", ("Anthropic", "AsyncAnthropic"), "messages.create", "anthropic", MessagesWire()),
        *("claude-haiku-4-5", "claude-haiku-4-5-20251001", "tool_use"),
    ),
)


def get_weather(city: str) -> str:
    """Return the weather in a city."""
    raise AssertionError("no tool is run here")


@dataclass(frozen=True)
class Exchange:
    """One exchange. `refused` is whether the server answers with an error."""

    api: Api
    asynchronous: bool
    stream: bool
    refused: bool = False

    @property
    def name(self) -> str:
        how = ("async" if self.asynchronous else "sync", "streamed" if self.stream else "whole")
        return ", ".join((self.api.name, *how, *(("refused",) if self.refused else ())))

    def reply(self, request: Request) -> Reply:
        """What the server sends."""
        wire, answer = self.api.wire, self.api.answer
        if self.refused:
            return Reply.error(400, "scripted refusal", type="invalid_request_error")
        reply = wire.streamed(answer) if self.stream else wire.answered(answer)
        # Tracers keep what they know of a response under its id.
        own = f"answer_{next(NUMBERS)}".encode()
        return replace(reply, pieces=tuple(FIXED_ID.sub(own, bytes(piece)) for piece in reply.pieces))

    def ours(self, wrap: Wrap | None) -> None:
        """Make the exchange by our library. Without `wrap`, with its default client."""
        module: Any = attrgetter(self.api.ours)(importlib.import_module("mirascope_like.core"))

        def call(client: Any) -> Any:
            decorate = module.call(self.api.model, stream=self.stream, tools=[get_weather], client=client)
            return decorate(self._aprompt if self.asynchronous else self._prompt)

        def use(client: Any) -> None:
            answer = call(client)("Oslo")
            self._check(answer.collect() if self.stream else answer)

        async def ause(client: Any) -> None:
            answer = await call(client)("Oslo")
            self._check(await answer.collect() if self.stream else answer)

        self._make(use, ause, wrap)

    def bare(self, body: JSON, wrap: Wrap | None) -> None:
        """Make the same exchange with the bare SDK."""
        create = attrgetter(self.api.create)

        def use(client: Any) -> None:
            answer = create(client)(**body)
            if self.stream:
                for _ in answer:
                    pass

        async def ause(client: Any) -> None:
            answer = await create(client)(**body)
            if self.stream:
                async for _ in answer:
                    pass

        self._make(use, ause, wrap or (lambda client: client))

    def _make(self, use: Callable[[Any], None], ause: Callable[[Any], Any], wrap: Wrap | None) -> None:
        kind = getattr(importlib.import_module(self.api.sdk), self.api.clients[self.asynchronous])
        refused: Any = Exception if self.refused else ()
        if self.asynchronous:

            async def main() -> None:
                if wrap is None:
                    await ause(None)
                    return
                async with kind() as client:
                    await ause(wrap(client))

            with suppress(refused):
                asyncio.run(main())
        elif wrap is None:
            with suppress(refused):
                use(None)
        else:
            with suppress(refused), kind() as client:
                use(wrap(client))

    def _prompt(self, city: str) -> str:
        """Be brief."""
        return f"How is the weather in {city}?"

    async def _aprompt(self, city: str) -> str:
        """Be brief."""
        return self._prompt(city)

    def _check(self, response: Any) -> None:
        assert response.content == "Let me look.", response
        assert response.tool.args == {"city": "Oslo"}, response


EXCHANGES = tuple(
    Exchange(api, asynchronous, stream, refused)
    for refused, api, asynchronous, stream in product((False, True), APIS, (False, True), (False, True))
)


def asked(server: Server, exchange: Exchange) -> JSON:
    """Return the body that our library sends for an exchange. The bare SDK then sends the same body."""
    server.reply_with(exchange.reply)
    exchange.ours(None)
    body: JSON = server.request.json
    return body
