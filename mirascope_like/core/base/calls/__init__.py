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
    from .options import AskOptions, StreamConfig, check_params
    from .request_builder import RESUMABLE
    from .task import AsyncTask, Prepared, StreamTaskDecorator, Task, TaskDecorator
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "base_prompt": "BasePrompt Metadata merge_decorators metadata",
            "call": "Call CallDecorator",
            "options": "AskOptions StreamConfig check_params",
            "request_builder": "RESUMABLE",
            "task": "AsyncTask Prepared StreamTaskDecorator Task TaskDecorator",
        },
    )

__all__ = [
    "AskOptions",
    "AsyncTask",
    "BasePrompt",
    "Call",
    "CallDecorator",
    "Metadata",
    "Prepared",
    "RESUMABLE",
    "StreamConfig",
    "StreamTaskDecorator",
    "Task",
    "TaskDecorator",
    "check_params",
    "merge_decorators",
    "metadata",
]
