"""Declarai's document on streaming, snippet by snippet, in order, with what each prints."""

from __future__ import annotations

from typing import Any

import pytest

from mirascope_like.core import azure, openai
from mirascope_like.core.azure import AzureStream
from mirascope_like.core.base.streams import Snapshot
from mirascope_like.core.openai import OpenAIStream
from tests.harness.server import Reply, Server
from tests.seeds.declarai import DELTAS, LINES, events

QUESTION = "Say something short about the following movie"


@pytest.fixture
def task(model: Any, server: Server) -> Any:
    server.always(Reply.chat(*events()))

    @model.task(stream=True)
    def say_something_about_movie(movie: str) -> str:
        """
        Say something short about the following movie
        :param movie: The movie name
        """

    return say_something_about_movie


def test_streaming_example(task: Any, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    for chunk in task(movie="Avengers").cumulative():
        print(chunk.response)
    assert capsys.readouterr().out == "".join(f"{line}\n" for line in LINES)
    asked = server.request.json["messages"][0]["content"]
    for part in (QUESTION, "Avengers", "The movie name"):
        assert part in asked


def test_turn_on_streaming(model: Any, server: Server) -> None:
    @model.task(stream=True)
    def my_task(movie: str) -> str:
        """Say something short about the movie"""

    server.always(Reply.chat(*events()))
    assert "".join(my_task("Avengers").text()) == "".join(DELTAS)
    my_chat = model.session()
    assert "".join(my_chat.stream("About Avengers?").text()) == "".join(DELTAS)
    assert [one.role for one in my_chat.conversation] == ["user", "assistant"]


@pytest.mark.usefixtures("address")
def test_for_every_call_of_a_model(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.url)
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    server.always(Reply.chat(*events()))

    gpt_35_with_streaming = openai.model("gpt-3.5-turbo", stream=True)

    @gpt_35_with_streaming.call
    def say(movie: str) -> str:
        return f"{QUESTION}: {movie}"

    stream = say("Avengers")
    assert isinstance(stream, OpenAIStream)
    assert stream.collect().content == "".join(DELTAS)
    assert server.request.json["stream"] is True

    azure_gpt_35_with_streaming = azure.model("gpt-35-turbo", stream=True)

    @azure_gpt_35_with_streaming.call
    def say_from_azure(movie: str) -> str:
        return f"{QUESTION}: {movie}"

    azure_stream = say_from_azure("Avengers")
    assert isinstance(azure_stream, AzureStream)
    assert azure_stream.collect().content == "".join(DELTAS)
    assert server.request.path.startswith("/openai/deployments/gpt-35-turbo/")
    assert server.request.json["stream"] is True


def test_accessing_the_results(task: Any) -> None:
    stream = task("Avengers")  # positional arguments work
    assert isinstance(stream, OpenAIStream)
    assert iter(stream) is stream
    for chunk in stream.cumulative():
        assert isinstance(chunk, Snapshot)
    assert stream.content == "".join(DELTAS)


def test_saved_on_the_task(task: Any) -> None:
    assert task.last_response is None
    stream = task(movie="Avengers")
    assert task.last_response is None
    assert task.last_stream is not None
    for number, _ in enumerate(stream):
        if number == 3:
            assert task.last_response.content == '"Avengers'
    assert task.last_response.content == "".join(DELTAS)


def test_delta(task: Any, capsys: pytest.CaptureFixture[str]) -> None:
    deltas: list[str] = []
    for chunk in task("Avengers").cumulative():
        print(chunk.raw_response["choices"][0]["delta"])
        deltas.append(chunk.delta)
    printed = capsys.readouterr().out.splitlines()
    assert printed[:4] == ["{'role': 'assistant', 'content': ''}", *(f"{{'content': {one!r}}}" for one in DELTAS[:3])]
    assert printed[-2:] == [f"{{'content': {DELTAS[-1]!r}}}", "{}"]
    assert deltas == ["", *DELTAS, ""]
