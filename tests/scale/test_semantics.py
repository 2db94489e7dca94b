"""What a map does in each event, in one process."""

from __future__ import annotations

from typing import Any

import pytest

from mirascope_like.scale import map_calls
from tests.harness.server import Server
from tests.scale.semantics import Execute, Semantics, script


class TestInOneProcess(Semantics):
    @pytest.fixture
    def execute(self) -> Execute:
        return map_calls

    @pytest.fixture
    def names(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        return script()
