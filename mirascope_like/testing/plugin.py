"""The pytest plugin: the fixtures `fake_model` and `recording`, and the option `--llm-record`.

Loading it imports no SDK, and nothing of the library until a test uses a fixture.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .model import FakeModel
    from .recording import Recording

_LONGEST_NAME = 80
_FAILED = pytest.StashKey[bool]()
"""True once the function of a test has failed."""
_RETURNED = pytest.StashKey[bool]()
"""True once the function of a test has returned: it was not skipped, interrupted or ended by an error."""


class _NotReturned(Exception):
    """Ends the block of a recording as the test has ended."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option `--llm-record`."""
    parser.getgroup("mirascope_like").addoption(
        "--llm-record",
        choices=("none", "new", "all"),
        default="none",
        help="which tests with the fixture `recording` send their requests and record them, in place of a replay: none "
        "(the default), those without a recording (new), or all",
    )


@pytest.hookimpl(hookwrapper=True)  # the form that old versions of pytest have, too
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any]:
    """Note how the function of a test has ended."""
    outcome = yield
    if call.when == "call":
        item.stash[_RETURNED] = call.excinfo is None
    if call.when == "call" and outcome.get_result().failed:
        item.stash[_FAILED] = True


@pytest.fixture
def fake_model(request: pytest.FixtureRequest) -> Generator[FakeModel]:
    """A fake model with an empty script: `fake_model.add("Hi", ...)` adds replies. See `mirascope_like.testing.fake`.

    The test fails at its end if replies are left, or if a request had no reply. If it has failed already, nothing is
    added to its failure.
    """
    from .model import FakeModel

    with FakeModel() as model:
        yield model
        if request.node.stash.get(_FAILED, False):
            model.forgive()


@pytest.fixture
def recording(request: pytest.FixtureRequest) -> Generator[Recording]:
    """A replay of the test's recording, without waits. With `--llm-record`, the requests are sent and recorded. See
    `mirascope_like.testing.replay` and `record`.

    The file is `recordings/<test file>/<test>.jsonl` next to the test file. A test that fails keeps the file that it
    has.
    """
    from .recording import record, replay

    path = recording_path(request.path, request.node.nodeid.partition("::")[2])
    mode = request.config.getoption("--llm-record")
    found = path.exists()
    if mode == "none" and not found:
        pytest.fail(f"no recording of this test: {path}. Record it with pytest --llm-record=new", pytrace=False)
    if found and mode != "all":
        with replay(path, pace=0) as made:
            yield made
        return
    with suppress(_NotReturned), record(path) as made:
        yield made
        if not request.node.stash.get(_RETURNED, False):
            raise _NotReturned


def recording_path(file: Path, name: str) -> Path:
    """Return the file of a test's recording. A name that is long, or that no file has, gets a part of its hash."""
    wanted = name.replace("::", ".")
    simple = re.sub(r"[^\w.\[\]-]+", "-", wanted, flags=re.ASCII).strip("-.")
    if simple != wanted or len(simple) > _LONGEST_NAME:
        simple = f"{simple[:_LONGEST_NAME]}-{sha256(name.encode()).hexdigest()[:8]}"
    return file.parent / "recordings" / file.stem / f"{simple}.jsonl"
