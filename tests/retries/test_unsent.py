"""A fallback whose request cannot be sent has failed like any other: the next is tried, and the first error is kept."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mirascope_like import llm
from mirascope_like.core import AudioPart, Messages, PromptError, ProviderError, RateLimitError
from mirascope_like.retries import Fallback, FallbackError, fallback
from tests.harness.rounds import SIDES
from tests.harness.server import Reply, Server

# Anthropic's messages have no place for a recording; OpenAI's have one for wav.
PROMPT = [Messages.User("Listen", AudioPart(media_type="audio/wav", audio=b"RIFF"))]
LIMITED = Reply.error(429, retry_after="0", x_should_retry="false")
OPENAI, ANTHROPIC = SIDES


@pytest.fixture(autouse=True)
def keys(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, url in (("OPENAI", server.url), ("ANTHROPIC", server.url)):
        monkeypatch.setenv(f"{name}_API_KEY", "k")
        monkeypatch.setenv(f"{name}_BASE_URL", url)


def kinds(error: FallbackError) -> list[type[Exception]]:
    return [next(kind for kind in (RateLimitError, PromptError) if isinstance(one, kind)) for one in error.errors]


def asked(stream: bool, asynchronous: bool, others: list[str], by: str) -> Any:
    """Call OpenAI with fallbacks, by the option of streams or by the decorator."""
    options: Any = {"stream": True} if stream else {}
    around: Any = lambda function: function  # noqa: E731
    if by == "option":
        options["fallback"] = others
    else:
        fallbacks: list[Fallback] = [{"catch": RateLimitError, "model": other} for other in others]
        around = fallback(RateLimitError, fallbacks)

    def ask() -> Any:
        return PROMPT

    async def aask() -> Any:
        return PROMPT

    function = around(llm.call("openai:one", **options)(aask if asynchronous else ask))

    async def main() -> Any:
        made = function()
        return await (made.collect() if stream else made)

    if asynchronous:
        return asyncio.run(main())
    made = function()
    return made.collect() if stream else made


WAYS = pytest.mark.parametrize(
    ("stream", "asynchronous", "by"),
    [
        (True, False, "option"),
        (True, True, "option"),
        (True, False, "decorator"),
        (True, True, "decorator"),
        (False, False, "decorator"),
        (False, True, "decorator"),
    ],
)


@WAYS
def test_the_first_error_is_kept(stream: bool, asynchronous: bool, by: str, server: Server) -> None:
    server.always(LIMITED)
    with pytest.raises(FallbackError, match="Anthropic accepts no audio parts") as caught:
        asked(stream, asynchronous, ["anthropic:two"], by)
    assert kinds(caught.value) == [RateLimitError, PromptError]
    assert isinstance(caught.value.__cause__, PromptError)


@WAYS
def test_the_next_is_tried(stream: bool, asynchronous: bool, by: str, server: Server) -> None:
    server.reply(LIMITED, OPENAI.streamed("Hel lo") if stream else OPENAI.whole("Hel lo"))
    assert asked(stream, asynchronous, ["anthropic:two", "openai:three"], by).content == "Hel lo"
    assert [request.json["model"] for request in server.requests] == ["one", "three"]


def test_the_first_call_raises_its_own_error(server: Server) -> None:
    def ask() -> Any:
        return PROMPT

    with pytest.raises(PromptError, match="Anthropic accepts no audio parts"):
        llm.call("anthropic:one", stream=True, fallback=["openai:two"])(ask)().collect()
    assert not server.requests
    assert not issubclass(PromptError, ProviderError)
