"""Where requests are intercepted: the methods through which HTTP libraries and gRPC send.

Knows no fake model: handlers of requests are registered with `handling`. docs/design/0009-scripted-model.md has the
reasons.
"""

from .patching import patched
from .registry import Exchange, Handler, Observer, check, handling
from .reply import Cut, Fail, Gap, HTTPReply, HTTPStep, TimedOut, Until

__all__ = [
    "Cut",
    "Exchange",
    "Fail",
    "Gap",
    "HTTPReply",
    "HTTPStep",
    "Handler",
    "Observer",
    "TimedOut",
    "Until",
    "check",
    "handling",
    "patched",
]
