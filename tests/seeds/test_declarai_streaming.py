"""Declarai's document on streaming, snippet by snippet."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.server import Reply, Server
from tests.seeds.declarai import DELTAS, LINES, events


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


def test_streaming_example(task: Any, server: Server) -> None:
    assert [str(chunk.response) for chunk in task(movie="Avengers").cumulative()] == LINES
    asked = server.request.json["messages"][0]["content"]
    assert "Say something short about the following movie" in asked
    assert "Avengers" in asked
    assert "The movie name" in asked


def test_turned_on_for_every_call_of_a_model(server: Server, model: Any) -> None:
    server.always(Reply.chat(*events()))
    session = model.session()
    assert "".join(session.stream("About Avengers?").text()) == "".join(DELTAS)
    assert [one.role for one in session.conversation] == ["user", "assistant"]


def test_accessing_the_results(task: Any) -> None:
    stream = task("Avengers")  # positional arguments work
    assert iter(stream) is stream
    assert [chunk.response for chunk in stream.cumulative()] == LINES


def test_saved_on_the_task(task: Any) -> None:
    assert task.last_response is None
    stream = task(movie="Avengers")
    assert task.last_response is None
    assert task.last_stream is not None
    for number, _ in enumerate(stream):
        if number == 3:
            assert task.last_response.content == '"Avengers'
    assert task.last_response.content == "".join(DELTAS)


def test_delta(task: Any) -> None:
    shots = list(task("Avengers").cumulative())
    assert [shot.delta for shot in shots] == ["", *DELTAS, ""]
    raw = [shot.raw_response["choices"][0]["delta"] for shot in shots]
    assert raw == [event["choices"][0]["delta"] for event in events()]
