"""Compare what one tracer records of our calls with what it records of the bare SDK's.

    python -m tests.tracers.one_tracer NAME [--show]

in an environment with the tracer; `nox -s tracers` makes one for each. Both are called with the same bodies, against
the same server on loopback. Fails where a record differs in anything but what is measured or allowed, where nothing is
recorded without a reason, and where a connection would have left the machine.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy  # OpenLLMetry changes what it is given
from importlib.metadata import version
from typing import Any

from tests.harness.network import NetworkGuard, is_provider_variable
from tests.harness.server import Server
from tests.tracers import TRACERS
from tests.tracers.exchanges import EXCHANGES, Exchange, Wrap
from tests.tracers.tracer import BaseTracer

WHOLE = [exchange for exchange in EXCHANGES if not exchange.refused]
Leaves = dict[str, Any]
"""The values in a record, by their paths."""


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield all values in a record. JSON that stands in a string is read."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        with suppress(ValueError):
            value = json.loads(value)
    if hasattr(value, "model_dump"):
        value = value.model_dump()
    if isinstance(value, Mapping):
        for key in sorted(value, key=str):
            yield from leaves(value[key], f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for index, one in enumerate(value):
            yield from leaves(one, f"{path}[{index}]")
    else:
        yield path, value


def matching(patterns: Iterable[str], path: str) -> str | None:
    """Return the first of the patterns that is found in a path."""
    return next((pattern for pattern in patterns if re.search(pattern, path)), None)


def common(value: Any) -> Any:
    """Return a value without what is each answer's own: its id, and a time or an address that a text tells."""
    if not isinstance(value, str):
        return value
    return re.sub(r"\b(answer_|took |at 0x)[\da-f][\da-f.]*", r"\1N", value)


def comparable(tracer: BaseTracer, records: list[Any]) -> list[Leaves]:
    """Return the values of each record, and only the types of those that are measured."""
    return [
        {
            path: f"a {type(value).__name__}" if matching(tracer.measured, path) else common(value)
            for path, value in leaves(record)
        }
        for record in records
    ]


def differences(expected: list[Leaves], found: list[Leaves]) -> list[tuple[str, str]]:
    """Return the paths at which records differ, and how."""
    if len(expected) != len(found):
        return [("records", f"{len(expected)} of the bare SDK, {len(found)} of ours")]
    return [
        (f"{number}.{path}", f"{theirs.get(path, 'nothing')!r} of the bare SDK, {ours.get(path, 'nothing')!r} of ours")
        for number, (theirs, ours) in enumerate(zip(expected, found, strict=True))
        for path in dict.fromkeys((*theirs, *ours))
        if theirs.get(path, differences) != ours.get(path, differences)
    ]


def contents(exchange: Exchange, records: list[Any]) -> str:
    """Return which of the facts of an exchange are in its records."""
    if not records:
        return "nothing"
    values = [value for record in records for _, value in leaves(record)]
    text = "\n".join(value for value in values if isinstance(value, str))
    names = [
        name
        for name, facts in exchange.api.facts.items()
        if any(fact in text if isinstance(fact, str) else fact in values for fact in facts)
    ]
    if "scripted refusal" in text:
        names.append("error")
    return f"{len(records)} with {', '.join(names) or 'none of the facts'}"


class Log(logging.Handler):
    """What is logged as a warning or an error: tracers log where they fail."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[dict[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = f": {record.exc_info[1]}" if record.exc_info else ""
        self.messages.append({"logged by": record.name, "message": f"{record.getMessage()}{error}"})


class Check:
    """One tracer's check."""

    def __init__(self, tracer: BaseTracer, server: Server, *, show: bool) -> None:
        self.tracer, self.server, self.show = tracer, server, show
        self.equal: dict[bool, int] = {False: 0, True: 0}
        self.failures: list[str] = []
        self.reasons: dict[str, None] = {}
        self.log = Log()
        logging.getLogger().addHandler(self.log)

    def run(self, exchange: Exchange) -> None:
        """Make one exchange in both ways."""
        wrap = self.tracer.wrap if self.tracer.wraps else None
        self.server.reply_with(exchange.reply)
        exchange.ours(wrap)  # tells the body; and what is done once in a process is done
        body = self.server.request.json
        self._recorded(lambda: None)
        ours = self._recorded(lambda: exchange.ours(wrap))
        theirs = []
        for _ in range(2):
            try:
                theirs.append(self._recorded(lambda: exchange.bare(deepcopy(body), wrap)))
            except Exception as error:
                self.judge_failing(exchange, f"{type(error).__name__}: {error}")
                return
            sent = self.server.request.json
            assert sent == body, f"the bare SDK sent something else: {sent}, not {body}"
        if self.show:
            for who, records in (("bare", theirs[0]), ("ours", ours)):
                print(who, json.dumps(records, indent=1, default=str))
        expected, again, found = (comparable(self.tracer, records) for records in (*theirs, ours))
        if unstable := differences(expected, again):
            self.fail(exchange, f"two calls of the bare SDK differ: {unstable}")
        else:
            self.judge(exchange, expected, found, contents(exchange, theirs[0]))

    def _recorded(self, make: Callable[[], None]) -> list[Any]:
        """Return what is recorded, and the warnings and errors that are logged, while a call is made."""
        self.log.messages.clear()
        with self.tracer.surrounding():
            make()
        records: list[Any] = self.tracer.collect()
        return [*records, *self.log.messages]

    def judge(self, exchange: Exchange, expected: list[Leaves], found: list[Leaves], what: str) -> None:
        """Compare the records of an exchange with the expected ones, and print the result."""
        differing = differences(expected, found)
        patterns = self.tracer.allowed
        permits = [matching(patterns, path.partition(".")[2]) for path, _ in differing]
        wrong = [one for one, permit in zip(differing, permits, strict=True) if permit is None]
        reasons = [patterns[permit] for permit in permits if permit is not None]
        if wrong:
            self.fail(exchange, f"recorded otherwise than for the bare SDK ({what})")
            for path, how in wrong:
                print(f"    {path}: {how}")
        elif expected:
            print(f"equal: {exchange.name}: {what}{', but for what is allowed below' if reasons else ''}")
            self.equal[exchange.refused] += 1
            self.reasons.update(dict.fromkeys(reasons))
        elif reason := self._unsupported(exchange):
            print(f"nothing: {exchange.name}: {reason}")
        else:
            self.fail(exchange, "nothing is recorded for the bare SDK either, and no reason is known")

    def judge_failing(self, exchange: Exchange, error: str) -> None:
        """Say that the tracer makes the bare SDK's call fail; ours has given the answer."""
        if reason := self._unsupported(exchange):
            print(f"error: {exchange.name}: {reason}: the bare SDK's call ends with {error}")
        else:
            self.fail(exchange, f"the bare SDK's call ends with {error}, and no reason is known")

    def _unsupported(self, exchange: Exchange) -> str | None:
        found = matching(self.tracer.unsupported, exchange.name)
        if found is None:
            return None
        reason = f"the tracer does not support this SDK: {self.tracer.unsupported[found]}"
        self.reasons[reason] = None
        return reason

    def fail(self, exchange: Exchange, why: str) -> None:
        """Note a failure."""
        self.failures.append(exchange.name)
        print(f"FAIL: {exchange.name}: {why}")


def prepare(server: Server, name: str) -> BaseTracer:
    """Take the settings of the machine away, set those of the check, and install the tracer."""
    for variable in filter(is_provider_variable, list(os.environ)):
        del os.environ[variable]
    os.environ.update(OPENAI_API_KEY="sk-test", OPENAI_BASE_URL=f"{server.url}/v1")
    os.environ.update(ANTHROPIC_API_KEY="sk-test", ANTHROPIC_BASE_URL=server.url)
    os.environ.update(TRACERS[name].get("environment", {}))
    made: BaseTracer = importlib.import_module(f"tests.tracers.adapters.{name}").Tracer()
    return made


def counted_twice(tracer: BaseTracer, server: Server, wrap: Wrap | None) -> list[str] | None:
    """Return the exchanges that are counted twice beside our own tracing; None for a tracer without OpenTelemetry."""
    if not hasattr(tracer, "counts_twice"):
        return None
    from tests.tracers.beside import beside  # which needs OpenTelemetry's SDK

    return beside(tracer, server, WHOLE, wrap)  # type: ignore[arg-type]


def main(name: str, *options: str) -> None:
    """Check one tracer. Exits with an error where its records differ."""
    with NetworkGuard() as guard, Server() as server:
        check = Check(prepare(server, name), server, show="--show" in options)
        for exchange in EXCHANGES:
            check.run(exchange)
        wrap = check.tracer.wrap if check.tracer.wraps else None
        twice = counted_twice(check.tracer, server, wrap)
    packages = [re.split("[<=>]", package)[0] for package in (*TRACERS[name]["packages"], "openai", "anthropic")]
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    answered, refused = check.equal[False], check.equal[True]
    print(f"\n{name} ({versions}): {answered} of 12 answers equal, {refused} of 12 refusals")
    for reason in check.reasons:
        print(f"  {reason}")
    if twice is not None:
        why = getattr(check.tracer, "counts_twice", None)
        print(f"  beside our own tracing: {why or 'each request is counted once'}")
        if bool(twice) != bool(why):
            sys.exit(f"beside our own tracing, counted twice: {'; '.join(twice) or 'no request'}, not as is known")
    if guard.attempts:
        sys.exit(f"connections that would have left the machine: {sorted(set(guard.attempts))}")
    if check.failures:
        sys.exit(f"different: {'; '.join(check.failures)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
