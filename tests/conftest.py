"""What every test gets: no network but loopback, no provider settings from outside, and a loopback server."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator, Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings

from mirascope_like.core.base.flows import retry_policy
from mirascope_like.core.base.runtime import CLOCK
from tests.harness.clocks import MovedClock
from tests.harness.network import (
    NetworkGuard,
    be_patient,
    is_provider_variable,
    load_service_models_once,
    retry_at_once,
)
from tests.harness.recordings import MISSING, Exchange, exchanges
from tests.harness.rounds import SIDES, Side
from tests.harness.server import Server
from tests.harness.socket_origins import note_origins

# Hypothesis' own limits are of seconds, which a busy machine exceeds; they say nothing of what is tested. The examples
# of each run are the same, so that a change is judged by what it does. `nox -s properties` draws new ones, and more.
ANY_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("the_same", ANY_MACHINE, derandomize=True, max_examples=40)
settings.register_profile("thorough", ANY_MACHINE, derandomize=False, max_examples=2000, database=None)
settings.load_profile("the_same")


PLUGIN = "mirascope_like.testing.plugin"
# Installed, it is an entry point.
pytest_plugins = [] if any(one.value == PLUGIN for one in entry_points(group="pytest11")) else [PLUGIN]

AUTHORITY = Path(__file__).with_name("harness") / "authority.pem"


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Prepare the process.

    The clients that are made, here and in programs that tests start, do not load all authorities: that takes longer
    than most tests, and no test connects by TLS. A worker of pytest-xdist does not keep the reports of its tests, which
    it has sent: each search for garbage would go through them all.
    """
    os.environ["SSL_CERT_FILE"] = str(AUTHORITY)
    be_patient()
    retry_at_once()
    load_service_models_once()
    sys.unraisablehook = note_origins(sys.unraisablehook)
    if hasattr(config, "workerinput"):
        config.pluginmanager.unregister(name="terminalreporter")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test as pytest does. A worker of pytest-xdist sends what the other process uses: not that a test starts and
    ends, no reports of setups and teardowns that pass, no keywords. These take a millisecond for each test.
    """
    if not hasattr(item.config, "workerinput"):
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            report.keywords = {}
            item.ihook.pytest_runtest_logreport(report=report)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Import the tests without searches for garbage, which take a fifth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Keep the modules and tests, which live to the end, out of each later search for garbage."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the seed of the order of the tests, which pytest-randomly chooses."""
    if (seed := config.getoption("randomly_seed", None)) is not None:
        terminalreporter.write_line(f"order of the tests: --randomly-seed={seed}")


@pytest.fixture(scope="session", autouse=True)
def network_guard() -> Iterator[NetworkGuard]:
    """Refuses every connection but those to this machine."""
    with NetworkGuard() as guard:
        yield guard


@pytest.fixture(autouse=True)
def _sealed(network_guard: NetworkGuard, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Takes keys, base URLs and proxies out of the environment; fails a test that tried to leave the machine.

    A test that tries on purpose clears `network_guard.attempts`.
    """
    for name in filter(is_provider_variable, list(os.environ)):
        monkeypatch.delenv(name)
    if (gemini := sys.modules.get("google.generativeai.client")) is not None:  # what `genai.configure` has set
        monkeypatch.setattr(gemini, "_client_manager", gemini._ClientManager())
    network_guard.attempts.clear()
    yield
    attempts = list(network_guard.attempts)
    network_guard.attempts.clear()
    assert not attempts, f"the test tried to reach the network: {attempts}"


@pytest.fixture
def server() -> Iterator[Server]:
    """A loopback server; the test fails where a request had no scripted reply."""
    with Server() as server:
        yield server


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    """The clock of deadlines, which the test can set forward."""
    made = MovedClock()
    for name in ("monotonic", "timestamp", "wait"):
        monkeypatch.setattr(CLOCK, name, getattr(made, name))
    return made


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two tries."""
    monkeypatch.setattr(retry_policy, "FIRST_WAIT", 0.0)


@pytest.fixture(scope="session")
def recordings() -> list[Exchange]:
    """Every recorded exchange; skips where there are none."""
    found = exchanges()
    if not found:
        pytest.skip(MISSING)
    return found


@pytest.fixture(params=SIDES, ids=lambda side: side.name)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    """A provider whose replies are scripted in rounds. A test with this fixture runs once for each provider."""
    yield request.param
    for one in SIDES:
        one.close()
