"""What the tests of faults share."""

from __future__ import annotations

import gc

import pytest


@pytest.fixture(autouse=True, scope="module")
def _nothing_older() -> None:
    """Keep what earlier tests have left out of the many searches for garbage here: of two million objects, one takes
    half a second.
    """
    gc.collect()
    gc.freeze()
