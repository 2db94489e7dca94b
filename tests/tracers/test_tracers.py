"""The check of each tracer has what it needs; `nox -s tracers` runs it, in an environment for each."""

from pathlib import Path

from tests.harness.server import Request
from tests.tracers import TRACERS
from tests.tracers.exchanges import EXCHANGES


def test_every_tracer_has_an_adapter() -> None:
    adapters = {path.stem for path in (Path(__file__).parent / "adapters").glob("*.py")}
    assert adapters - {"__init__"} == set(TRACERS)


def test_every_exchange_has_its_reply() -> None:
    """The checks run seldom; this shows that the server can still answer them."""
    for exchange in EXCHANGES:
        body = exchange.reply(Request("POST", "/", {}, b"", 0)).body
        assert (b"scripted refusal" if exchange.refused else b"call_oslo") in body
