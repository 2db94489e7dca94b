"""The conformance suite once more, answered by the fake model: what every provider can do, it can do in a user's test.

Left out: what needs a server to observe it (connections that are closed, keys in headers) or makes no request.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance import test_capabilities
from tests.testing.scripted_server import ScriptedServer

ELSEWHERE = {
    "test_unreachable": "makes no request",
    "test_missing_key": "makes no request",
    "test_no_missing_key": "makes no request",
    "test_interrupted": "writes events by hand; test_providers.py has the connection that is cut",
    "test_deadlines": "observes the connection; test_providers.py has deadlines",
    "test_a_deadline_for_the_first_output_is_none_for_the_rest": "writes events by hand",
    "test_closed_while_it_is_read": "observes the connection; test_providers.py has streams that are closed",
    "test_left": "observes the connection; test_providers.py has streams that are closed",
    "test_partial_tools": "Gemini streams arguments only if it is asked to; test_providers.py asks it",
    "test_own_client": "reads keys; test_clients.py has the clients of programs",
}

globals().update(
    {name: test for name, test in vars(test_capabilities).items() if name.startswith("test_") and name not in ELSEWHERE}
)


@pytest.fixture
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """Replaces the loopback server."""
    ScriptedServer.tag_answers(monkeypatch)
    row: Any = request.node.callspec.params["row"]
    server = ScriptedServer(row.name)
    with server.model:
        yield server


def test_what_is_left_out_exists() -> None:
    assert ELSEWHERE.keys() <= vars(test_capabilities).keys()
