"""Calls that are not streamed, in each contender's way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from mirascope_like.core import Messages

from .contenders import CALL, OUR_CALL, QUESTION, Contest
from .measure import Work


def calling(contest: Contest, client: Any, times: int) -> dict[str, Work]:
    """Calls of one message; each contender returns the number of calls."""
    create, prompt = contest.resource(client).create, contest.prompt(client, stream=False)

    def sdk() -> int:
        for _ in range(times):
            assert create(**contest.arguments())
        return times

    def ours() -> int:
        for _ in range(times):
            assert prompt().response
        return times

    return {CALL: sdk, OUR_CALL: ours}


def acalling(contest: Contest, client: Any, runner: asyncio.Runner, times: int) -> dict[str, Work]:
    """`calling`, with an async client."""
    create, prompt = contest.resource(client).create, contest.aprompt(client, stream=False)

    async def sdk() -> int:
        for _ in range(times):
            assert await create(**contest.arguments())
        return times

    async def ours() -> int:
        for _ in range(times):
            assert (await prompt()).response
        return times

    return {CALL: lambda: runner.run(sdk()), OUR_CALL: lambda: runner.run(ours())}


def long_calling(contest: Contest, client: Any, times: int) -> dict[str, Work]:
    """Calls of 101 messages and 10 tools; ours takes functions for tools, and the messages in either form."""
    messages = _history(50)
    neutral = [(Messages.User if one["role"] == "user" else Messages.Assistant)(one["content"]) for one in messages]
    create = contest.resource(client).create

    def prompt(conversation: list[Any]) -> list[Any]:
        return conversation

    functions = [_function(at) for at in range(10)]
    ask: Callable[[list[Any]], Any] = contest.ours.call(contest.model, client=client, tools=functions)(prompt)
    tools = ask(messages).call_kwargs["tools"]

    def sdk() -> int:
        for _ in range(times):
            assert create(model=contest.model, messages=messages, tools=tools)
        return times

    def ours(conversation: list[Any]) -> Work:
        def work() -> int:
            for _ in range(times):
                assert ask(conversation).response
            return times

        return work

    return {CALL: sdk, f"{OUR_CALL}, OpenAI's messages": ours(messages), f"{OUR_CALL}, our messages": ours(neutral)}


def _history(turns: int) -> list[dict[str, Any]]:
    """A conversation of `2 * turns + 1` messages, in OpenAI's format."""
    messages: list[dict[str, Any]] = []
    for turn in range(turns):
        messages.append({"role": "user", "content": f"{QUESTION} This is question {turn}."})
        messages.append({"role": "assistant", "content": f"Answer {turn}: the fox jumps over the lazy dog again."})
    return [*messages, {"role": "user", "content": QUESTION}]


def _function(at: int) -> Callable[..., str]:
    def get_weather(city: str, unit: str = "celsius", days: int = 3) -> str:
        """Look up the weather.

        Args:
            city: Where.
            unit: Which unit the temperature is told in.
            days: How far ahead to look.
        """
        return f"{city}: 20 {unit} for {days} days"

    get_weather.__name__ = f"get_weather_{at}"
    return get_weather
