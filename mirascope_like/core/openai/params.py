"""Call parameters of OpenAI's chat completions."""

from __future__ import annotations

from typing import Any, TypeAlias

from openai.types.chat import ChatCompletionMessageParam

from ..base.messages import BaseMessageParam
from ..base.prompts import BaseDynamicConfig
from ..dialects.chat_completions import ChatCallParams, ChatToolConfig


class OpenAICallParams(ChatCallParams, total=False):
    """The parameters of OpenAI's chat completions. Source: the SDK's `CompletionCreateParams`."""


class OpenAIToolConfig(ChatToolConfig, total=False):
    """Settings of a tool. With `strict`, the arguments are guaranteed to match the schema."""


OpenAIMessageParam: TypeAlias = ChatCompletionMessageParam | BaseMessageParam
"""A message in the SDK's format, or a `BaseMessageParam`."""


class OpenAIDynamicConfig(BaseDynamicConfig[OpenAIMessageParam, OpenAICallParams, Any], total=False):
    """A dict that a prompt function may return to set options for one call."""


AsyncOpenAIDynamicConfig: TypeAlias = OpenAIDynamicConfig
"""The same as `OpenAIDynamicConfig`, for async prompt functions."""
