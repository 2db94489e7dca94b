"""Prompt templates and prompt functions, which turn the arguments of a call into messages and options.

Used by: calls, tasks and models.
Must not know: requests, providers, or what is done with the messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .dynamic_config import (
        AsyncPromptT,
        BaseDynamicConfig,
        Prompt,
        PromptT,
        Rendered,
        Sent,
        as_messages,
        has_content,
    )
    from .prompt_function import Prompted, PromptFunction
    from .template import Template, docstring_template, prompt_template
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "dynamic_config": "AsyncPromptT BaseDynamicConfig Prompt PromptT Rendered Sent as_messages has_content",
            "prompt_function": "PromptFunction Prompted",
            "template": "Template docstring_template prompt_template",
        },
    )

__all__ = [
    "AsyncPromptT",
    "BaseDynamicConfig",
    "Prompt",
    "PromptFunction",
    "PromptT",
    "Prompted",
    "Rendered",
    "Sent",
    "Template",
    "as_messages",
    "docstring_template",
    "prompt_template",
    "has_content",
]
