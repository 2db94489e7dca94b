"""Scripted models that can continue the beginning of a response, and one interface to read them sync and async."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import anthropic as anthropic_sdk
import openai as openai_sdk

from mirascope_like.core import anthropic, deepseek, openai
from tests.conformance.providers import chat_text, message_text
from tests.harness.replies import Piece
from tests.harness.server import Reply, Request, Server


@dataclass(frozen=True)
class Side:
    """A provider: its call, its clients, and its streams of text."""

    name: str
    call: Any
    texts: Callable[..., list[Any]]
    mark: dict[str, Any]
    """What marks a message as the beginning of the answer."""

    @property
    def named(self) -> bool:
        return self.name == "anthropic"

    def client(self, server: Server, **options: Any) -> Any:
        if self.named:
            return anthropic_sdk.Anthropic(api_key="k", base_url=server.url, **options)
        return openai_sdk.OpenAI(api_key="k", base_url=f"{server.url}/v1", **options)

    def aclient(self, server: Server, **options: Any) -> Any:
        if self.named:
            return anthropic_sdk.AsyncAnthropic(api_key="k", base_url=server.url, **options)
        return openai_sdk.AsyncOpenAI(api_key="k", base_url=f"{server.url}/v1", **options)

    def text(self, *texts: str) -> Reply:
        """A whole stream."""
        events = self.texts(*texts)
        return Reply.messages(*events) if self.named else Reply.chat(*events)

    def begun(self, *texts: str, then: Sequence[Piece | dict[str, Any]] = ()) -> Reply:
        """A stream without its end."""
        events = self.texts(*texts, finish=None) if texts else []
        return Reply.sse(*events, *then, named=self.named)

    def asked(self, beginning: str | None) -> list[dict[str, Any]]:
        """The messages of a request, with the beginning to go on from."""
        messages = [{"role": "user", "content": "Hi"}]
        return messages if beginning is None else [*messages, {"role": "assistant", "content": beginning, **self.mark}]


CHAT = Side("deepseek", deepseek.call, chat_text, {"prefix": True})
MESSAGES = Side("anthropic", anthropic.call, message_text, {})
OPENAI = Side("openai", openai.call, chat_text, {})
OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


@dataclass
class Reader:
    """Reads streams sync or async: `run(side, server, use)` has a coroutine use one, and awaits for both."""

    asynchronous: bool
    in_loop: Callable[[Coroutine[Any, Any, Any]], Any] = asyncio.run

    def run(self, side: Side, server: Server, use: Any, *, prompt: Any = "Hi", retries: int = 0, **options: Any) -> Any:
        async def main() -> Any:
            if not self.asynchronous:
                with side.client(server, max_retries=retries) as client:

                    @side.call("m", client=client, stream=True, **options)
                    def say() -> Any:
                        return prompt

                    return await use(say())
            async with side.aclient(server, max_retries=retries) as client:

                @side.call("m", client=client, stream=True, **options)
                async def asay() -> Any:
                    return prompt

                return await use(asay())

        return self.in_loop(main())

    async def all(self, view: Any) -> list[Any]:
        """Return all that a view yields."""
        return [one async for one in view] if self.asynchronous else list(view)

    async def broken(self, stream: Any) -> tuple[str, Any]:
        """Return the text that a stream yields, and the error that it ends with."""
        texts: list[str] = []
        try:
            if self.asynchronous:
                async for chunk, _ in stream:
                    texts.append(chunk.content)  # what came before the error is wanted
            else:
                for chunk, _ in stream:
                    texts.append(chunk.content)  # what came before the error is wanted
        except Exception as error:
            return "".join(texts), error
        raise AssertionError("there was no error")

    async def value(self, given: Any) -> Any:
        """A result, awaited where it has to be."""
        return await given if self.asynchronous else given


def beginning(request: Request) -> str:
    """The beginning that a request wants gone on from; empty where there is none."""
    last = request.json["messages"][-1]
    return last["content"] if last["role"] == "assistant" else ""


def sent(server: Server) -> list[list[dict[str, Any]]]:
    """The messages of every request."""
    return [request.json["messages"] for request in server.requests]
