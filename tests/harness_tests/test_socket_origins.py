"""A warning of a socket that was never closed names the test that made it."""

from __future__ import annotations

import gc
import socket
import sys
from typing import Any

import pytest

from tests.harness.socket_origins import note_origins


def test_a_socket_that_is_collected_names_its_test(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[Any] = []
    monkeypatch.setattr(socket.socket, "__init__", socket.socket.__init__)  # restores it after the test
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
