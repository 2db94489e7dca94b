"""`core.vertex`: Gemini on Vertex AI through google-genai, under the names of Mirascope v1."""

from __future__ import annotations

import asyncio
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


class GenerativeModel:
    """As that of `vertexai.generative_models`, in the versions 1.91 and 2.7 of google-cloud-aiplatform."""

    __module__ = "vertexai.generative_models._generative_models"

    def __init__(self, model: str, **own: Any) -> None:
        self._model_name = f"publishers/google/models/{model}"
        self._prediction_resource_name = f"projects/p1/locations/europe-west1/{self._model_name}"
        self._location = "europe-west1"
        self._generation_config = self._safety_settings = self._tools = self._tool_config = None
        self._system_instruction = self._cached_content = self._labels = None
        vars(self).update({f"_{name}": value for name, value in own.items()})


PATH = "/v1beta1/projects/p1/locations/europe-west1/publishers/google/models/gemini-2.5-flash"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_model_of_vertexai_as_client(
    asynchronous: bool, stream: bool, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    vertexai_set(monkeypatch, _project="of init", _credentials=Credentials("token-1"))
    monkeypatch.setenv("GOOGLE_VERTEX_BASE_URL", server.url)
    server.reply(*[VERTEX.wire.streamed(Answer("Hi")) if stream else VERTEX.wire.answered(Answer("Hi"))] * 2)
    client = GenerativeModel("gemini-2.5-flash")

    async def asked() -> Any:
        if stream:
            return await VERTEX.astream(client, model="gemini-2.5-flash").collect()
        return await VERTEX.aask(client, model="gemini-2.5-flash")

    for _ in range(2):
        if asynchronous:
            response = asyncio.run(asked())
        elif stream:
            response = VERTEX.stream(client, model="gemini-2.5-flash").collect()
        else:
            response = VERTEX.ask(client, model="gemini-2.5-flash")
        assert response.content == "Hi"
        path = server.request.path.partition("?")[0]
        assert path == f"{PATH}:{'streamGenerateContent' if stream else 'generateContent'}"
        assert server.request.headers["authorization"] == "Bearer token-1"


@pytest.mark.parametrize(
    ("client", "message"),
    [
        (GenerativeModel("m", system_instruction="Be kind."), "has system_instruction .* pass it .* a system message"),
        (GenerativeModel("m", generation_config={"temperature": 0}), "has generation_config .* as call_params"),
        (GenerativeModel("m", tools=[object()]), "has tools of its own, .* as tools"),
        (GenerativeModel("other"), "the call names the model 'm', .*models/other': name the same model"),
        (type("ChatSession", (), {"__module__": "vertexai"})(), "a ChatSession of vertexai cannot be the client"),
    ],
    ids=["system_instruction", "generation_config", "tools", "another model", "a chat"],
)
def test_what_of_vertexai_cannot_be_the_client(client: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        VERTEX.ask(client, model="m")
