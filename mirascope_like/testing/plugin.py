"""The pytest plugin: the fixture `fake_model`. Loading it imports no SDK, and nothing of the library until a test uses
the fixture.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .model import FakeModel


@pytest.fixture
def fake_model() -> Generator[FakeModel]:
    """A fake model with an empty script: `fake_model.add("Hi", ...)` adds replies. See `mirascope_like.testing.fake`.

    The test fails at its end if replies are left, or if a request had no reply.
    """
    from .model import FakeModel

    with FakeModel() as model:
        yield model
