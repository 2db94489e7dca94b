"""The check of each tracer has what it needs; `nox -s tracers` runs it, in an environment for each."""

from pathlib import Path

from tests.tracers import TRACERS


def test_every_tracer_has_an_adapter() -> None:
    adapters = {path.stem for path in (Path(__file__).parent / "adapters").glob("*.py")}
    assert adapters - {"__init__"} == set(TRACERS)
