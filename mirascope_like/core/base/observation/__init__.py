"""Observers of calls: what logs, tracing and budgets see of one call, of all calls of a context, or of the process.

Used by: calls, conversations and integrations.
Must not know: streams, or what an observer does with what it sees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .hooks import BaseObserver, warn_once
    from .loop_wrapper import observed_loop
    from .observed import CallState
    from .observed_call import Group, ObservedCall, ObservedRequest, ObservedTool
    from .observer import Observer
    from .provider_wrapper import observed_provider
    from .scope import current_observers, grouped, observe, observe_call, observe_process, parent_of_new_call
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "hooks": "BaseObserver warn_once",
            "observed": "CallState",
            "observed_call": "Group ObservedCall ObservedRequest ObservedTool",
            "loop_wrapper": "observed_loop",
            "provider_wrapper": "observed_provider",
            "observer": "Observer",
            "scope": "current_observers grouped observe observe_call observe_process parent_of_new_call",
        },
    )

__all__ = [
    "BaseObserver",
    "CallState",
    "Group",
    "ObservedCall",
    "ObservedRequest",
    "ObservedTool",
    "Observer",
    "current_observers",
    "grouped",
    "observe",
    "observe_call",
    "observe_process",
    "observed_loop",
    "observed_provider",
    "parent_of_new_call",
    "warn_once",
]
