"""Where the SDKs are pointed: at the embedded model, at scripted replies, or at recorded ones."""

from __future__ import annotations

import pytest

from tests.harness.server import Server


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenAI, Anthropic and Ollama are the embedded model."""
    pytest.importorskip("xllamacpp", reason="runs where the embedded model is installed (the extra `local`)")
    from mirascope_like.core import local

    engine = local.engine("smollm2-135m", n_ctx=512)  # an example that sets no limit ends soon all the same
    for name, value in {
        "OPENAI_API_KEY": engine.api_key,
        "OPENAI_BASE_URL": engine.base_url,
        "ANTHROPIC_API_KEY": engine.api_key,
        "ANTHROPIC_BASE_URL": engine.anthropic_base_url,
        "OLLAMA_API_KEY": engine.api_key,
        "OLLAMA_BASE_URL": engine.base_url,
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def served(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """OpenAI, Anthropic and Google are the loopback server."""
    for name, value in {
        "OPENAI_BASE_URL": f"{server.url}/v1",
        "ANTHROPIC_BASE_URL": server.url,
        "GOOGLE_GEMINI_BASE_URL": server.url,
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.setenv(name, "key")
    return server
