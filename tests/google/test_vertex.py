"""`core.vertex`: Gemini on Vertex AI through google-genai, under the names of Mirascope v1."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from google.genai import types
from google.oauth2.credentials import Credentials

from mirascope_like import llm
from mirascope_like.core import ConfigurationError, google, vertex
from mirascope_like.core.vertex import client_options
from tests.conformance.rows import VERTEX
from tests.conformance.wires.answer import Answer
from tests.harness.server import Server

VARIABLES = ("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def vertexai_set(monkeypatch: pytest.MonkeyPatch, **values: Any) -> None:
    """Set the module in which `vertexai.init(...)` keeps its settings."""
    made: Any = ModuleType("google.cloud.aiplatform.initializer")
    made.global_config = SimpleNamespace(**{"_project": None, "_location": None, "_credentials": None} | values)
    monkeypatch.setitem(sys.modules, made.__name__, made)


def test_the_settings_of_the_default_client(monkeypatch: pytest.MonkeyPatch) -> None:
    assert client_options() == {"vertexai": True}
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    # us-central1: the default of `vertexai.init`
    assert client_options() == {"vertexai": True, "project": "p", "location": "us-central1"}
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "europe-west4")
    assert client_options() == {"vertexai": True, "project": "p", "location": "europe-west4"}
    credentials = Credentials("token")
    vertexai_set(monkeypatch, _project="q", _location="us-east1", _credentials=credentials)
    expected = {"vertexai": True, "project": "q", "location": "us-east1", "credentials": credentials}
    assert client_options() == expected


def test_a_request_of_the_default_client(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    vertexai_set(monkeypatch, _project="q", _credentials=Credentials("token-1"))
    monkeypatch.setenv("GOOGLE_VERTEX_BASE_URL", server.url)
    server.reply(VERTEX.wire.answered(Answer("Hi")))
    response = VERTEX.ask(model="gemini-2.5-flash")
    assert response.content == "Hi"
    assert server.request.path == (
        "/v1beta1/projects/q/locations/us-central1/publishers/google/models/gemini-2.5-flash:generateContent"
    )
    assert server.request.headers["authorization"] == "Bearer token-1"


def test_types(server: Server) -> None:
    server.reply(VERTEX.wire.answered(Answer("Hi")), VERTEX.wire.streamed(Answer("Hello")))
    with VERTEX.client(server) as client:
        response = VERTEX.ask(client)
        stream = VERTEX.stream(client)
        chunks = [chunk for chunk, _ in stream]
    assert isinstance(response, vertex.VertexCallResponse)
    assert isinstance(response, google.GoogleCallResponse)
    assert isinstance(response.response, types.GenerateContentResponse)
    assert response.provider == "vertex"
    assert isinstance(stream, vertex.VertexStream)
    assert all(isinstance(chunk, vertex.VertexCallResponseChunk) for chunk in chunks)
    assert vertex.vertex_call is vertex.call
    assert isinstance(vertex.VertexCallResponse.model_validate(response.model_dump()), vertex.VertexCallResponse)


def test_by_name(server: Server) -> None:
    server.reply(VERTEX.wire.answered(Answer("Hi")))
    with VERTEX.client(server) as client:

        @llm.call(provider="vertex", model="m", client=client)
        def ask() -> str:
            return "Hi"

        response = ask()
    assert (response.content, response.provider_response.provider) == ("Hi", "vertex")


def test_clients_of_the_package_vertexai() -> None:
    kind = type("GenerativeModel", (), {"__module__": "vertexai.generative_models"})
    with pytest.raises(ConfigurationError, match=r"pass client=google.genai.Client\(vertexai=True"):
        VERTEX.ask(kind())
