"""Estimates how many tokens a request will use, from those that earlier requests have used. Needs no tokenizer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core.base.response import Usage
from ..spending.estimates import output_limit

Kind = tuple[str, str]
"""A provider and a model."""
FIRST_RATIO = 0.5
"""Tokens for each that `input_tokens` estimates, before a request has reported any: it estimates twice too many."""
FIRST_OUTPUT = 500.0
"""The output tokens of the first requests, if they have no limit."""
_MEMORY = 50
"""The number of requests over which averages run."""


@dataclass(slots=True)
class _Average:
    value: float = 0.0
    count: int = 0

    def add(self, value: float) -> None:
        self.count += 1
        self.value += (value - self.value) / min(self.count, _MEMORY)


class TokenEstimates:
    """Averages of each provider and model."""

    def __init__(self) -> None:
        self._ratios: dict[Kind, _Average] = defaultdict(_Average)
        self._outputs: dict[Kind, _Average] = defaultdict(_Average)

    def expected(self, kind: Kind, payload: Mapping[str, Any], length: int) -> float:
        """Return the input and output tokens that a request will probably use. `length` is its `input_tokens`."""
        return self.input(kind, length) + self.output(kind, payload)

    def input(self, kind: Kind, length: int) -> float:
        """Return the input tokens that a request will probably use."""
        ratio = self._ratios.get(kind)
        return length * (FIRST_RATIO if ratio is None else ratio.value)

    def output(self, kind: Kind, payload: Mapping[str, Any]) -> float:
        """Return the output tokens that a request will probably use."""
        output, limit = self._outputs.get(kind), output_limit(payload)
        if output is None:
            return FIRST_OUTPUT if limit is None else float(limit)
        return output.value if limit is None else min(output.value, limit)

    def learn(self, kind: Kind, length: int, usage: Usage | None) -> None:
        """Learn from the usage of a response. `length` is the `input_tokens` of the request."""
        if usage is None or usage.input_tokens is None or usage.output_tokens is None:
            return
        if length:
            self._ratios[kind].add(usage.input_tokens / length)
        self._outputs[kind].add(usage.output_tokens)
