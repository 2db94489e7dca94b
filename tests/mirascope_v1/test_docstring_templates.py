"""`MIRASCOPE_DOCSTRING_PROMPT_TEMPLATE=ENABLED`: a docstring is the template. The messages are those that mirascope
1.25.7 sent.
"""

from __future__ import annotations

import asyncio

import pytest

from mirascope_like.core import BaseMessageParam, BasePrompt, PromptError, openai, prompt_template
from tests.harness.server import Server
from tests.mirascope_v1 import script
from tests.mirascope_v1.providers import PROVIDERS

VARIABLE = "MIRASCOPE_DOCSTRING_PROMPT_TEMPLATE"


@openai.call("m")
def ask(genre: str) -> None:
    """Recommend a {genre} book"""


@openai.call("m")
async def aask(genre: str) -> None:
    """Recommend a {genre} book"""


@openai.call("m", stream=True)
def streamed(genre: str) -> None:
    """
    SYSTEM: s
    USER: Recommend a {genre} book
    """


@openai.call("m")
def configured(genre: str) -> openai.OpenAIDynamicConfig:
    """Recommend a {genre} {k} book"""
    return {"computed_fields": {"k": 3}}


@openai.call("m")
def text(genre: str) -> str:
    """Says which {books} are liked."""
    return f"{genre}!"


class Recommend(BasePrompt):
    """Recommend a {genre} book"""

    genre: str


@pytest.fixture(autouse=True)
def sent(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    PROVIDERS["openai"].set_up(server, monkeypatch)
    server.reply_with(lambda request: script.reply("fine", request, "openai"))
    return server


def test_a_docstring_is_the_template(sent: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "ENABLED")  # after the functions are defined: v1 reads it in the call
    user = {"role": "user", "content": "Recommend a x book"}
    response = ask("x")
    assert (response.messages, response.prompt_template) == ([user], "Recommend a {genre} book")
    assert asyncio.run(aask("x")).messages == [user]
    for _ in streamed("x"):
        pass
    assert sent.request.json["messages"] == [{"role": "system", "content": "s"}, user]
    assert configured("x").messages == [{"role": "user", "content": "Recommend a x 3 book"}]
    assert text("x").messages == [{"role": "user", "content": "x!"}]
    prompt = Recommend(genre="k")
    assert str(prompt) == "Recommend a k book"
    assert prompt.message_params() == [BaseMessageParam(role="user", content="Recommend a k book")]
    assert prompt.run(openai.call("m")).messages == [{"role": "user", "content": "Recommend a k book"}]


@pytest.mark.parametrize("value", ["", "enabled", "1"])
def test_only_if_it_is_enabled(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(PromptError, match="ask returned None"):
        ask("x")
    with pytest.raises(PromptError, match="Recommend has no template"):
        str(Recommend(genre="k"))


@openai.call("m")
@prompt_template()
def bare(genre: str) -> None:
    """
    Recommend a {genre} book
    """


@openai.call("m")
@prompt_template()
def bare_with_config(genre: str) -> openai.OpenAIDynamicConfig:
    """Recommend a {genre} {k} book"""
    return {"computed_fields": {"k": 3}}


@openai.call("m")
@prompt_template()
def bare_with_text(genre: str) -> str:
    """Says which {books} are liked."""
    return f"{genre}!"


def test_a_response_has_the_docstring_of_a_prompt_template_without_arguments() -> None:
    response = bare("x")
    assert response.prompt_template == "Recommend a {genre} book"
    assert response.model_dump()["prompt_template"] == "Recommend a {genre} book"
    assert bare_with_config("x").prompt_template == "Recommend a {genre} {k} book"
    assert bare_with_config("x").messages == [{"role": "user", "content": "Recommend a x 3 book"}]
    assert bare_with_text("x").prompt_template is None  # the docstring is not the template
