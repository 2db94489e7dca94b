"""The providers whose calls the fake model answers: every row of the conformance suite, and hosts."""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pytest

from mirascope_like import core

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)  # the retired SDK says that it is retired
    assert core.gemini.call


@dataclass(frozen=True)
class Row:
    """A provider, and what its SDK does."""

    id: str
    sdk_type: str
    """The name of the class of a response."""
    attempts: int = 3
    """How often the SDK sends a request that is answered with the status 429."""
    thinks: bool = True
    refuses: bool = False
    """Does the format have a part for refusals?"""
    filters: bool = True
    """Does the format have a finish reason for a refusal?"""

    @property
    def provider(self) -> str:
        return self.id.partition(".")[0]

    @property
    def call(self) -> Any:
        return reduce(getattr, self.id.split("."), core).call  # type: ignore[arg-type, attr-defined]

    def ask(self, prompt: str = "Hello", **options: Any) -> Any:
        """Make a sync call."""

        @self.call("m1", **options)
        def say(prompt: str) -> str:
            return prompt

        return say(prompt)

    def aask(self, prompt: str = "Hello", **options: Any) -> Awaitable[Any]:
        """Make an async call."""

        @self.call("m1", **options)
        async def say(prompt: str) -> str:
            return prompt

        made: Awaitable[Any] = say(prompt)
        return made

    async def either(self, asynchronous: bool, prompt: str = "Hello", **options: Any) -> Any:
        """Make a call, sync or async."""
        return await self.aask(prompt, **options) if asynchronous else self.ask(prompt, **options)

    async def pairs(self, asynchronous: bool, prompt: str = "Hello", **options: Any) -> list[tuple[Any, Any]]:
        """Make a streamed call and read it."""
        stream = await self.either(asynchronous, prompt, stream=True, **options)
        return [pair async for pair in stream] if asynchronous else list(stream)


ROWS = (
    Row("openai", "ChatCompletion", thinks=False, refuses=True),
    Row("openai.responses", "Response", refuses=True),
    Row("azure", "ChatCompletion", thinks=False, refuses=True),
    Row("azure.responses", "Response", refuses=True),
    Row("anthropic", "Message"),
    Row("bedrock", "dict", attempts=3),
    Row("cohere", "V2ChatResponse"),
    Row("gemini", "GenerateContentResponse", attempts=1, thinks=False),
    Row("google", "GenerateContentResponse", attempts=1),
    Row("vertex", "GenerateContentResponse", attempts=1),
    Row("groq", "ChatCompletion", filters=False),
    Row("mistral", "ChatCompletionResponse", attempts=1, filters=False),
    Row("ollama", "ChatCompletion", filters=False),
    Row("openrouter", "ChatCompletion", refuses=True),
    Row("xai", "ChatCompletion", refuses=True),
    Row("xai.responses", "Response", refuses=True),
    Row("deepseek", "ChatCompletion", refuses=True),
)

SDKS_WARN = pytest.mark.filterwarnings(
    "ignore:.*including_default_value_fields:DeprecationWarning",
    "ignore:Inheritance class AiohttpClientSession:DeprecationWarning",
)


def rows_where(fits: Callable[[Row], bool]) -> pytest.MarkDecorator:
    """Run a test for the rows that fit."""
    return pytest.mark.parametrize("row", [pytest.param(row, id=row.id, marks=SDKS_WARN) for row in ROWS if fits(row)])


every_row = rows_where(lambda row: True)
both: Callable[[Any], Any] = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
