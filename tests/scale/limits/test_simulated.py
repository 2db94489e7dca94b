"""The pacer against simulated servers: how much of the quota it uses, and how many of its requests are refused.

The demands are those that the limits were built for: at least 95 % of the quota with at most 0.5 % refused if the limit
is known; at most 0.5 % refused after the first minute if the limit of the user is 25 % too high. `nox -s pacing` runs
the same for longer, at higher rates, and prints the table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mirascope_like.scale.limits.pacer import Pacer
from mirascope_like.scale.limits.settings import Limits
from tests.scale.limits.simulation import Bucket, FixedWindow, SimulatedServer, SlidingWindow, simulate

RATE = 50.0
SECONDS = 130.0
SERVERS: dict[str, Callable[[], SimulatedServer]] = {
    "burst of 20": lambda: Bucket(RATE, 20),
    "burst of 200": lambda: Bucket(RATE, 200),
    "fixed window": lambda: FixedWindow(RATE),
    "sliding window": lambda: SlidingWindow(RATE),
}
RIGHT = Limits(rpm=RATE * 60)
TOO_MUCH = Limits(rpm=RATE * 75)
HALVED = list(zip(SERVERS.values(), [0.95, 0.95, 0.85, 0.80], strict=True))
every_server = pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)


@every_server
@pytest.mark.parametrize(("limits", "headers"), [(RIGHT, False), (None, True)], ids=["known", "headers"])
def test_a_limit_that_is_known(server: Any, limits: Limits | None, headers: bool) -> None:
    result = simulate(server(), Pacer(limits), seconds=SECONDS, headers=headers)
    assert result.used >= 0.95
    assert result.refused <= 0.005


@every_server
@pytest.mark.parametrize("retry_after", [True, False], ids=["retry-after", "none"])
def test_a_limit_that_is_too_high(server: Any, retry_after: bool) -> None:
    result = simulate(server(), Pacer(TOO_MUCH), seconds=SECONDS, retry_after=retry_after)
    assert result.used >= 0.90
    assert result.refused_later <= 0.005


@pytest.mark.parametrize(
    ("server", "used"), list(zip(SERVERS.values(), [0.95, 0.95, 0.85, 0.80], strict=True)), ids=SERVERS
)
def test_a_limit_that_halves(server: Any, used: float) -> None:
    """A window that is full of the earlier requests accepts none for some time: 87 % and 82 % can be used."""
    result = simulate(server(), Pacer(RIGHT), seconds=SECONDS, change=(40.0, RATE / 2))
    assert result.used >= used
    assert result.refused <= 0.005


@every_server
@pytest.mark.parametrize("share", [0.2, 0.5])
def test_requests_of_others(server: Any, share: float) -> None:
    """The pacer learns, in the first minute, what they leave."""
    result = simulate(server(), Pacer(RIGHT), seconds=SECONDS, others=RATE * share)
    assert result.used >= 0.90
    assert result.refused_later <= 0.005


@pytest.mark.parametrize("server", [SERVERS["burst of 200"], SERVERS["fixed window"]], ids=["burst of 200", "window"])
def test_a_limit_that_nobody_knows(server: Any) -> None:
    """It is found within the first minute."""
    result = simulate(server(), Pacer(), seconds=SECONDS)
    assert result.used >= 0.90
    assert result.refused <= 0.02
    assert result.refused_later <= 0.005


@pytest.mark.parametrize("rate", [10.0, 50.0, 200.0])
@pytest.mark.parametrize("burst", [20, 200])
def test_no_limit_is_known_and_requests_start_at_once(rate: float, burst: int) -> None:
    """Of a bucket, few are refused: those of the first second, and of the search for the rate."""
    result = simulate(Bucket(rate, burst), Pacer(), seconds=SECONDS)
    assert result.used >= 0.6
    assert result.refused <= (0.005 if rate > 10 else 0.05)


def test_answers_that_take_long() -> None:
    """Whether a request is accepted is known long before it is answered."""
    result = simulate(Bucket(RATE, 20), Pacer(TOO_MUCH), seconds=SECONDS, latency=20.0)
    assert result.used >= 0.95
    assert result.refused_later <= 0.005


@pytest.mark.parametrize("limits", [None, Limits(rpm=600)], ids=["unknown", "too high"])
@pytest.mark.parametrize("wait", [0.5, 6.0, 30.0])
def test_refusals_of_single_requests(wait: float, limits: Limits | None) -> None:
    """One request in a minute, refused at first, shows no rate: many later requests are not sent as slowly."""
    pacer, now = Pacer(limits), 1000.0
    for before in (0.0, 700.0, 800.0):
        pacer.send(before, waited=False)
        pacer.accepted(before, before + 1.0)
    for _ in range(5):
        pacer.send(now, waited=False)
        pacer.refused(now, now + 0.1, wait=wait)
        pacer.send(now + 0.1 + wait, waited=False)
        pacer.accepted(now + 0.1 + wait, now + 0.2 + wait)
        now += 60.0
    assert pacer.rate is not None
    assert 4.0 <= pacer.rate <= 10.0


def test_a_book_that_counted_no_gaps_is_restored() -> None:
    state = Pacer(RIGHT).state()
    del state["deliveries"]["gaps"]
    assert Pacer.restored(state).rate == Pacer(RIGHT).rate
