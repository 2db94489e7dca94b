"""A warning of a socket that was never closed names the test that made it."""

from __future__ import annotations

import gc
import socket
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from tests.harness.socket_origins import note_origins


def test_a_socket_that_is_collected_names_its_test(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[Any] = []
    monkeypatch.setattr(socket.socket, "__init__", socket.socket.__init__)  # restores it after the test
    monkeypatch.setattr(socket.socket, "bind", socket.socket.bind)
    monkeypatch.setattr(sys, "unraisablehook", note_origins(lambda unraisable: reported.append(unraisable.exc_value)))

    left = socket.socket()
    descriptor = left.fileno()
    del left
    gc.collect()

    [error] = [error for error in reported if f"fd={descriptor}," in str(error)]
    test, *callers = error.__notes__[0].split("\n")
    name = "test_a_socket_that_is_collected_names_its_test"
    assert test == f"made in tests/harness_tests/test_socket_origins.py::{name} (call)"
    assert any(line.startswith(f"  {__file__}:") and line.endswith(f" in {name}") for line in callers)


def test_a_connection_of_aiohttp_names_the_test_of_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "__init__", socket.socket.__init__)
    monkeypatch.setattr(socket.socket, "bind", socket.socket.bind)
    report = note_origins(lambda unraisable: None)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        error = ResourceWarning(
            f"Unclosed connection Connection<ConnectionKey(host='127.0.0.1', port={port}, ssl=True)>"
        )
        report(SimpleNamespace(exc_value=error))
    test = "tests/harness_tests/test_socket_origins.py::test_a_connection_of_aiohttp_names_the_test_of_its_server"
    assert error.__notes__[0].startswith(f"its server was made in {test} (call)\n")
