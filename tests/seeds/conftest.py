"""A model object of OpenAI whose answers are scripted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai as openai_sdk
import pytest

from mirascope_like.core import openai
from tests.harness.server import Server


@pytest.fixture
def model(server: Server) -> Iterator[Any]:
    """For sync code."""
    with openai_sdk.OpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0) as client:
        yield openai.model("gpt-4o", client=client)


@pytest.fixture
def address(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """For code that makes its own client, as async code does."""
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
