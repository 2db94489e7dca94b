"""A map whose program is killed, and run again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scale.killed import check, check_batches

pytestmark = pytest.mark.slow


def test_what_is_committed_survives_a_kill(tmp_path: Path) -> None:
    """`nox -s killed` does this at 50 moments, with 3,000 inputs."""
    check(tmp_path / "run.db", 300, 20, [20, 60])


def test_no_batch_is_lost_or_paid_twice_after_a_kill(tmp_path: Path) -> None:
    """`nox -s killed` does this at 50 moments, with 60 inputs."""
    check_batches(tmp_path / "run.db", 10, 5, [2, 4])
