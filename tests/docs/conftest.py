"""Where the SDKs are pointed: at the embedded model, at scripted replies, or at recorded ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.docs.embedded_answers import Answering, answering
from tests.harness.server import Server


@pytest.fixture(scope="session")
def engine() -> Iterator[Answering]:
    """The embedded model; what it has answered before comes from files."""
    pytest.importorskip("xllamacpp", reason="runs where the embedded model is installed (the extra `local`)")
    with answering() as made:
        yield made


@pytest.fixture
def embedded(engine: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenAI, Anthropic and Ollama are the embedded model."""
    for name, value in {
        "OPENAI_API_KEY": engine.api_key,
        "OPENAI_BASE_URL": engine.base_url,
        "ANTHROPIC_API_KEY": engine.api_key,
        "ANTHROPIC_BASE_URL": engine.anthropic_base_url,
        "OLLAMA_API_KEY": engine.api_key,
        "OLLAMA_BASE_URL": engine.base_url,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("mirascope_like.core.local.provider.engine", lambda model: engine)


@pytest.fixture
def served(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Every provider whose page calls it is the loopback server."""
    from mistralai.client.sdkconfiguration import SERVERS

    for name, value in {
        "OPENAI_BASE_URL": f"{server.url}/v1",
        "ANTHROPIC_BASE_URL": server.url,
        "GOOGLE_GEMINI_BASE_URL": server.url,
        "GROQ_BASE_URL": server.url,
        "CO_API_URL": server.url,
        "OPENROUTER_BASE_URL": f"{server.url}/v1",
        "AZURE_OPENAI_ENDPOINT": server.url,
        "OPENAI_API_VERSION": "2024-10-21",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }.items():
        monkeypatch.setenv(name, value)
    for name in KEYS:
        monkeypatch.setenv(name, "key")
    monkeypatch.setitem(SERVERS, "global", server.url)  # Mistral's SDK reads no variable for its address
    return server


KEYS = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GOOGLE_API_KEY",
    "GROQ_API_KEY",
    "CO_API_KEY",
    "MISTRAL_API_KEY",
    "OPENROUTER_API_KEY",
    "AZURE_OPENAI_API_KEY",
    "AWS_ACCESS_KEY_ID",
)
