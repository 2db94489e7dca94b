"""What is recorded of the contents of calls, and where: the options of `instrument` and `with_otel`."""

from __future__ import annotations

import os
from typing import Literal, NamedTuple, TypeAlias

from ...core.base.errors import ConfigurationError
from .conventions import CONVENTIONS, Conventions

Content: TypeAlias = Literal["attributes", "events", "both"] | bool | None
"""Where prompts and responses are recorded: in attributes of spans, in events, in both, or, for False, nowhere. True
means "attributes"; None means what the environment variable `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` says.
"""
VARIABLE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


class Capture(NamedTuple):
    """Where contents are recorded."""

    attributes: bool = False
    events: bool = False

    @property
    def any(self) -> bool:
        """True if contents are recorded."""
        return self.attributes or self.events


_OFF, _ATTRIBUTES, _EVENTS, _BOTH = Capture(), Capture(attributes=True), Capture(events=True), Capture(True, True)
_OPTIONS: dict[str, Capture] = {"attributes": _ATTRIBUTES, "events": _EVENTS, "both": _BOTH}
_VALUES = {
    **dict.fromkeys(("span_only", "true", "1"), _ATTRIBUTES),
    "event_only": _EVENTS,
    "span_and_event": _BOTH,
    **dict.fromkeys(("no_content", "false", "0", ""), _OFF),
}
"""The values of the environment variable, in lower case. Source: the package `opentelemetry-util-genai`, and "true" and
"false" of older instrumentations."""


def capture_of(content: Content) -> Capture:
    """Return where contents are recorded. An unknown value of the environment variable means nowhere.

    Raises `ConfigurationError` for an unknown option.
    """
    if content is None:
        return _VALUES.get(os.environ.get(VARIABLE, "").strip().lower(), _OFF)
    if isinstance(content, bool):
        return _ATTRIBUTES if content else _OFF
    if content not in _OPTIONS:
        raise ConfigurationError(f'content must be "attributes", "events", "both" or a bool, not {content!r}')
    return _OPTIONS[content]


def conventions_of(version: str) -> Conventions:
    """Return a version of the conventions. Raises `ConfigurationError` for an unknown one."""
    if version not in CONVENTIONS:
        raise ConfigurationError(f"conventions must be {' or '.join(map(repr, CONVENTIONS))}, not {version!r}")
    return CONVENTIONS[version]
