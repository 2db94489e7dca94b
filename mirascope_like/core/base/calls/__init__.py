"""The decorators: from a prompt function and options to a request, a response or a stream.

Used by: models, tasks, every provider's `call`, and `llm`.
Must not know: any particular provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .base_prompt import BasePrompt, Metadata, merge_decorators, metadata
    from .call import Call, CallDecorator
    from .options import AskOptions, StreamConfig
    from .preparing import PREPARING, PreparedRequest
    from .request_builder import RESUMABLE
    from .task import (
        AsyncNoneT,
        AsyncTask,
        AsyncTextT,
        NoneT,
        Prepared,
        StreamTaskDecorator,
        Task,
        TaskDecorator,
        TextT,
    )
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "base_prompt": "BasePrompt Metadata merge_decorators metadata",
            "call": "Call CallDecorator",
            "options": "AskOptions StreamConfig",
            "preparing": "PREPARING PreparedRequest",
            "request_builder": "RESUMABLE",
            "task": "AsyncNoneT AsyncTask AsyncTextT NoneT Prepared StreamTaskDecorator Task TaskDecorator TextT",
        },
    )

__all__ = [
    "AskOptions",
    "AsyncNoneT",
    "AsyncTask",
    "AsyncTextT",
    "BasePrompt",
    "Call",
    "CallDecorator",
    "Metadata",
    "NoneT",
    "PREPARING",
    "Prepared",
    "PreparedRequest",
    "RESUMABLE",
    "StreamConfig",
    "StreamTaskDecorator",
    "Task",
    "TaskDecorator",
    "TextT",
    "merge_decorators",
    "metadata",
]
